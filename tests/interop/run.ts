/** Real endpoints and plain peers over emulated links, in virtual time. */
import { EmulatedLink, type LinkConditions, seededBytes } from "@wavry/rift-core/testing";
import type { CryptoSuite } from "@wavry/rift-crypto";
import { nodeSuite } from "@wavry/rift-crypto/node";
import type { Endpoint, SessionEvent } from "@wavry/rift-session";
import type { PlainPeer } from "./plain-rift/peer.ts";

interface Place {
  readonly address: string;
  readonly port: number;
}

interface Datagram {
  readonly bytes: Uint8Array;
  readonly from: Place;
  readonly to: Place;
}

/** The Node suite with randomness from a seed. */
export function seededSuite(seed: number): CryptoSuite {
  return { ...nodeSuite, randomBytes: seededBytes(seed) };
}

/** One real endpoint and one plain peer. */
export class Run {
  now = 5_000_000;
  readonly real: Endpoint;
  readonly plain: PlainPeer;
  readonly realAt: Place = { address: "10.0.0.1", port: 4200 };
  /** Where the plain peer is; may be changed. */
  plainAt: Place = { address: "10.0.0.2", port: 7000 };
  readonly events: SessionEvent[] = [];
  /** Sees each datagram before the link; false: it is swallowed. */
  tap: ((datagram: Datagram) => boolean) | undefined;
  readonly #toReal: EmulatedLink<Datagram>;
  readonly #toPlain: EmulatedLink<Datagram>;

  constructor(real: Endpoint, plain: PlainPeer, link: Partial<LinkConditions> = {}, seed = 1) {
    this.real = real;
    this.plain = plain;
    this.#toReal = new EmulatedLink(link, seed * 2 + 1);
    this.#toPlain = new EmulatedLink(link, seed * 2 + 2);
  }

  of<T extends SessionEvent["type"]>(type: T): Extract<SessionEvent, { type: T }>[] {
    return this.events.filter((event) => event.type === type) as never;
  }

  /** Sends what is due and takes the real endpoint's events. */
  drain(): void {
    for (;;) {
      const transmit = this.real.pollTransmit(this.now);
      if (transmit === undefined) break;
      const { bytes, length, address, port } = transmit;
      this.#post({ bytes: bytes.slice(0, length), from: this.realAt, to: { address, port } });
    }
    for (;;) {
      const event = this.real.pollEvent();
      if (event === undefined) break;
      this.events.push(own(event));
    }
    for (const { bytes, to } of this.plain.take()) this.#post({ bytes, from: this.plainAt, to });
  }

  #post(datagram: Datagram): void {
    if (this.tap?.(datagram) === false) return;
    const toReal = datagram.to.address === this.realAt.address;
    (toReal ? this.#toReal : this.#toPlain).send(datagram, this.now);
  }

  runFor(micros: number): void {
    const end = this.now + micros;
    this.#run(() => false, end);
    this.now = end;
    this.drain();
  }

  /** Runs until the condition holds; throws when it does not within a minute of virtual time. */
  runUntil(condition: () => boolean): void {
    if (!this.#run(condition, this.now + 60_000_000)) throw new Error("the condition never held");
  }

  #run(condition: () => boolean, end: number): boolean {
    this.drain();
    for (let steps = 0; !condition(); steps++) {
      if (steps > 1_000_000) throw new Error("time does not move on");
      const next = Math.min(
        this.#toReal.nextArrival() ?? Infinity,
        this.#toPlain.nextArrival() ?? Infinity,
        this.real.pollTimeout() ?? Infinity,
        this.plain.next(),
      );
      if (next > end) return false;
      this.now = Math.max(this.now, Math.ceil(next));
      for (let got = this.#toReal.receive(this.now); got; got = this.#toReal.receive(this.now)) {
        this.real.receive(got.bytes, got.from, this.now);
        this.drain();
      }
      for (let got = this.#toPlain.receive(this.now); got; got = this.#toPlain.receive(this.now)) {
        const { address, port } = this.plainAt;
        if (got.to.address === address && got.to.port === port)
          this.plain.receive(got.bytes, got.from, this.now);
      }
      if ((this.real.pollTimeout() ?? Infinity) <= this.now) this.real.handleTimeout(this.now);
      this.plain.tick(this.now);
      this.drain();
    }
    return true;
  }
}

/** An event whose bytes stay. */
function own(event: SessionEvent): SessionEvent {
  if (event.type === "input") return { ...event, datagram: event.datagram.slice() };
  if (event.type !== "update") return event;
  return { ...event, update: { ...event.update, bytes: event.update.bytes.slice() } };
}
