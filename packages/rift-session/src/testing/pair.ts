import { type Micros, SECOND } from "@wavry/rift-core";
import {
  EmulatedLink,
  LabLink,
  type LabLinkOptions,
  type LinkConditions,
} from "@wavry/rift-core/testing";
import { type CryptoSuite, createIdentity } from "@wavry/rift-crypto";
import type { Address, Admission } from "../admission.ts";
import type { ConnectAttempt } from "../connect-attempt.ts";
import type { Connection } from "../connection.ts";
import { Endpoint } from "../endpoint.ts";
import type { Smoothing } from "../update-smoother.ts";
import { Side } from "./side.ts";
import { seededSuite, TestAdmission } from "./test-admission.ts";

/** IPv4 and UDP headers, which count on a lab link. */
const IP_UDP_BYTES = 28;
const MAX_STEPS_A_TIME = 100_000;

/** A datagram under way; a tap may change it. */
export interface Datagram {
  bytes: Uint8Array;
  from: Address;
  to: Address;
}

/** What a pair is made of. */
export interface PairOptions {
  /** Its randomness is replaced by one that follows from the seed. */
  readonly suite: CryptoSuite;
  /** Default 1. The same seed gives the same run. */
  readonly seed?: number;
  /** Both directions; what is left out is perfect. */
  readonly link?: Partial<LinkConditions>;
  /** Lab links instead (see `labProfile`): forward from the host to the client. Their time begins with the pair's. */
  readonly lab?: { readonly forward: LabLinkOptions; readonly backward: LabLinkOptions };
  /** Default 5 s. */
  readonly startAt?: Micros;
  /** Wraps the client's suite: for a client that does not keep to the protocol. */
  readonly clientSuite?: (suite: CryptoSuite) => CryptoSuite;
  /** Default: as an endpoint has it. */
  readonly smoothing?: Smoothing;
}

/** A host and a client over an emulated link in virtual time. */
export class Pair {
  /** The time, of both. */
  now: Micros;
  readonly suite: CryptoSuite;
  readonly admission: TestAdmission = new TestAdmission();
  readonly host: Side;
  readonly client: Side;
  /** Not in use where there are lab links. */
  readonly toHost: EmulatedLink<Datagram>;
  readonly toClient: EmulatedLink<Datagram>;
  /** Sees each datagram before the link; false: it is swallowed. */
  tap: ((datagram: Datagram) => boolean) | undefined;
  /** Everything that the host sent. */
  hostBytes = 0;
  readonly #smoothing: Smoothing | undefined;
  readonly #lab: { toHost: LabLink<Datagram>; toClient: LabLink<Datagram> } | undefined;
  #steps = 0;

  constructor(options: PairOptions) {
    const { seed = 1, link = {}, startAt = 5 * SECOND, clientSuite, lab } = options;
    this.#smoothing = options.smoothing;
    this.now = startAt;
    this.suite = seededSuite(options.suite, seed);
    this.toHost = new EmulatedLink(link, seed * 2 + 1);
    this.toClient = new EmulatedLink(link, seed * 2 + 2);
    if (lab !== undefined)
      this.#lab = {
        toHost: new LabLink({ ...lab.backward, startAt }),
        toClient: new LabLink({ ...lab.forward, startAt }),
      };
    this.host = this.side("10.0.0.1", this.admission);
    this.client = this.side("10.0.0.2", undefined, clientSuite?.(this.suite));
  }

  /** Another endpoint at this address, port 7000; drained with `drainSide`. */
  side(address: string, admission?: Admission, suite: CryptoSuite = this.suite): Side {
    const identity = createIdentity(suite);
    const endpoint = new Endpoint({
      ...{ suite, identity, admission },
      smoothing: this.#smoothing,
      now: this.now,
    });
    return new Side(endpoint, identity, { address, port: 7000 });
  }

  /** Makes both know each other. */
  introduce(): void {
    const { wavryId, staticKey } = this.client.identity;
    this.admission.paired.push({ wavryId, staticKey });
    this.host.endpoint.refreshAdmission();
  }

  /** Starts connecting with the pinned key, or with a secret. */
  connect(
    options: { pairingSecret?: Uint8Array; staticKey?: Uint8Array; timeoutMicros?: Micros } = {},
  ): ConnectAttempt {
    const { wavryId, staticKey } = this.host.identity;
    const attempt = this.client.endpoint.connect(
      {
        addresses: [this.host.address],
        wavryId,
        ...(options.pairingSecret === undefined ? { staticKey } : {}),
        ...options,
      },
      this.now,
    );
    this.drain();
    return attempt;
  }

  /** Introduces, connects, and runs until both sides have a connection. */
  establish(): { host: Connection; client: Connection } {
    this.introduce();
    this.connect();
    this.runUntil(() => this.client.of("connected").length > 0);
    return { host: this.host.connection, client: this.client.connection };
  }

  /** Sends what is due and takes the events of both. */
  drain(): void {
    for (const side of [this.host, this.client]) this.drainSide(side);
  }

  /** Sends what is due and takes the events of one. */
  drainSide(side: Side): void {
    for (;;) {
      const transmit = side.endpoint.pollTransmit(this.now);
      if (transmit === undefined) break;
      const { bytes, length, address, port } = transmit;
      if (length > 1200) throw new Error("a datagram is too long");
      if (side === this.host) this.hostBytes += length;
      this.post({ bytes: bytes.slice(0, length), from: side.address, to: { address, port } });
    }
    side.takeEvents();
  }

  /** Puts a datagram on the link. */
  post(datagram: Datagram): void {
    if (this.tap?.(datagram) === false) return;
    const way = datagram.to.address === this.host.address.address ? "toHost" : "toClient";
    if (this.#lab === undefined) this[way].send(datagram, this.now);
    else {
      const bytes = datagram.bytes.length + IP_UDP_BYTES;
      this.#lab[way].send(datagram, bytes, this.now, { ecnCapable: true });
    }
  }

  /** Hands a datagram to the host past the link. */
  injectHost(bytes: Uint8Array, from: Address): void {
    this.host.endpoint.receive(bytes, from, this.now);
    this.drain();
  }

  /** Runs for so long, in virtual time. */
  runFor(micros: Micros): void {
    const end = this.now + micros;
    this.runUntil(() => false, end);
    this.now = end;
    this.drain();
  }

  /** Runs in virtual time until the condition holds; throws when it does not by `deadline`. */
  runUntil(condition: () => boolean, deadline?: Micros): void {
    const end = deadline ?? this.now + 60 * SECOND;
    this.drain();
    while (!condition()) {
      const next = this.#nextAt();
      if (next > end) {
        if (deadline !== undefined) return;
        throw new Error("the condition never held");
      }
      if (next > this.now) this.#steps = 0;
      if (++this.#steps > MAX_STEPS_A_TIME) throw new Error("time does not move on");
      this.now = Math.max(this.now, Math.ceil(next));
      this.#receive("toHost", this.host);
      this.#receive("toClient", this.client);
      for (const { endpoint } of [this.host, this.client])
        if ((endpoint.pollTimeout() ?? Infinity) <= this.now) endpoint.handleTimeout(this.now);
      this.drain();
    }
  }

  /** When something happens next. */
  #nextAt(): Micros {
    const { toHost, toClient } = this.#lab ?? this;
    return Math.min(
      toHost.nextArrival() ?? Infinity,
      toClient.nextArrival() ?? Infinity,
      this.host.endpoint.pollTimeout() ?? Infinity,
      this.client.endpoint.pollTimeout() ?? Infinity,
    );
  }

  #receive(way: "toHost" | "toClient", { endpoint, address }: Side): void {
    for (;;) {
      const arrival = this.#lab?.[way].receive(this.now);
      const datagram = this.#lab === undefined ? this[way].receive(this.now) : arrival?.item;
      if (datagram === undefined) return;
      if (datagram.to.address !== address.address) continue;
      const { bytes, from } = datagram;
      endpoint.receive(bytes, from, this.now, this.now, arrival?.marked);
      this.drain();
    }
  }
}
