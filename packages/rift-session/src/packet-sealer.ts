import {
  type Channel,
  LengthViews,
  MAX_DATAGRAM_BYTES,
  MAX_PACKET_NUMBER,
  PACKET_HEADER_BYTES,
  PACKET_TAG_BYTES,
  writePacketHeader,
} from "@wavry/rift-core";
import type { Aead, CryptoSuite } from "@wavry/rift-crypto";
import type { DatagramPool, PooledDatagram } from "./datagram-pool.ts";

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

  readonly #header = new Uint8Array(PACKET_HEADER_BYTES);
  readonly #sealed = new LengthViews(MAX_DATAGRAM_BYTES - PACKET_HEADER_BYTES);

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

  /** Seals a payload (borrowed) into a datagram, borrowed from the pool. Undefined: packet numbers are used up, or the key is gone. */
  seal(channel: Channel, payload: Uint8Array): PooledDatagram | undefined {
    if (this.#disposed || this.#nextPacketNumber > MAX_PACKET_NUMBER) return undefined;
    const number = this.#nextPacketNumber++;
    const header = this.#header;
    writePacketHeader(header, 0, channel, this.#epoch, this.#remoteId, number);
    // Sealed in one place and then copied: the cipher wants views of the right length, and here each is made once.
    const room = this.#sealed.first(payload.length + PACKET_TAG_BYTES);
    const sealed = this.#sealed.first(this.#aead.seal(room, 0, number, header, payload));
    const datagram = this.#pool.take();
    datagram.bytes.set(header);
    datagram.bytes.set(sealed, PACKET_HEADER_BYTES);
    datagram.length = PACKET_HEADER_BYTES + sealed.length;
    this.#bytesSent += datagram.length;
    return datagram;
  }

  /** Wipes the key. Idempotent. */
  [Symbol.dispose](): void {
    if (!this.#disposed) this.#aead[Symbol.dispose]();
    this.#next?.aead[Symbol.dispose]();
    this.#next = undefined;
    this.#disposed = true;
  }
}
