import { MAX_DATAGRAM_BYTES } from "@wavry/rift-core";

interface Slot {
  readonly bytes: Uint8Array;
  /** The beginning of `bytes` that was handed out last. */
  datagram: Uint8Array;
}

/**
 * A ring of datagrams, side by side in one buffer so that a train can leave in one piece (UDP GSO).
 * A slot is reused after all others were: a socket that is still holding it by then sends a newer
 * datagram twice instead of the older one.
 */
export class DatagramPool {
  readonly #slots: Slot[] = [];
  #next = 0;

  constructor(count = 256) {
    const buffer = new Uint8Array(count * MAX_DATAGRAM_BYTES);
    for (let i = 0; i < count; i++) {
      const at = i * MAX_DATAGRAM_BYTES;
      const bytes = buffer.subarray(at, at + MAX_DATAGRAM_BYTES);
      this.#slots.push({ bytes, datagram: bytes });
    }
  }

  /** A datagram of this length, in the memory that was used longest ago. */
  take(length: number): Uint8Array {
    const slot = this.#slots[this.#next]!;
    this.#next = (this.#next + 1) % this.#slots.length;
    if (slot.datagram.length !== length)
      slot.datagram = length === slot.bytes.length ? slot.bytes : slot.bytes.subarray(0, length);
    return slot.datagram;
  }
}
