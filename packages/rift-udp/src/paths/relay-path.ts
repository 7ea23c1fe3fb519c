import { isData, type LegEvent, MAX_RELAYED_BYTES, RelayKind, RelayLeg } from "@wavry/relay";
import { MAX_DATAGRAM_BYTES, type Micros, SECOND, WireError } from "@wavry/rift-core";
import { type CryptoSuite, type Identity, KEY_BYTES } from "@wavry/rift-crypto";
import type { Address } from "@wavry/rift-session";
import type { Carrier, CarrierPort } from "../carriers.ts";
import { monotonicMicros } from "../clock.ts";
import type { RiftEndpoint } from "../rift-endpoint.ts";
import type { SidePort, SideProtocol } from "../side-protocols.ts";
import { sameAddress } from "./addresses.ts";
import type { RelayPipe } from "./relay-over-tls.ts";
import type { RelayPlace } from "./signals.ts";
import { Timers } from "./timers.ts";

/** Buffers that datagrams wait in until they are flushed: more than the longest train. */
const SLOTS = 64;

/** What carries the datagrams to the relay. */
export type RelayWay =
  | { readonly type: "udp"; readonly address: Address }
  | { readonly type: "tls"; readonly pipe: RelayPipe };

/** What a path over a relay is made of. */
export interface RelayPathInit {
  readonly endpoint: RiftEndpoint;
  readonly suite: CryptoSuite;
  readonly identity: Pick<Identity, "identityKey" | "identitySeed">;
  readonly relay: RelayPlace;
  /** `LEASE_BYTES`. */
  readonly lease: Uint8Array;
  readonly way: RelayWay;
  readonly onEvent: (path: RelayPath, event: LegEvent) => void;
}

/** A leg to a relay as a carrier of the endpoint: the relay's other side is at `address`. */
export class RelayPath implements SideProtocol, Carrier, Disposable {
  readonly relay: RelayPlace;
  readonly #leg: RelayLeg;
  readonly #endpoint: RiftEndpoint;
  readonly #port: SidePort;
  readonly #timers = new Timers();
  readonly #onEvent: RelayPathInit["onEvent"];
  readonly #slots: readonly Uint8Array[];
  #nextSlot = 0;
  #way: RelayWay;
  #carrier: CarrierPort;
  #cancel: (() => void) | undefined;
  #timerAt: Micros = Infinity;
  #isPumping = false;
  #open = true;

  /**
   * Begins to be admitted. Throws WireError, TypeError or HandshakeError for a lease that is none, or of other devices, and for a relay's
   * key that is none.
   */
  constructor(init: RelayPathInit) {
    const { endpoint, suite, identity, relay, lease, way, onEvent } = init;
    this.relay = relay;
    const staticKey = readBase64(relay.staticKey);
    // A key that is on no curve is found out now, and not when a challenge comes.
    suite.wipe(suite.x25519(suite.randomBytes(KEY_BYTES), staticKey));
    this.#leg = new RelayLeg({
      suite,
      identity: {
        identityKey: identity.identityKey,
        sign: (message) => suite.ed25519Sign(identity.identitySeed, message),
      },
      // Where its datagrams go is this path's to say, as that may change.
      relay: { address: "", port: 0, staticKey },
      lease,
      now: monotonicMicros(),
    });
    this.#endpoint = endpoint;
    this.#onEvent = onEvent;
    this.#way = way;
    // One buffer, so that a train of them leaves by one system call.
    const buffer = new ArrayBuffer(SLOTS * MAX_RELAYED_BYTES);
    this.#slots = Array.from(
      { length: SLOTS },
      (_, i) => new Uint8Array(buffer, i * MAX_RELAYED_BYTES, MAX_RELAYED_BYTES),
    );
    this.#carrier = endpoint.addCarrier(this);
    this.#port = endpoint.addSideProtocol(this);
    this.#listen();
  }

  /** Sends what was prepared. Once, when the owner is ready for events. */
  start(): void {
    this.#pump();
  }

  /** What stands for the other side behind the relay. */
  get address(): Address {
    return this.#carrier.address;
  }

  get kind(): "relay" | "relay-tls" {
    return this.#way.type === "udp" ? "relay" : "relay-tls";
  }

  get state(): RelayLeg["state"] {
    return this.#leg.state;
  }

  get stats(): RelayLeg["stats"] {
    return this.#leg.stats;
  }

  /** A new lease. Throws as the constructor does. */
  renew(lease: Uint8Array): void {
    this.#leg.renew(lease, monotonicMicros());
    this.#pump();
  }

  /** The network changed: the lease is presented again from where we are now. */
  moved(): void {
    this.#leg.moved(monotonicMicros());
    this.#pump();
  }

  /**
   * Goes another way to the same relay. The path has another address from then on; gives the old one, which is good for sending until it
   * is closed.
   */
  useWay(way: RelayWay): CarrierPort {
    const old = this.#carrier;
    if (this.#way.type === "tls") this.#way.pipe.close();
    this.#way = way;
    this.#carrier = this.#endpoint.addCarrier(this);
    this.#listen();
    this.moved();
    return old;
  }

  /** Of the endpoint: sends a datagram to the other side, or drops it. */
  send(datagram: Uint8Array): void {
    if (!this.#open || datagram.length === 0 || datagram.length > MAX_DATAGRAM_BYTES) return;
    if (this.#nextSlot === SLOTS) {
      this.#port.flush();
      this.#nextSlot = 0;
    }
    const slot = this.#slots[this.#nextSlot]!;
    const now = monotonicMicros();
    const length = this.#leg.wrap(datagram, slot, now);
    if (length === 0) return;
    const way = this.#way;
    if (way.type === "tls") way.pipe.send(slot, length);
    else {
      this.#nextSlot++;
      this.#port.queue(slot, length, way.address.address, way.address.port);
    }
    if (this.#timerAt > now + SECOND) this.#arm();
  }

  /** Of the endpoint: takes what the relay sends by UDP. */
  receive(datagram: Uint8Array, from: Address, arrivedAt: Micros | undefined): boolean {
    const way = this.#way;
    if (way.type !== "udp" || !sameAddress(way.address, from)) return false;
    return this.#take(datagram, arrivedAt);
  }

  /** Of the endpoint, which is about to close. */
  closing(): void {
    this.close();
  }

  /** Ends the session at the relay, for both sides, and says so. Idempotent. */
  close(): void {
    if (!this.#open) return;
    this.#leg.close();
    this.#transmit();
    this[Symbol.dispose]();
  }

  /** Ends it without a word. Idempotent. */
  [Symbol.dispose](): void {
    if (!this.#open) return;
    this.#open = false;
    this.#timers[Symbol.dispose]();
    this.#carrier.close();
    this.#leg[Symbol.dispose]();
    this.#port.flush();
    this.#port[Symbol.dispose]();
    const way = this.#way;
    if (way.type === "tls") {
      way.pipe.onDatagram = undefined;
      way.pipe.close();
    }
  }

  #listen(): void {
    const way = this.#way;
    if (way.type === "udp") return;
    way.pipe.onDatagram = (datagram) => {
      if (this.#open && this.#way === way) this.#take(datagram, undefined);
    };
    // The leg asks for nothing that a pipe that is gone could bring.
    void way.pipe.closed.then(() => {
      if (this.#open && this.#way === way)
        this.#onEvent(this, { type: "ended", reason: "unreachable" });
    });
  }

  /** Whether it was for this leg. */
  #take(datagram: Uint8Array, arrivedAt: Micros | undefined): boolean {
    const now = monotonicMicros();
    if (isData(datagram[0] ?? 0)) {
      const rift = this.#leg.receive(datagram, now);
      if (rift === undefined) return false;
      this.#carrier.receive(rift, arrivedAt ?? now);
      return true;
    }
    const { dropped } = this.#leg.stats;
    this.#leg.receive(datagram, now);
    if (this.#leg.stats.dropped !== dropped) return false;
    this.#pump();
    // A leg does not say whether a challenge was its own, and another may wait for it.
    return datagram[0] !== RelayKind.challenge;
  }

  #pump(): void {
    if (this.#isPumping) return;
    this.#isPumping = true;
    try {
      this.#transmit();
      while (this.#open) {
        const event = this.#leg.pollEvent();
        if (event === undefined) break;
        this.#onEvent(this, event);
      }
      if (this.#open) this.#transmit();
    } finally {
      this.#isPumping = false;
    }
    this.#arm();
  }

  #transmit(): void {
    const way = this.#way;
    for (;;) {
      const transmit = this.#leg.pollTransmit(monotonicMicros());
      if (transmit === undefined) return;
      const { bytes, length } = transmit;
      if (way.type === "tls") way.pipe.send(bytes, length);
      else this.#port.send(bytes, length, way.address.address, way.address.port);
    }
  }

  #arm(): void {
    const at = this.#open ? (this.#leg.pollTimeout() ?? Infinity) : Infinity;
    // One that goes off too early only looks and is set again.
    if (at >= this.#timerAt) return;
    this.#cancel?.();
    this.#timerAt = at;
    const wait = Math.min(MAX_WAIT_MS, Math.max(1, (at - monotonicMicros()) / 1000));
    this.#cancel = this.#timers.after(wait, () => {
      this.#timerAt = Infinity;
      this.#leg.handleTimeout(monotonicMicros());
      this.#pump();
    });
  }
}

const MAX_WAIT_MS = 60_000;

/** A lease or a key of the signaling as bytes. Throws WireError. */
export function readBase64(text: string): Uint8Array {
  try {
    return Uint8Array.fromBase64(text, { alphabet: "base64url" });
  } catch (cause) {
    throw new WireError("malformed", "this is no base64url", { cause });
  }
}
