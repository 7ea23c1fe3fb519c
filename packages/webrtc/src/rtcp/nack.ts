import { readU16, WireError } from "@wavry/rift-core";

/** Bytes of one entry. */
const ENTRY_BYTES = 4;

/**
 * Generic NACK (RFC 4585 §6.2.1), any number of entries: the sequence number of a lost packet, and a bit each for the 16
 * after it. Gives the sequence numbers.
 *
 *     +-------------------------------+-------------------------------+
 *     |       packet identifier       |   bitmask of the next 16      |
 *     +-------------------------------+-------------------------------+
 */
export function readNackEntries(input: Uint8Array, offset: number, end: number): number[] {
  if (end - offset < ENTRY_BYTES || (end - offset) % ENTRY_BYTES !== 0)
    throw new WireError("malformed", "a NACK has no whole entries");
  const lost: number[] = [];
  for (let at = offset; at < end; at += ENTRY_BYTES) {
    const first = readU16(input, at);
    const following = readU16(input, at + 2);
    lost.push(first);
    for (let bit = 0; bit < 16; bit++)
      if ((following & (1 << bit)) !== 0) lost.push((first + bit + 1) & 0xffff);
  }
  return lost;
}
