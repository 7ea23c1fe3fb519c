import assert from "node:assert/strict";
import { test } from "node:test";
import { WireError } from "@wavry/rift-core";
import { seededBytes, seededRandom } from "@wavry/rift-core/testing";
import { createIdentity, HandshakeError } from "@wavry/rift-crypto";
import { nodeSuite } from "@wavry/rift-crypto/node";
import {
  ADMISSION_BYTES,
  ANSWER_BYTES,
  CHALLENGE_BYTES,
  dataChannel,
  HELLO_BYTES,
  isData,
  isRelayKind,
  LEASE_BYTES,
  type Lease,
  MAX_CHANNEL,
  NOTICE_BYTES,
  openAdmission,
  PING_BYTES,
  RelayKind,
  readAdmissionHead,
  readAnswer,
  readChallenge,
  readHello,
  readLease,
  readNotice,
  readPing,
  readPong,
  readRelayClose,
  signLease,
  turnIntoPong,
  Verdict,
  verifyLease,
  verifyRelayClose,
  writeAdmission,
  writeAnswer,
  writeChallenge,
  writeDataHead,
  writeHello,
  writeLeaseBody,
  writeNotice,
  writePing,
  writeRelayClose,
} from "../../src/index.ts";

const ROUNDS = 200;

/** Random values by a seed. */
class Values {
  readonly bytes: (length: number) => Uint8Array;
  readonly #random: () => number;

  constructor(seed: number) {
    this.bytes = seededBytes(seed);
    this.#random = seededRandom(seed);
  }

  below(limit: number): number {
    return Math.floor(this.#random() * limit);
  }

  channel(): number {
    return 1 + this.below(MAX_CHANNEL);
  }

  lease(): Lease {
    const issuedAt = this.below(2 ** 32 - 400);
    return {
      rateKbps: this.below(2 ** 32),
      issuedAt,
      expiresAt: issuedAt + 1 + this.below(300),
      leaseId: this.bytes(16),
      sessionId: this.bytes(16),
      relayKey: this.bytes(32),
      clientKey: this.bytes(32),
      hostKey: this.bytes(32),
    };
  }
}

test("leases of random fields read as they were written, and verify with their key alone", () => {
  const values = new Values(1);
  const [gateway, other] = [createIdentity(nodeSuite), createIdentity(nodeSuite)];
  for (let i = 0; i < ROUNDS; i++) {
    const lease = values.lease();
    const bytes = signLease(lease, (text) => nodeSuite.ed25519Sign(gateway.identitySeed, text));
    assert.equal(bytes.length, LEASE_BYTES);
    assert.deepEqual(readLease(bytes), lease);
    assert.ok(verifyLease(nodeSuite, gateway.identityKey, bytes));
    assert.ok(!verifyLease(nodeSuite, other.identityKey, bytes));
  }
});

test("a lease that cannot be is not written", () => {
  const good = new Values(2).lease();
  const { issuedAt } = good;
  for (const changes of [
    { rateKbps: -1 },
    { rateKbps: 1.5 },
    { rateKbps: 2 ** 32 },
    { expiresAt: issuedAt },
    { expiresAt: issuedAt + 301 },
    { leaseId: new Uint8Array(15) },
    { sessionId: new Uint8Array(17) },
    { relayKey: new Uint8Array(31) },
    { hostKey: good.clientKey },
  ])
    assert.throws(() => writeLeaseBody({ ...good, ...changes }), RangeError);
});

test("hellos, challenges, answers, pings, notices and closes of random fields read as they were written", () => {
  const values = new Values(3);
  for (let i = 0; i < ROUNDS; i++) {
    const nonce = values.bytes(8);
    const codeKey = values.bytes(32);
    const channel = values.channel();
    assert.deepEqual(readHello(writeHello(nonce)), nonce);
    const challenge = { nonce, cookie: values.bytes(16) };
    assert.deepEqual(readChallenge(writeChallenge(challenge)), challenge);
    const isPeerHere = values.below(2) === 1;
    const verdict = values.below(7);
    const isAdmitted = verdict === Verdict.admitted;
    const answer = {
      ...{ verdict, isPeerHere, nonce },
      channel: isAdmitted ? channel : 0,
      secondsLeft: values.below(2 ** 32),
      rateKbps: 1 + values.below(2 ** 31),
    };
    const written = writeAnswer(nodeSuite, codeKey, answer);
    assert.deepEqual(readAnswer(nodeSuite, codeKey, written), answer);
    assert.equal(readAnswer(nodeSuite, values.bytes(32), written), undefined);
    const ping = writePing(channel, nonce);
    assert.equal(readPing(ping), channel);
    const secondsLeft = values.below(65_536);
    turnIntoPong(ping, isPeerHere, secondsLeft);
    assert.deepEqual(readPong(ping), { channel, token: nonce, isPeerHere, secondsLeft });
    const notice = { news: values.below(256), seconds: values.below(65_536), channel };
    const told = writeNotice(nodeSuite, codeKey, notice);
    assert.deepEqual(readNotice(nodeSuite, codeKey, told), notice);
    const close = writeRelayClose(nodeSuite, codeKey, channel);
    assert.equal(readRelayClose(close), channel);
    assert.ok(verifyRelayClose(nodeSuite, codeKey, close));
    // What a relay says is not what a peer says.
    assert.ok(!verifyRelayClose(nodeSuite, codeKey, told));
    const head = new Uint8Array(4);
    writeDataHead(head, 0, channel);
    assert.ok(isData(head[0]!) && isRelayKind(head[0]!));
    assert.equal(dataChannel(head), channel);
  }
});

test("an admission opens with the relay's static key, gives the same code key to both, and with no bit changed", () => {
  const values = new Values(4);
  const relay = createIdentity(nodeSuite);
  const peer = createIdentity(nodeSuite);
  const init = {
    nonce: values.bytes(8),
    cookie: values.bytes(16),
    ephemeralPrivate: values.bytes(32),
    relayStatic: relay.staticKey,
    side: 1,
    number: 7,
    lease: values.bytes(LEASE_BYTES),
    sign: (text: Uint8Array) => nodeSuite.ed25519Sign(peer.identitySeed, text),
  } as const;
  const { bytes, codeKey } = writeAdmission(nodeSuite, init);
  assert.equal(bytes.length, ADMISSION_BYTES);
  const opened = openAdmission(nodeSuite, bytes, relay);
  assert.ok(opened !== undefined);
  assert.deepEqual([opened.side, opened.number], [1, 7]);
  assert.deepEqual(opened.lease, init.lease);
  assert.deepEqual(opened.codeKey, codeKey);
  assert.ok(nodeSuite.ed25519Verify(peer.identityKey, opened.proven, opened.proof));
  assert.deepEqual(readAdmissionHead(bytes).cookie, init.cookie);
  for (let at = 2; at < bytes.length; at += 5) {
    const changed = bytes.slice();
    changed[at]! ^= 0x10;
    assert.equal(openAdmission(nodeSuite, changed, relay), undefined, `byte ${at}`);
  }
  // Neither Wavry ID nor lease is there to be read on the way.
  assert.equal(Buffer.from(bytes).indexOf(init.lease.subarray(0, 16)), -1);
});

test("any bytes give a value or a WireError, to each reader", () => {
  const values = new Values(5);
  const relay = createIdentity(nodeSuite);
  const key = values.bytes(32);
  const readers: ((bytes: Uint8Array) => unknown)[] = [
    readLease,
    readHello,
    readChallenge,
    readPing,
    readPong,
    readRelayClose,
    readAdmissionHead,
    (bytes) => readAnswer(nodeSuite, key, bytes),
    (bytes) => readNotice(nodeSuite, key, bytes),
    (bytes) => openAdmission(nodeSuite, bytes, relay),
  ];
  const lengths = [
    ...[0, 1, LEASE_BYTES, HELLO_BYTES, CHALLENGE_BYTES, PING_BYTES],
    ...[ANSWER_BYTES, NOTICE_BYTES, ADMISSION_BYTES, 1_500],
  ];
  for (let i = 0; i < 3_000; i++) {
    const bytes = values.bytes(lengths[values.below(lengths.length)]!);
    if (bytes.length > 1) bytes.set([0x4f + values.below(10), values.below(3)]);
    for (const read of readers)
      try {
        read(bytes);
      } catch (error) {
        assert.ok(error instanceof WireError || error instanceof HandshakeError, String(error));
      }
  }
});

test("no kind of a relay's is the first byte of a RIFT or STUN datagram", () => {
  for (let first = 0; first <= 5; first++) assert.ok(!isRelayKind(first));
  const kinds = Object.values(RelayKind);
  assert.ok(kinds.every(isRelayKind));
  for (let first = 0x58; first < 256; first++) assert.ok(!isRelayKind(first));
});
