import {
  LengthViews,
  MAX_DATAGRAM_BYTES,
  MAX_PAYLOAD_BYTES,
  type Micros,
  PACKET_HEADER_BYTES,
  PACKET_TAG_BYTES,
  type PacketHeader,
} from "@wavry/rift-core";
import { type Aead, type CryptoSuite, ReplayWindow } from "@wavry/rift-crypto";
import { TIMES } from "./constants.ts";
import type { EndpointCounters } from "./counters.ts";

/** Opens the packets of one direction, each at most once, also while their keys change. */
export class PacketOpener implements Disposable {
  readonly #suite: CryptoSuite;
  readonly #replay = new ReplayWindow();
  readonly #counters: EndpointCounters;
  #epoch = 0;
  #current: Aead;
  /** The key of the epoch before, for packets that are late. */
  #previous: Aead | undefined;
  #previousUntil: Micros = Infinity;
  /** The key of the epoch after, until a packet of it came in. */
  #next: Aead | undefined;
  #disposed = false;

  /** A datagram, its tail moved to the front: the cipher wants views of the right length, and here each is made once. */
  readonly #header = new Uint8Array(PACKET_HEADER_BYTES);
  readonly #datagram = new LengthViews(MAX_DATAGRAM_BYTES);
  readonly #payload = new LengthViews(MAX_PAYLOAD_BYTES);

  /** The payload of the last packet that was opened. */
  readonly opened: Uint8Array = this.#payload.bytes;

  /** `key` is copied. */
  constructor(suite: CryptoSuite, key: Uint8Array, counters: EndpointCounters) {
    this.#suite = suite;
    this.#current = suite.aead(key);
    this.#counters = counters;
  }

  /** The newest epoch of which a packet came in. */
  get epoch(): number {
    return this.#epoch;
  }

  /** Will open packets of the next epoch too; `key` is copied and wiped. */
  expect(epoch: number, key: Uint8Array): void {
    if (epoch !== this.#epoch + 1 || this.#disposed) throw new Error("an epoch was left out");
    this.#next?.[Symbol.dispose]();
    this.#next = this.#suite.aead(key);
    this.#suite.wipe(key);
  }

  /** The first bytes of `opened`, valid until the next packet. */
  payload(length: number): Uint8Array {
    return this.#payload.first(length);
  }

  /** Opens a datagram (borrowed; `header` was read from it) into `opened`; returns the payload's length, -1 (and counts why): to be dropped. */
  open(datagram: Uint8Array, header: Readonly<PacketHeader>, now: Micros): number {
    if (this.#disposed) return -1;
    if (now >= this.#previousUntil) this.#forgetPrevious();
    const aead = this.#keyOf(header.keyEpoch);
    if (aead === undefined) {
      this.#counters.wrongEpoch++;
      return -1;
    }
    if (!this.#replay.isFresh(header.packetNumber)) {
      this.#counters.replayed++;
      return -1;
    }
    const sealedBytes = datagram.length - PACKET_HEADER_BYTES;
    const { bytes } = this.#datagram;
    bytes.set(datagram);
    this.#header.set(this.#datagram.first(PACKET_HEADER_BYTES));
    bytes.copyWithin(0, PACKET_HEADER_BYTES, datagram.length);
    const length = aead.open(
      this.#payload.first(sealedBytes - PACKET_TAG_BYTES),
      0,
      header.packetNumber,
      this.#header,
      this.#datagram.first(sealedBytes),
    );
    if (length < 0) {
      this.#counters.unauthentic++;
      return -1;
    }
    this.#replay.mark(header.packetNumber);
    if (aead === this.#next) this.#goOn(now);
    return length;
  }

  /** Wipes the keys. Idempotent. */
  [Symbol.dispose](): void {
    if (!this.#disposed) this.#current[Symbol.dispose]();
    this.#forgetPrevious();
    this.#next?.[Symbol.dispose]();
    this.#next = undefined;
    this.#disposed = true;
  }

  #keyOf(epoch: number): Aead | undefined {
    if (epoch === this.#epoch) return this.#current;
    if (epoch === this.#epoch + 1) return this.#next;
    return epoch === this.#epoch - 1 ? this.#previous : undefined;
  }

  #goOn(now: Micros): void {
    this.#forgetPrevious();
    this.#previous = this.#current;
    this.#previousUntil = now + TIMES.oldKeyMicros;
    this.#current = this.#next!;
    this.#next = undefined;
    this.#epoch++;
  }

  #forgetPrevious(): void {
    this.#previous?.[Symbol.dispose]();
    this.#previous = undefined;
    this.#previousUntil = Infinity;
  }
}
