import { type Micros, SECOND } from "@wavry/rift-core";
import { EmulatedLink, type LinkConditions, seededBytes } from "@wavry/rift-core/testing";
import { type CryptoSuite, createIdentity, type Identity } from "@wavry/rift-crypto";
import { nodeSuite } from "@wavry/rift-crypto/node";
import type {
  Address,
  Admission,
  ConnectAttempt,
  Connection,
  SessionEvent,
} from "@wavry/rift-session";
import { Endpoint } from "@wavry/rift-session";

export interface Datagram {
  bytes: Uint8Array;
  from: Address;
  to: Address;
}

/** What a host knows, in memory. */
export class TestAdmission implements Admission {
  paired: { wavryId: string; staticKey: Uint8Array }[] = [];
  secrets: Uint8Array[] = [];
  pairedStatics(): Iterable<{ wavryId: string; staticKey: Uint8Array }> {
    return this.paired;
  }
  pairingSecrets(): Iterable<Uint8Array> {
    return this.secrets;
  }
  onPaired(peer: { wavryId: string; staticKey: Uint8Array }, secret: Uint8Array): void {
    this.secrets = this.secrets.filter((other) => other !== secret && !sameBytes(other, secret));
    this.paired.push({ wavryId: peer.wavryId, staticKey: peer.staticKey });
  }
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

/** The Node suite with randomness from a seed, so that a run replays. */
export function seededSuite(seed: number): CryptoSuite {
  return { ...nodeSuite, randomBytes: seededBytes(seed) };
}

export type EventOf<T extends SessionEvent["type"]> = Extract<SessionEvent, { type: T }>;

/** One endpoint with the events that it gave. */
export class Side {
  readonly endpoint: Endpoint;
  readonly identity: Identity;
  readonly address: Address;
  readonly events: SessionEvent[] = [];
  /** Called for each event, as a program would. */
  onEvent: ((event: SessionEvent) => void) | undefined;

  constructor(endpoint: Endpoint, identity: Identity, address: Address) {
    this.endpoint = endpoint;
    this.identity = identity;
    this.address = address;
  }

  of<T extends SessionEvent["type"]>(type: T): EventOf<T>[] {
    return this.events.filter((event) => event.type === type) as EventOf<T>[];
  }

  /** The newest connection. */
  get connection(): Connection {
    const event = this.of("connected").at(-1);
    if (event === undefined) throw new Error("there is no connection");
    return event.connection;
  }
}

export interface PairOptions {
  seed?: number;
  link?: Partial<LinkConditions>;
  startAt?: Micros;
  /** Wraps the client's suite: for a client that does not keep to the protocol. */
  clientSuite?: (suite: CryptoSuite) => CryptoSuite;
}

/** A host and a client over an emulated link in virtual time. */
export class Pair {
  now: Micros;
  readonly suite: CryptoSuite;
  readonly admission: TestAdmission = new TestAdmission();
  readonly host: Side;
  readonly client: Side;
  readonly toHost: EmulatedLink<Datagram>;
  readonly toClient: EmulatedLink<Datagram>;
  /** Sees each datagram before the link; false: it is swallowed. */
  tap: ((datagram: Datagram) => boolean) | undefined;
  /** Everything that the host sent. */
  hostBytes = 0;
  #steps = 0;

  constructor({ seed = 1, link = {}, startAt = 5 * SECOND, clientSuite }: PairOptions = {}) {
    this.now = startAt;
    this.suite = seededSuite(seed);
    this.toHost = new EmulatedLink(link, seed * 2 + 1);
    this.toClient = new EmulatedLink(link, seed * 2 + 2);
    this.host = this.side("10.0.0.1", this.admission);
    this.client = this.side("10.0.0.2", undefined, clientSuite?.(this.suite));
  }

  side(address: string, admission?: Admission, suite: CryptoSuite = this.suite): Side {
    const identity = createIdentity(suite);
    const endpoint = new Endpoint({ suite, identity, admission, now: this.now });
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

  drainSide(side: Side): void {
    for (;;) {
      const transmit = side.endpoint.pollTransmit(this.now);
      if (transmit === undefined) break;
      const { bytes, address, port } = transmit;
      if (bytes.length > 1200) throw new Error("a datagram is too long");
      if (side === this.host) this.hostBytes += bytes.length;
      this.post({ bytes: bytes.slice(), from: side.address, to: { address, port } });
    }
    for (;;) {
      const event = side.endpoint.pollEvent();
      if (event === undefined) break;
      side.events.push(own(event));
      side.onEvent?.(event);
    }
  }

  /** Puts a datagram on the link. */
  post(datagram: Datagram): void {
    if (this.tap?.(datagram) === false) return;
    const link = datagram.to.address === this.host.address.address ? this.toHost : this.toClient;
    link.send(datagram, this.now);
  }

  /** Hands a datagram to the host past the link. */
  injectHost(bytes: Uint8Array, from: Address): void {
    this.host.endpoint.receive(bytes, from, this.now);
    this.drain();
  }

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
      if (++this.#steps > 2_000_000) throw new Error("time does not move on");
      const next = Math.min(
        this.toHost.nextArrival() ?? Infinity,
        this.toClient.nextArrival() ?? Infinity,
        this.host.endpoint.pollTimeout() ?? Infinity,
        this.client.endpoint.pollTimeout() ?? Infinity,
      );
      if (next > end) {
        if (deadline !== undefined) return;
        throw new Error("the condition never held");
      }
      this.now = Math.max(this.now, Math.ceil(next));
      for (const [link, side] of [
        [this.toHost, this.host],
        [this.toClient, this.client],
      ] as const)
        for (;;) {
          const datagram = link.receive(this.now);
          if (datagram === undefined) break;
          if (datagram.to.address !== side.address.address) continue;
          side.endpoint.receive(datagram.bytes, datagram.from, this.now);
          this.drain();
        }
      for (const { endpoint } of [this.host, this.client])
        if ((endpoint.pollTimeout() ?? Infinity) <= this.now) endpoint.handleTimeout(this.now);
      this.drain();
    }
  }
}

/** An event whose bytes stay. */
function own(event: SessionEvent): SessionEvent {
  if (event.type === "input") return { ...event, datagram: event.datagram.slice() };
  if (event.type !== "update") return event;
  return { ...event, update: { ...event.update, bytes: event.update.bytes.slice() } };
}
