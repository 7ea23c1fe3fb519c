import { type Micros, SECOND } from "@wavry/rift-core";
import { seededBytes } from "@wavry/rift-core/testing";
import { type CryptoSuite, createIdentity, type Identity } from "@wavry/rift-crypto";
import { nodeSuite } from "@wavry/rift-crypto/node";
import {
  type Address,
  type Answer,
  type Lease,
  type LegEvent,
  RelayKind,
  RelayLeg,
  RelaySide,
  RelayTable,
  type RelayTableInit,
  readAnswer,
  readChallenge,
  signLease,
  writeAdmission,
  writeHello,
} from "../src/index.ts";

export const START: Micros = 5 * SECOND;
export const UNIX: number = 1_800_000_000;
export const CLIENT_AT: Address = { address: "192.0.2.7", port: 50_000 };
export const HOST_AT: Address = { address: "2001:db8::7", port: 4_200 };
export const RELAY_AT: Address = { address: "192.0.2.1", port: 4_000 };

/** What an admission is made of. */
export interface AdmissionOptions {
  readonly lease: Uint8Array;
  /** Who signs. */
  readonly device: Identity;
  /** Default: the client. */
  readonly side?: RelaySide;
  readonly number?: number;
  readonly relayStatic?: Uint8Array;
  readonly challenge?: { readonly nonce: Uint8Array; readonly cookie: Uint8Array };
}

/** What the relay sent. */
export interface Sent {
  readonly bytes: Uint8Array;
  readonly to: Address;
}

/** A gateway's key, a relay and devices, in virtual time; the same seed gives the same run. */
export class Scene {
  readonly suite: CryptoSuite;
  readonly gateway: Identity;
  readonly relay: Identity;
  readonly client: Identity;
  readonly host: Identity;
  readonly table: RelayTable;
  /** Everything that the relay sent, since it was emptied last. */
  sent: Sent[] = [];
  /** Called for each datagram instead, if there is one. */
  onSend: ((bytes: Uint8Array, length: number, to: Address) => void) | undefined;
  now: Micros = START;
  #leases = 0;

  constructor(seed = 1, init: Partial<RelayTableInit> = {}) {
    this.suite = { ...nodeSuite, randomBytes: seededBytes(seed) };
    this.gateway = createIdentity(this.suite);
    this.relay = createIdentity(this.suite);
    this.client = createIdentity(this.suite);
    this.host = createIdentity(this.suite);
    this.table = this.makeTable(init);
  }

  makeTable(init: Partial<RelayTableInit> = {}): RelayTable {
    return new RelayTable({
      suite: this.suite,
      gatewayKey: this.gateway.identityKey,
      identity: this.relay,
      now: this.now,
      unixSeconds: this.unixSeconds,
      send: (bytes, length, to) => {
        if (this.onSend !== undefined) this.onSend(bytes, length, to);
        else this.sent.push({ bytes: bytes.slice(0, length), to });
      },
      ...init,
    });
  }

  get unixSeconds(): number {
    return UNIX + (this.now - START) / SECOND;
  }

  device(): Identity {
    return createIdentity(this.suite);
  }

  /** A lease for client and host with an ID of its own. */
  lease(changes: Partial<Lease> = {}, signer: Identity = this.gateway): Uint8Array {
    const issuedAt = Math.floor(this.unixSeconds);
    const leaseId = new Uint8Array(16).fill(0xaa);
    leaseId[0] = ++this.#leases;
    leaseId[1] = this.#leases >> 8;
    const lease: Lease = {
      rateKbps: 20_000,
      issuedAt,
      expiresAt: issuedAt + 300,
      leaseId,
      sessionId: new Uint8Array(16).fill(0x55),
      relayKey: this.relay.identityKey,
      clientKey: this.client.identityKey,
      hostKey: this.host.identityKey,
      ...changes,
    };
    return signLease(lease, (text) => this.suite.ed25519Sign(signer.identitySeed, text));
  }

  /** A cookie for an address, as everybody gets one who receives there. */
  challengeAt(from: Address): { nonce: Uint8Array; cookie: Uint8Array } {
    const nonce = this.suite.randomBytes(8);
    const before = this.sent;
    this.sent = [];
    this.table.receive(writeHello(nonce), from, this.now);
    const challenge = readChallenge(this.sent[0]!.bytes);
    this.sent = before;
    return { nonce, cookie: challenge.cookie };
  }

  /** An admission, made by hand. */
  admission(
    from: Address,
    { lease, device, side = RelaySide.client, number = 1, ...more }: AdmissionOptions,
  ): { bytes: Uint8Array; codeKey: Uint8Array } {
    return writeAdmission(this.suite, {
      ...(more.challenge ?? this.challengeAt(from)),
      ephemeralPrivate: this.suite.randomBytes(32),
      relayStatic: more.relayStatic ?? this.relay.staticKey,
      ...{ side, number, lease },
      sign: (message) => this.suite.ed25519Sign(device.identitySeed, message),
    });
  }

  /** Hands one in; gives the answer, or undefined where there is silence. */
  present(from: Address, options: AdmissionOptions): Answer | undefined {
    const { bytes, codeKey } = this.admission(from, options);
    const before = this.sent;
    this.sent = [];
    this.table.receive(bytes, from, this.now);
    const reply = this.sent.find((one) => one.bytes[0] === RelayKind.answer);
    this.sent = before;
    return reply && readAnswer(this.suite, codeKey, reply.bytes);
  }

  leg(lease: Uint8Array, device: Identity): RelayLeg {
    return new RelayLeg({
      suite: this.suite,
      identity: {
        identityKey: device.identityKey,
        sign: (message) => this.suite.ed25519Sign(device.identitySeed, message),
      },
      relay: { ...RELAY_AT, staticKey: this.relay.staticKey },
      lease,
      now: this.now,
    });
  }

  /** Carries what a leg says to the relay and the answers back, until nothing is left. Other datagrams stay in `sent`. */
  talk(leg: RelayLeg, from: Address): void {
    for (let turns = 0; ; turns++) {
      if (turns > 1_000) throw new Error("the two never fall silent");
      const transmit = leg.pollTransmit(this.now);
      if (transmit === undefined) {
        const mine = this.sent.filter(({ to }) => isSame(to, from));
        if (mine.length === 0) return;
        this.sent = this.sent.filter(({ to }) => !isSame(to, from));
        for (const { bytes } of mine) leg.receive(bytes, this.now);
      } else this.table.receive(transmit.bytes.slice(0, transmit.length), from, this.now);
    }
  }

  /** Lets time pass for the table and these legs, with every timer at its time. */
  pass(micros: Micros, legs: readonly (readonly [RelayLeg, Address])[] = []): void {
    const end = this.now + micros;
    for (let turns = 0; ; turns++) {
      if (turns > 1_000_000) throw new Error("time does not move on");
      for (const [leg, at] of legs) this.talk(leg, at);
      const due = Math.min(
        this.table.pollTimeout() ?? Infinity,
        ...legs.map(([leg]) => leg.pollTimeout() ?? Infinity),
      );
      if (due > end) break;
      this.now = Math.max(this.now, Math.ceil(due));
      this.table.handleTimeout(this.now);
      for (const [leg] of legs)
        if ((leg.pollTimeout() ?? Infinity) <= this.now) leg.handleTimeout(this.now);
    }
    this.now = end;
  }

  /** Client and host with a lease, both ready. */
  join(changes: Partial<Lease> = {}): { client: RelayLeg; host: RelayLeg; lease: Uint8Array } {
    const lease = this.lease(changes);
    const client = this.leg(lease, this.client);
    const host = this.leg(lease, this.host);
    this.talk(client, CLIENT_AT);
    this.talk(host, HOST_AT);
    this.talk(client, CLIENT_AT);
    if (client.state !== "ready" || host.state !== "ready")
      throw new Error("the legs are not ready");
    return { client, host, lease };
  }

  /** Sends a RIFT datagram from one leg; gives what the relay made of it. */
  post(leg: RelayLeg, from: Address, rift: Uint8Array): Sent[] {
    const out = new Uint8Array(1_300);
    const length = leg.wrap(rift, out, this.now);
    const before = this.sent;
    this.sent = [];
    this.table.receive(out.slice(0, length), from, this.now);
    const posted = this.sent;
    this.sent = before;
    return posted;
  }
}

export function isSame(a: Address, b: Address): boolean {
  return a.address === b.address && a.port === b.port;
}

/** The events that wait. */
export function eventsOf(leg: RelayLeg): LegEvent[] {
  const events: LegEvent[] = [];
  for (;;) {
    const event = leg.pollEvent();
    if (event === undefined) return events;
    events.push(event);
  }
}
