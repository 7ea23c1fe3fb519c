import { MAX_DATAGRAM_BYTES } from "@wavry/rift-core";

/** A datagram of the pool: the first `length` bytes. */
export interface PooledDatagram {
  readonly bytes: Uint8Array;
  length: number;
}

/**
 * A ring of datagrams, side by side in one buffer so that a train can leave in one piece (UDP GSO).
 * A slot is reused after all others were: a socket that is still holding it by then sends a newer
 * datagram twice instead of the older one.
 */
export class DatagramPool {
  readonly #slots: PooledDatagram[] = [];
  #next = 0;

  constructor(count = 256) {
    const buffer = new Uint8Array(count * MAX_DATAGRAM_BYTES);
    for (let i = 0; i < count; i++) {
      const at = i * MAX_DATAGRAM_BYTES;
      this.#slots.push({ bytes: buffer.subarray(at, at + MAX_DATAGRAM_BYTES), length: 0 });
    }
  }

  /** The datagram that was used longest ago, to be written into; it has room for MAX_DATAGRAM_BYTES. */
  take(): PooledDatagram {
    const slot = this.#slots[this.#next]!;
    this.#next = (this.#next + 1) % this.#slots.length;
    return slot;
  }
}
