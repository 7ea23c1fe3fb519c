import { needBytes, readU16, readU32, readU64, writeU16, writeU32, writeU64 } from "../bytes.ts";
import type { Micros } from "../micros.ts";
import { WireError } from "../wire-error.ts";

/** The most packets that one block of arrival times speaks of. */
export const MAX_REPORTED_PACKETS = 512;

/** Bytes of a block before its entries. */
export const ARRIVALS_HEAD_BYTES = 22;

/** The unit of the entries, in microseconds. */
export const ARRIVAL_UNIT_MICROS = 8;

/** The latest arrival after the reference time that an entry can name. */
export const MAX_ARRIVAL_SPAN_MICROS: Micros = 65_534 * ARRIVAL_UNIT_MICROS;

/** Which packets came in and when; mutable, its array reused. */
export interface Arrivals {
  /** The packet number of the first entry. */
  firstPacketNumber: number;
  /** The receiver's clock at the earliest arrival named here. */
  referenceMicros: Micros;
  /** Packets that came in with the mark ECN CE, since the connection began, modulo 2^32. */
  markedPackets: number;
  count: number;
  /** One entry a packet number: 0 it has not come in, else 1 + time after the reference in units of 8 µs. */
  readonly entries: Uint16Array;
}

/** A block with nothing in it. */
export function newArrivals(): Arrivals {
  return {
    firstPacketNumber: 1,
    referenceMicros: 0,
    markedPackets: 0,
    count: 0,
    entries: new Uint16Array(MAX_REPORTED_PACKETS),
  };
}

/**
 * Arrival times (spec/rift.md §5.2):
 *
 *     |  first packet number (64)       |
 *     |  reference time (64)            |
 *     |  marked packets (32)            |
 *     |  count (16)    | count × 16 …   |
 */
export function writeArrivals(
  out: Uint8Array,
  offset: number,
  arrivals: Readonly<Arrivals>,
): number {
  let at = writeU64(out, offset, arrivals.firstPacketNumber);
  at = writeU64(out, at, arrivals.referenceMicros);
  at = writeU32(out, at, arrivals.markedPackets);
  at = writeU16(out, at, arrivals.count);
  for (let index = 0; index < arrivals.count; index++)
    at = writeU16(out, at, arrivals.entries[index]!);
  return at;
}

/** Reads a block at `offset` into `into`; bytes after it are ignored. Throws WireError. Allocates nothing. */
export function readArrivals(input: Uint8Array, offset: number, into: Arrivals): void {
  needBytes(input, offset, ARRIVALS_HEAD_BYTES, "arrival times");
  const count = readU16(input, offset + 20);
  if (count > MAX_REPORTED_PACKETS) throw new WireError("limit", "too many arrival times");
  needBytes(input, offset + ARRIVALS_HEAD_BYTES, 2 * count, "arrival times");
  into.firstPacketNumber = readU64(input, offset);
  into.referenceMicros = readU64(input, offset + 8);
  into.markedPackets = readU32(input, offset + 16);
  into.count = count;
  for (let index = 0, at = offset + ARRIVALS_HEAD_BYTES; index < count; index++, at += 2)
    into.entries[index] = readU16(input, at);
  if (into.firstPacketNumber === 0) throw new WireError("malformed", "packet number zero");
}
