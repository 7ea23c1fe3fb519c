import assert from "node:assert/strict";
import {
  type Address,
  MAX_RELAYED_BYTES,
  RelayKind,
  RelayLeg,
  RelaySide,
  RelayTable,
  readChallenge,
  signLease,
  writeAdmission,
  writeHello,
} from "@wavry/relay";
import { SECOND } from "@wavry/rift-core";
import { createIdentity, type Identity } from "@wavry/rift-crypto";
import type { FuzzTarget } from "../engine/target.ts";
import { joinPieces, pieces } from "./pieces.ts";
import { toySuite } from "./toy-suite.ts";

const CLIENT: Address = { address: "192.0.2.7", port: 50_000 };
const HOST: Address = { address: "2001:db8::7", port: 4_200 };
const RELAY: Address = { address: "192.0.2.1", port: 4_000 };
const STRANGER: Address = { address: "203.0.113.5", port: 6_000 };
const SENDERS = [CLIENT, HOST, STRANGER] as const;
const UNIX = 1_800_000_000;
const MAX_EXCHANGES = 5_000;

const Step = { toRelay: 0, toClient: 1, toHost: 2, admission: 3, data: 4, wait: 5 } as const;
const STEPS = 6;

/** A relay with two legs; signatures and tags are good where their lengths are, so that made-up ones get far. */
class Scene {
  now = 5 * SECOND;
  readonly #suite = toySuite(1);
  readonly #gateway = createIdentity(this.#suite);
  readonly #relay = createIdentity(this.#suite);
  readonly #devices = [createIdentity(this.#suite), createIdentity(this.#suite)] as const;
  readonly table: RelayTable;
  readonly legs: readonly [RelayLeg, RelayLeg];
  /** Bytes of a stranger's, less those that went to it. */
  #credit = 0;
  #sent: { readonly bytes: Uint8Array; readonly to: Address }[] = [];
  #leases = 0;

  constructor() {
    this.table = new RelayTable({
      suite: this.#suite,
      gatewayKey: this.#gateway.identityKey,
      identity: this.#relay,
      now: this.now,
      unixSeconds: UNIX,
      bounds: { sessions: 4, usedLeases: 8 },
      send: (bytes, length, to) => {
        assert.ok(length > 0 && length <= MAX_RELAYED_BYTES);
        this.#sent.push({ bytes: bytes.slice(0, length), to });
      },
    });
    const lease = this.#lease();
    this.legs = [this.#leg(lease, this.#devices[0]), this.#leg(lease, this.#devices[1])];
    this.exchange();
    for (const leg of this.legs) assert.equal(leg.state, "ready");
  }

  step(kind: number, bytes: Uint8Array): void {
    const from = SENDERS[(kind >> 3) % SENDERS.length]!;
    switch (kind % 8) {
      case Step.toRelay:
        this.#hand(bytes.slice(), from);
        break;
      case Step.toClient:
      case Step.toHost:
        this.legs[(kind % 8) - 1]?.receive(bytes, this.now);
        break;
      case Step.admission:
        this.#admission(bytes, from);
        break;
      case Step.data: {
        const out = new Uint8Array(MAX_RELAYED_BYTES);
        const index = (kind >> 3) & 1;
        if (bytes.length === 0) break;
        const length = this.legs[index as 0 | 1].wrap(bytes, out, this.now);
        if (length > 0) this.#hand(out.slice(0, length), SENDERS[index]!);
        break;
      }
      default:
        this.pass((bytes[0] ?? 1) * (SECOND / 4));
    }
    this.exchange();
  }

  /** Carries what all have to say until nothing is left. */
  exchange(): void {
    for (let turns = 0; ; turns++) {
      assert.ok(turns < MAX_EXCHANGES, "they never fall silent");
      let said = false;
      for (const [i, leg] of this.legs.entries()) {
        const transmit = leg.pollTransmit(this.now);
        if (transmit !== undefined) {
          said = true;
          this.#hand(transmit.bytes.slice(0, transmit.length), SENDERS[i]!);
        }
        while (leg.pollEvent() !== undefined) said = true;
      }
      for (const { bytes, to } of this.#sent.splice(0)) {
        said = true;
        const index = to.port === CLIENT.port ? 0 : to.port === HOST.port ? 1 : undefined;
        if (index !== undefined) this.legs[index].receive(bytes, this.now);
      }
      if (!said) return;
    }
  }

  /** Lets time pass, with every timer at its time. */
  pass(micros: number): void {
    const end = this.now + micros;
    for (let turns = 0; ; turns++) {
      const timers = [this.table, ...this.legs].map((one) => one.pollTimeout() ?? Infinity);
      const due = Math.min(...timers);
      if (due >= end) break;
      assert.ok(turns < MAX_EXCHANGES, "time does not move on");
      this.now = Math.max(this.now, Math.ceil(due));
      this.table.handleTimeout(this.now);
      for (const leg of this.legs) leg.handleTimeout(this.now);
      this.exchange();
    }
    this.now = end;
  }

  #hand(bytes: Uint8Array, from: Address): void {
    const isStranger = from === STRANGER;
    const before = this.#sent.length;
    if (isStranger) this.#credit += bytes.length;
    this.table.receive(bytes, from, this.now);
    for (const { bytes: out, to } of this.#sent.slice(before))
      if (isStranger && to.port === STRANGER.port) {
        this.#credit -= out.length;
        assert.ok(this.#credit >= 0, "more went out than came in");
      }
    const { sessions, usedLeases } = this.table.load;
    assert.ok(sessions <= 4 && usedLeases <= 8);
  }

  /** `| side | number | session | lease id | relay's? | bytes into the claim … |` with a cookie that is good. */
  #admission(bytes: Uint8Array, from: Address): void {
    const nonce = this.#suite.randomBytes(8);
    const before = this.#sent;
    this.#sent = [];
    this.table.receive(writeHello(nonce), from, this.now);
    const challenge = this.#sent[0]?.bytes;
    this.#sent = before;
    if (challenge === undefined) return;
    const [side = 0, number = 0, session = 0, id = 0, here = 0] = bytes;
    const lease = this.#lease({ session, id, isHere: here < 200 });
    if (bytes.length > 5) lease.set(bytes.subarray(5, 5 + lease.length), 0);
    const { bytes: admission } = writeAdmission(this.#suite, {
      ...{ nonce, cookie: readChallenge(challenge).cookie, number: number + 1, lease },
      side: side & 1 ? RelaySide.host : RelaySide.client,
      ephemeralPrivate: this.#suite.randomBytes(32),
      relayStatic: this.#relay.staticKey,
      sign: () => new Uint8Array(64),
    });
    this.#hand(admission, from);
  }

  #lease({ session = 0, id = 0, isHere = true } = {}): Uint8Array {
    const issuedAt = Math.floor(UNIX + this.now / SECOND - 5);
    return signLease(
      {
        ...{ rateKbps: 20_000, issuedAt, expiresAt: issuedAt + 300 },
        leaseId: new Uint8Array(16).fill(id === 0 ? ++this.#leases : id),
        sessionId: new Uint8Array(16).fill(session),
        relayKey: (isHere ? this.#relay : this.#gateway).identityKey,
        clientKey: this.#devices[0].identityKey,
        hostKey: this.#devices[1].identityKey,
      },
      () => new Uint8Array(64),
    );
  }

  #leg(lease: Uint8Array, { identityKey }: Identity): RelayLeg {
    const identity = { identityKey, sign: () => new Uint8Array(64) };
    const relay = { ...RELAY, staticKey: this.#relay.staticKey };
    return new RelayLeg({ suite: this.#suite, identity, relay, lease, now: this.now });
  }
}

export const relay: FuzzTarget = {
  name: "relay",
  summary:
    "a relay with two legs, and what strangers and peers send: bounded, never more out than in before admission",
  maxBytes: 1_500,
  run(input) {
    const scene = new Scene();
    let steps = 0;
    for (const { kind, bytes } of pieces(input)) {
      if (++steps > 64 || kind % 8 >= STEPS) continue;
      scene.step(kind, bytes);
    }
    for (const leg of scene.legs) leg.close();
    scene.exchange();
    scene.pass(400 * SECOND);
    assert.deepEqual(scene.table.load, { sessions: 0, joined: 0, usedLeases: 0 });
    for (const leg of scene.legs) assert.equal(leg.pollTimeout(), undefined);
  },
  seeds: () => {
    const hello = writeHello(new Uint8Array(8).fill(7));
    const admission = (from: number, ...bytes: number[]) => ({
      kind: Step.admission + 8 * from,
      bytes: Uint8Array.from(bytes),
    });
    const wait = (quarters: number) => ({ kind: Step.wait, bytes: Uint8Array.of(quarters) });
    const ping = Uint8Array.of(RelayKind.ping, 0, 0, 0, 0, 0, 0, 1, 1, 2, 3, 4, 5, 6, 7, 8);
    return [
      joinPieces([{ kind: Step.toRelay + 16, bytes: hello }, wait(1)]),
      joinPieces([admission(2, 0, 1, 1, 1, 0), admission(2, 1, 1, 1, 1, 0), wait(250)]),
      joinPieces([admission(0, 0, 9, 0, 0, 0), admission(2, 0, 10, 0, 0, 0), wait(20)]),
      joinPieces([
        { kind: Step.data, bytes: Uint8Array.of(5, 1, 2, 3) },
        { kind: Step.data + 8, bytes: Uint8Array.of(5, 9) },
        { kind: Step.toRelay, bytes: ping },
      ]),
      joinPieces([{ kind: Step.toClient, bytes: new Uint8Array(40).fill(0x53) }, wait(255)]),
    ];
  },
};
