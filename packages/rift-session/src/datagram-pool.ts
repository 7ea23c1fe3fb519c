import { MAX_DATAGRAM_BYTES, PACKET_HEADER_BYTES } from "@wavry/rift-core";

/** One outgoing datagram's memory. */
export interface DatagramSlot {
  readonly bytes: Uint8Array;
  /** The first 16 bytes of `bytes`. */
  readonly header: Uint8Array;
}

/**
 * A ring of datagrams, side by side in one buffer so that a train can leave in one piece (UDP GSO).
 * A slot is reused after all others were: a socket that is still holding it by then sends a newer
 * datagram twice instead of the older one.
 */
export class DatagramPool {
  readonly #slots: DatagramSlot[] = [];
  #next = 0;

  constructor(count = 256) {
    const buffer = new Uint8Array(count * MAX_DATAGRAM_BYTES);
    for (let i = 0; i < count; i++) {
      const at = i * MAX_DATAGRAM_BYTES;
      this.#slots.push({
        bytes: buffer.subarray(at, at + MAX_DATAGRAM_BYTES),
        header: buffer.subarray(at, at + PACKET_HEADER_BYTES),
      });
    }
  }

  /** The slot that was used longest ago. */
  take(): DatagramSlot {
    const slot = this.#slots[this.#next]!;
    this.#next = (this.#next + 1) % this.#slots.length;
    return slot;
  }
}
