import { isIPv4 } from "node:net";
import { networkInterfaces } from "node:os";
import type { Address } from "@wavry/rift-session";
import type { Libc } from "./libc.ts";

export const AF_INET = 2;
export const AF_INET6 = 10;

/** Bytes of a `sockaddr_in6`; a `sockaddr_in` is 16. */
export const SOCKET_ADDRESS_BYTES = 28;
const IPV4_BYTES = 16;
/** `sockaddr_in6`: family 2, port 2, flow 4, address 16, scope 4. */
const ADDRESS6_AT = 8;
const SCOPE_AT = 24;

/** Spoofed addresses are only ever answered in a handshake; a small cache is enough. */
const MAX_CACHED = 256;

/** Bytes of a socket address of this family. */
export function socketAddressBytes(family: 4 | 6): number {
  return family === 4 ? IPV4_BYTES : SOCKET_ADDRESS_BYTES;
}

/** Writes text addresses as the kernel's, and remembers them. */
export class AddressWriter {
  readonly #libc: Libc;
  readonly #family: 4 | 6;
  readonly #cache = new Map<string, Uint8Array>();

  constructor(libc: Libc, family: 4 | 6) {
    this.#libc = libc;
    this.#family = family;
  }

  /** Writes into `out`; false where the address is not numeric or not of this family. */
  write(out: Uint8Array, address: string, port: number): boolean {
    let bytes = this.#cache.get(address);
    if (bytes === undefined) {
      bytes = this.#parse(address);
      if (bytes === undefined) return false;
      if (this.#cache.size >= MAX_CACHED) this.#cache.clear();
      this.#cache.set(address, bytes);
    }
    out.set(bytes);
    out[2] = port >> 8;
    out[3] = port;
    return true;
  }

  #parse(text: string): Uint8Array | undefined {
    const out = new Uint8Array(socketAddressBytes(this.#family));
    const { inet_pton } = this.#libc.call;
    if (this.#family === 4) {
      out[0] = AF_INET;
      return inet_pton(AF_INET, text, out.subarray(4)) === 1 ? out : undefined;
    }
    out[0] = AF_INET6;
    const [address, zone] = text.split("%");
    const full = isIPv4(text) ? `::ffff:${text}` : address!;
    if (inet_pton(AF_INET6, full, out.subarray(ADDRESS6_AT)) !== 1) return undefined;
    if (zone !== undefined) new Uint32Array(out.buffer)[SCOPE_AT / 4] = scopeOf(zone);
    return out;
  }
}

/** The number of a network interface by its name or number; 0: there is none. */
function scopeOf(zone: string): number {
  if (/^\d+$/.test(zone)) return Number(zone);
  for (const entry of networkInterfaces()[zone] ?? [])
    if (entry.family === "IPv6" && entry.scopeid !== 0) return entry.scopeid;
  return 0;
}

function zoneOf(scope: number): string {
  for (const [name, entries] of Object.entries(networkInterfaces()))
    if (entries?.some((entry) => entry.family === "IPv6" && entry.scopeid === scope)) return name;
  return String(scope);
}

interface Known {
  readonly words: Uint32Array;
  readonly address: Address;
}

const WORDS = SOCKET_ADDRESS_BYTES / 4;
const MAX_KNOWN = 32;

/** Reads the kernel's addresses; the same peer gives the same object, so that a packet costs no text. */
export class AddressReader {
  readonly #known: Known[] = [];
  #latest: Known | undefined;
  #replace = 0;

  /** The address in `words[at, at + 7)` (a zero-padded `sockaddr_in` or `sockaddr_in6`), never to be changed. */
  read(words: Uint32Array, at: number): Address {
    if (this.#latest !== undefined && equal(this.#latest.words, words, at))
      return this.#latest.address;
    let known = this.#known.find((one) => equal(one.words, words, at));
    if (known === undefined) {
      const copy = words.slice(at, at + WORDS);
      known = { words: copy, address: toText(new Uint8Array(copy.buffer)) };
      this.#known[this.#replace] = known;
      this.#replace = (this.#replace + 1) % MAX_KNOWN;
    }
    this.#latest = known;
    return known.address;
  }
}

function equal(known: Uint32Array, words: Uint32Array, at: number): boolean {
  // The second word of a sockaddr_in6 is a flow label, which names no peer.
  if (known[0] !== words[at]) return false;
  const first = (known[0]! & 0xffff) === AF_INET ? 1 : 2;
  const last = first === 1 ? 2 : WORDS;
  for (let i = first; i < last; i++) if (known[i] !== words[at + i]) return false;
  return true;
}

function toText(bytes: Uint8Array): Address {
  const port = (bytes[2]! << 8) | bytes[3]!;
  const family = bytes[0]! | (bytes[1]! << 8);
  if (family === AF_INET) return { address: bytes.subarray(4, 8).join("."), port };
  const address = bytes.subarray(ADDRESS6_AT, SCOPE_AT);
  if (
    address.subarray(0, 10).every((byte) => byte === 0) &&
    address[10] === 255 &&
    address[11] === 255
  )
    return { address: address.subarray(12).join("."), port };
  const scope = new Uint32Array(bytes.buffer)[SCOPE_AT / 4]!;
  const text = ipv6Text(address);
  return { address: scope === 0 ? text : `${text}%${zoneOf(scope)}`, port };
}

/** The canonical text of 16 bytes (RFC 5952). */
function ipv6Text(bytes: Uint8Array): string {
  const groups: string[] = [];
  for (let i = 0; i < 16; i += 2) groups.push(((bytes[i]! << 8) | bytes[i + 1]!).toString(16));
  let from = 0;
  let length = 1;
  for (let i = 0; i < 8; i++) {
    let end = i;
    while (groups[end] === "0") end++;
    if (end - i > length) [from, length] = [i, end - i];
  }
  if (length < 2) return groups.join(":");
  return `${groups.slice(0, from).join(":")}::${groups.slice(from + length).join(":")}`;
}
