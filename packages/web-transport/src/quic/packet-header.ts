/**
 * What a server reads of a packet before it has a connection (RFC 8999 §5, RFC 9000 §17.2).
 *
 *     long    | 1 … type, 2 bits at 0x30 … | version, 32 | dcid length, 8 | dcid … | scid length, 8 | scid … |
 *             Initial: | token length, varint | token … |
 *     short   | 0 … | dcid … |
 */
import { readU32, WireError } from "@wavry/rift-core";
import { readVarint, varintLength } from "../http3/varint.ts";

/** The length of all connection IDs that this server gives out. */
export const CONNECTION_ID_BYTES = 16;
/** A client pads the datagrams of its first packets to this (RFC 9000 §14.1). */
export const MIN_INITIAL_BYTES = 1200;

const MAX_CONNECTION_ID_BYTES = 20;
const TYPE_INITIAL = 0;

/** All arrays are views of the datagram. */
export interface LongHeader {
  readonly version: number;
  readonly destination: Uint8Array;
  readonly source: Uint8Array;
  /** Of version 1: whether it is an Initial, and its token. */
  readonly isInitial: boolean;
  readonly token: Uint8Array;
}

/** Whether the header is long. */
export function isLongHeader(datagram: Uint8Array): boolean {
  return (datagram[0]! & 0x80) !== 0;
}

/** Reads a long header (borrowed). Throws WireError. */
export function readLongHeader(datagram: Uint8Array): LongHeader {
  if (datagram.length < 7) throw new WireError("truncated", "a packet is cut short");
  const version = readU32(datagram, 1);
  const destination = connectionId(datagram, 5);
  const sourceAt = 6 + destination.length;
  const source = connectionId(datagram, sourceAt);
  const isInitial = version === 1 && ((datagram[0]! >> 4) & 3) === TYPE_INITIAL;
  let token = new Uint8Array(0);
  if (isInitial) {
    const at = sourceAt + 1 + source.length;
    const length = readVarint(datagram, at);
    const start = at + varintLength(datagram[at]!);
    if (length > datagram.length - start) throw new WireError("truncated", "a token is cut short");
    token = datagram.subarray(start, start + length) as Uint8Array<ArrayBuffer>;
  }
  return { version, destination, source, isInitial, token };
}

function connectionId(datagram: Uint8Array, offset: number): Uint8Array {
  const length = datagram[offset];
  if (length === undefined || offset + 1 + length > datagram.length)
    throw new WireError("truncated", "a connection ID is cut short");
  // Other versions may have longer ones, which we only have to repeat; none is known that does.
  if (length > MAX_CONNECTION_ID_BYTES)
    throw new WireError("unsupported", "a connection ID is too long");
  return datagram.subarray(offset + 1, offset + 1 + length);
}
