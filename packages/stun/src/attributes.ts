import { readU16, readU32, WireError, writeU16, writeU32 } from "@wavry/rift-core";
import { MAGIC_COOKIE, TRANSACTION_ID_BYTES } from "./constants.ts";
import { formatIp, parseIp } from "./ip-address.ts";
import type { TransportAddress } from "./transport-address.ts";

// On every platform, but part of no ECMAScript edition.
declare const TextEncoder: new () => { encode(text: string): Uint8Array };
declare const TextDecoder: new (
  label: string,
  options: { ignoreBOM: boolean },
) => { decode(bytes: Uint8Array): string };

/*
 * An address (RFC 8489 §14.1; 14.2 for XOR)         ERROR-CODE (§14.8)
 *
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * | 0             | family 1, 2   | port                          |   | 0 (21 bits) | class 3-6 | number 0-99 |
 * | address, 32 or 128 bits                                       |   | reason, UTF-8                         |
 *
 * With XOR the port is under the cookie's upper half, the address under the cookie and, for IPv6, the transaction ID.
 */
const Family = { ipv4: 1, ipv6: 2 } as const;
const REASON_BYTES = 763;
const CHANGE_ADDRESS = 4;
const CHANGE_PORT = 2;
const UTF8 = new TextDecoder("utf-8", { ignoreBOM: true });

/** An error response's reason. */
export interface StunErrorCode {
  /** 300 to 699. */
  readonly code: number;
  /** For people who look into it; any text that the other side chose. */
  readonly reason: string;
}

/** CHANGE-REQUEST: from where a server is to answer (RFC 5780 §7.2). */
export interface ChangeRequest {
  /** From its other address. */
  readonly address: boolean;
  /** From its other port. */
  readonly port: boolean;
}

/** The value of MAPPED-ADDRESS, RESPONSE-ORIGIN, OTHER-ADDRESS. Throws RangeError for what is no numeric address with a port. */
export function writeAddress({ address, port }: TransportAddress): Uint8Array {
  const ip = parseIp(address);
  if (ip === undefined) throw new RangeError("no numeric IP address");
  if (!(Number.isInteger(port) && port >= 0 && port <= 65_535)) throw new RangeError("no port");
  const out = new Uint8Array(4 + ip.length);
  out[1] = ip.length === 4 ? Family.ipv4 : Family.ipv6;
  writeU16(out, 2, port);
  out.set(ip, 4);
  return out;
}

/** What `writeAddress` has written. Throws WireError. */
export function readAddress(value: Uint8Array): TransportAddress {
  if (value.length < 4) throw new WireError("truncated", "an address is cut short");
  const bytes = value[1] === Family.ipv4 ? 4 : value[1] === Family.ipv6 ? 16 : undefined;
  if (bytes === undefined)
    throw new WireError("unsupported", "an address of a family that is none");
  if (value.length !== 4 + bytes) throw new WireError("malformed", "an address's length is wrong");
  return { address: formatIp(value.subarray(4)), port: readU16(value, 2) };
}

/** The value of XOR-MAPPED-ADDRESS in a message with that transaction ID. Throws RangeError as `writeAddress`. */
export function writeXorAddress(address: TransportAddress, transactionId: Uint8Array): Uint8Array {
  return toggle(writeAddress(address), transactionId);
}

/** What `writeXorAddress` has written. Throws WireError. */
export function readXorAddress(value: Uint8Array, transactionId: Uint8Array): TransportAddress {
  if (value.length < 4) throw new WireError("truncated", "an address is cut short");
  return readAddress(toggle(value.slice(0, 21), transactionId));
}

/** The value of ERROR-CODE. Throws RangeError for a code that is none, or a reason of more than 763 bytes. */
export function writeErrorCode({ code, reason }: StunErrorCode): Uint8Array {
  if (!(Number.isInteger(code) && code >= 300 && code <= 699))
    throw new RangeError("an error code is from 300 to 699");
  const text = new TextEncoder().encode(reason);
  if (text.length > REASON_BYTES) throw new RangeError("the reason is too long");
  const out = new Uint8Array(4 + text.length);
  out[2] = Math.floor(code / 100);
  out[3] = code % 100;
  out.set(text, 4);
  return out;
}

/** What `writeErrorCode` has written. Throws WireError. */
export function readErrorCode(value: Uint8Array): StunErrorCode {
  if (value.length < 4) throw new WireError("truncated", "an error code is cut short");
  if (value.length > 4 + REASON_BYTES)
    throw new WireError("limit", "an error's reason is too long");
  const hundreds = value[2]! & 7;
  const number = value[3]!;
  if (hundreds < 3 || hundreds > 6 || number > 99)
    throw new WireError("malformed", "an error code that is none");
  return { code: hundreds * 100 + number, reason: UTF8.decode(value.subarray(4)) };
}

/** The value of UNKNOWN-ATTRIBUTES (RFC 8489 §14.9). */
export function writeUnknownAttributes(types: readonly number[]): Uint8Array {
  const out = new Uint8Array(2 * types.length);
  for (const [i, type] of types.entries()) writeU16(out, 2 * i, type);
  return out;
}

/** What `writeUnknownAttributes` has written. Throws WireError. */
export function readUnknownAttributes(value: Uint8Array): number[] {
  if (value.length % 2 !== 0) throw new WireError("malformed", "half a type of an attribute");
  return Array.from({ length: value.length / 2 }, (_, i) => readU16(value, 2 * i));
}

/** The value of CHANGE-REQUEST. */
export function writeChangeRequest({ address, port }: ChangeRequest): Uint8Array {
  const out = new Uint8Array(4);
  writeU32(out, 0, (address ? CHANGE_ADDRESS : 0) | (port ? CHANGE_PORT : 0));
  return out;
}

/** What `writeChangeRequest` has written. Throws WireError. */
export function readChangeRequest(value: Uint8Array): ChangeRequest {
  if (value.length !== 4) throw new WireError("malformed", "CHANGE-REQUEST's length is wrong");
  const bits = readU32(value, 0);
  return { address: (bits & CHANGE_ADDRESS) !== 0, port: (bits & CHANGE_PORT) !== 0 };
}

/** Puts port and address (owned) under the mask, or takes it off. */
function toggle(value: Uint8Array, transactionId: Uint8Array): Uint8Array {
  const mask = new Uint8Array(4 + TRANSACTION_ID_BYTES);
  writeU32(mask, 0, MAGIC_COOKIE);
  mask.set(transactionId, 4);
  value[2]! ^= mask[0]!;
  value[3]! ^= mask[1]!;
  for (let i = 4; i < value.length && i < 20; i++) value[i]! ^= mask[i - 4]!;
  return value;
}
