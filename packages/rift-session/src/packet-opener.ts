import { MAX_PAYLOAD_BYTES, PACKET_HEADER_BYTES, type PacketHeader } from "@wavry/rift-core";
import { type Aead, type CryptoSuite, ReplayWindow } from "@wavry/rift-crypto";
import type { EndpointCounters } from "./counters.ts";
import { KEY_EPOCH } from "./packet-sealer.ts";

/** Opens the packets of one direction, each at most once. */
export class PacketOpener implements Disposable {
  readonly #aead: Aead;
  readonly #replay = new ReplayWindow();
  readonly #counters: EndpointCounters;
  #disposed = false;

  /** The payload of the last packet that was opened. */
  readonly opened: Uint8Array = new Uint8Array(MAX_PAYLOAD_BYTES);

  /** `key` is copied. */
  constructor(suite: CryptoSuite, key: Uint8Array, counters: EndpointCounters) {
    this.#aead = suite.aead(key);
    this.#counters = counters;
  }

  /** Opens a datagram into `opened`; returns the payload's length, -1 (and counts why): to be dropped. */
  open(datagram: Uint8Array, header: Readonly<PacketHeader>): number {
    if (this.#disposed) return -1;
    if (header.keyEpoch !== KEY_EPOCH) {
      this.#counters.wrongEpoch++;
      return -1;
    }
    if (!this.#replay.isFresh(header.packetNumber)) {
      this.#counters.replayed++;
      return -1;
    }
    const length = this.#aead.open(
      this.opened,
      0,
      header.packetNumber,
      datagram.subarray(0, PACKET_HEADER_BYTES),
      datagram.subarray(PACKET_HEADER_BYTES),
    );
    if (length < 0) this.#counters.unauthentic++;
    else this.#replay.mark(header.packetNumber);
    return length;
  }

  /** Wipes the key. Idempotent. */
  [Symbol.dispose](): void {
    if (!this.#disposed) this.#aead[Symbol.dispose]();
    this.#disposed = true;
  }
}
