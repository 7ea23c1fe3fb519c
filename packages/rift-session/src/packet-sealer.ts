import {
  type Channel,
  MAX_PACKET_NUMBER,
  MAX_PAYLOAD_BYTES,
  PACKET_HEADER_BYTES,
  writePacketHeader,
} from "@wavry/rift-core";
import type { Aead, CryptoSuite } from "@wavry/rift-crypto";
import type { DatagramPool } from "./datagram-pool.ts";

/** Numbers and seals the packets of one direction. */
export class PacketSealer implements Disposable {
  readonly #suite: CryptoSuite;
  #epoch = 0;
  #aead: Aead;
  #next: { readonly epoch: number; readonly aead: Aead } | undefined;
  readonly #pool: DatagramPool;
  readonly #remoteId: number;
  #nextPacketNumber = 1;
  #bytesSent = 0;
  #disposed = false;

  /** Where the caller writes a payload before it is sealed. */
  readonly plain: Uint8Array = new Uint8Array(MAX_PAYLOAD_BYTES);

  /** `key` is copied. */
  constructor(suite: CryptoSuite, key: Uint8Array, pool: DatagramPool, remoteId: number) {
    this.#suite = suite;
    this.#aead = suite.aead(key);
    this.#pool = pool;
    this.#remoteId = remoteId;
  }

  get packetsSent(): number {
    return this.#nextPacketNumber - 1;
  }

  get bytesSent(): number {
    return this.#bytesSent;
  }

  /** Keeps the key of the next epoch for `change`; it is copied and wiped. */
  prepare(epoch: number, key: Uint8Array): void {
    this.#next?.aead[Symbol.dispose]();
    this.#next = { epoch, aead: this.#suite.aead(key) };
    this.#suite.wipe(key);
  }

  /** Seals with the prepared key from now on, if there is one. */
  change(): void {
    if (this.#next === undefined || this.#disposed) return;
    this.#aead[Symbol.dispose]();
    this.#epoch = this.#next.epoch;
    this.#aead = this.#next.aead;
    this.#next = undefined;
  }

  /**
   * Seals `plain[0, length)` into a datagram, borrowed from the pool. Undefined: packet numbers are
   * used up, or the key is gone.
   */
  seal(channel: Channel, length: number): Uint8Array | undefined {
    if (this.#disposed || this.#nextPacketNumber > MAX_PACKET_NUMBER) return undefined;
    const { bytes, header } = this.#pool.take();
    const number = this.#nextPacketNumber++;
    writePacketHeader(bytes, 0, channel, this.#epoch, this.#remoteId, number);
    const plain = length === MAX_PAYLOAD_BYTES ? this.plain : this.plain.subarray(0, length);
    const total =
      PACKET_HEADER_BYTES + this.#aead.seal(bytes, PACKET_HEADER_BYTES, number, header, plain);
    this.#bytesSent += total;
    return total === bytes.length ? bytes : bytes.subarray(0, total);
  }

  /** Wipes the key. Idempotent. */
  [Symbol.dispose](): void {
    if (!this.#disposed) this.#aead[Symbol.dispose]();
    this.#next?.aead[Symbol.dispose]();
    this.#next = undefined;
    this.#disposed = true;
  }
}
