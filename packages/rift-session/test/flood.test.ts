import assert from "node:assert/strict";
import { test } from "node:test";
import {
  CloseReason,
  HandshakePattern,
  handshakeHead,
  INITIATION_BYTES,
  INITIATION_COOKIE_AT,
  INITIATION_PROOF_AT,
  type Micros,
  PacketType,
  readHandshakePacket,
  readU32,
  SECOND,
  writeInitiation,
} from "@wavry/rift-core";
import { seededBytes } from "@wavry/rift-core/testing";
import { type CryptoSuite, initiationKeyPaired, initiationKeyPairing } from "@wavry/rift-crypto";
import { BOUNDS } from "@wavry/rift-session";
import { Blake2sMac } from "../src/blake2s-mac.ts";
import { newCounters } from "../src/counters.ts";
import { EventQueue } from "../src/events.ts";
import { HANDSHAKE_LIMITS } from "../src/handshake-limits.ts";
import { HostHandshakes } from "../src/host-handshakes.ts";
import { type Datagram, Pair, seededSuite } from "./pair.ts";

const MILLISECOND = 1_000;
const PER_MILLISECOND = 100;
const DELAY_MICROS = 5 * MILLISECOND;
const NEEDED_P99_MICROS = 200 * MILLISECOND;

/** The suite with a count of what is expensive in it. */
function countingSuite(seed: number): { suite: CryptoSuite; operations: () => number } {
  const suite = seededSuite(seed);
  let operations = 0;
  const counted = <T extends readonly unknown[], R>(call: (...args: T) => R) => {
    return (...args: T): R => {
      operations++;
      return call(...args);
    };
  };
  return {
    operations: () => operations,
    suite: {
      ...suite,
      x25519: counted(suite.x25519),
      x25519PublicKey: counted(suite.x25519PublicKey),
      ed25519Sign: counted(suite.ed25519Sign),
      ed25519Verify: counted(suite.ed25519Verify),
      hmacBlake2s: counted(suite.hmacBlake2s),
      blake2s: counted(suite.blake2s),
    },
  };
}

/** Initiations with ever new ephemeral keys; `sign` makes their proofs, which are random without it. */
class Spoofer {
  readonly #packet: Uint8Array;
  readonly #random = seededBytes(77);
  readonly #mac: Blake2sMac | undefined;
  sent = 0;

  constructor(pattern: HandshakePattern, proofKey?: Uint8Array) {
    const message = new Uint8Array(pattern === HandshakePattern.pairing ? 48 : 32);
    this.#packet = writeInitiation(handshakeHead(PacketType.initiation, pattern, 7), message);
    this.#mac = proofKey === undefined ? undefined : new Blake2sMac(proofKey);
  }

  /** The next one, borrowed, and its made-up address. */
  next(): { bytes: Uint8Array; from: { address: string; port: number } } {
    const n = this.sent++;
    this.#packet.set(this.#random(32), 8);
    const proof = this.#packet.subarray(INITIATION_PROOF_AT, INITIATION_PROOF_AT + 16);
    if (this.#mac === undefined) proof.set(this.#random(16));
    else this.#mac.write(proof, this.#packet.subarray(0, INITIATION_PROOF_AT), 16);
    const address = `10.${100 + (n >> 16)}.${(n >> 8) & 255}.${n & 255}`;
    return { bytes: this.#packet, from: { address, port: 9 } };
  }
}

/** Connects again and again for `micros` while each millisecond brings a hundred spoofed initiations; gives the times. */
function connectUnder(pair: Pair, spoofer: Spoofer, micros: Micros): Micros[] {
  const times: Micros[] = [];
  const end = pair.now + micros;
  let startedAt = pair.now;
  pair.connect();
  pair.client.onEvent = (event) => {
    if (event.type !== "connected") return;
    times.push(pair.now - startedAt);
    event.connection.close(CloseReason.done, "", pair.now);
  };
  while (pair.now < end) {
    for (let i = 0; i < PER_MILLISECOND; i++) {
      const { bytes, from } = spoofer.next();
      pair.host.endpoint.receive(bytes, from, pair.now);
      pair.drainSide(pair.host);
    }
    pair.runFor(MILLISECOND);
    if (pair.client.endpoint.isIdle) {
      startedAt = pair.now;
      pair.connect();
    }
  }
  pair.client.onEvent = undefined;
  return times;
}

function p99(times: readonly Micros[]): Micros {
  return times.toSorted((a, b) => a - b)[Math.ceil(times.length * 0.99) - 1]!;
}

test("100,000 initiations a second with made-up proofs: a paired device connects as ever, and the host keeps nothing", () => {
  const pair = new Pair({ link: { delayMicros: DELAY_MICROS } });
  pair.introduce();
  const hostBytes: number[] = [];
  pair.tap = ({ to, bytes }) => {
    if (to.address.startsWith("10.1")) hostBytes.push(bytes.length);
    return true;
  };
  const spoofer = new Spoofer(HandshakePattern.known);
  const times = connectUnder(pair, spoofer, 2 * SECOND);
  assert.ok(times.length >= 10 && p99(times) <= NEEDED_P99_MICROS, `p99 ${p99(times)} µs`);
  assert.equal(spoofer.sent, 200_000);
  assert.equal(pair.host.endpoint.counters.unproven, spoofer.sent);
  assert.deepEqual(hostBytes, [], "a stranger got an answer");
  assert.ok(pair.host.endpoint.halfOpen <= 1);
});

test("a stranger's initiation makes the host call its crypto suite not once, however many devices are paired", () => {
  const counting = countingSuite(3);
  const pair = new Pair();
  const host = pair.side("10.0.0.9", pair.admission, counting.suite);
  for (let i = 0; i < 64; i++) pair.admission.paired.push(pair.side(`10.3.0.${i}`).identity);
  const spoofer = new Spoofer(HandshakePattern.known);
  const receive = () => {
    const { bytes, from } = spoofer.next();
    host.endpoint.receive(bytes, from, pair.now);
  };
  receive();
  const before = counting.operations();
  for (let i = 0; i < 2_000; i++) receive();
  assert.equal(counting.operations(), before);
  assert.equal(host.endpoint.pollTransmit(pair.now), undefined);
});

test("proofs are checked no more than the host can afford: with 64 paired devices a flood is dropped unread", () => {
  const pair = new Pair();
  for (let i = 0; i < 64; i++) pair.admission.paired.push(pair.side(`10.3.0.${i}`).identity);
  const spoofer = new Spoofer(HandshakePattern.known);
  const { burst, perSecond } = HANDSHAKE_LIMITS.proofChecks;
  let checks = 0;
  const { verify } = Blake2sMac.prototype;
  Blake2sMac.prototype.verify = function (message, code) {
    checks++;
    return verify.call(this, message, code);
  };
  try {
    for (let at = 0; at < 100; at++) {
      for (let i = 0; i < PER_MILLISECOND; i++) {
        const { bytes, from } = spoofer.next();
        pair.host.endpoint.receive(bytes, from, pair.now);
      }
      pair.now += MILLISECOND;
    }
  } finally {
    Blake2sMac.prototype.verify = verify;
  }
  assert.ok(checks > burst / 2 && checks <= burst + perSecond / 10, `${checks} checks`);
});

test("100,000 initiations a second of someone who has the pairing link: answers, work and memory are bounded, and a paired device connects", () => {
  const pair = new Pair({ link: { delayMicros: DELAY_MICROS } });
  pair.introduce();
  const secret = pair.suite.randomBytes(16);
  pair.admission.secrets = [secret];
  const { identityKey } = pair.host.identity;
  const key = initiationKeyPairing(pair.suite, secret, identityKey);
  const spoofer = new Spoofer(HandshakePattern.pairing, key);
  let answers = 0;
  let largest = 0;
  pair.tap = ({ to, bytes }) => {
    if (!to.address.startsWith("10.1")) return true;
    answers++;
    largest = Math.max(largest, bytes.length);
    return false;
  };
  const times = connectUnder(pair, spoofer, SECOND);
  assert.ok(times.length >= 5 && p99(times) <= NEEDED_P99_MICROS, `p99 ${p99(times)} µs`);
  const { cookieReplies, opens } = HANDSHAKE_LIMITS;
  const most = cookieReplies.burst + cookieReplies.perSecond + opens.burst + opens.perSecond;
  assert.ok(answers > 0 && answers <= most, `${answers} answers`);
  assert.ok(largest < INITIATION_BYTES);
  // Their first message is not one: each try is paid for out of the supply for handshakes without a cookie.
  const { badHandshake } = pair.host.endpoint.counters;
  assert.ok(badHandshake > 0 && badHandshake <= opens.burst + opens.perSecond, `${badHandshake}`);
  assert.ok(pair.host.endpoint.halfOpen <= 16);
});

test("spoofed initiations with right proofs do not use up the handshakes of the address that they claim", () => {
  const pair = new Pair();
  pair.introduce();
  const secret = pair.suite.randomBytes(16);
  pair.admission.secrets = [secret];
  const key = initiationKeyPairing(pair.suite, secret, pair.host.identity.identityKey);
  const spoofer = new Spoofer(HandshakePattern.pairing, key);
  for (let i = 0; i < 5_000; i++) {
    pair.host.endpoint.receive(spoofer.next().bytes, pair.client.address, pair.now);
    pair.host.endpoint.handleTimeout(pair.now);
  }
  pair.runFor(MILLISECOND);
  pair.connect();
  pair.runUntil(() => pair.client.of("connected").length > 0, pair.now + SECOND / 5);
  assert.equal(pair.client.of("connected").length, 1);
  assert.equal(pair.host.endpoint.counters.refused, 0);
});

test("an address that has shown itself gets so many handshakes and then no answer to its cookie, until its supply fills up again", () => {
  const pair = new Pair({ link: { delayMicros: 0 } });
  pair.introduce();
  const { burst } = HANDSHAKE_LIMITS.handshakes;
  let connected = 0;
  // The supply of handshakes without a cookie is smaller; no time passes in which either could fill up.
  for (let i = 0; i < burst + 20; i++) {
    const attempt = pair.connect();
    pair.runFor(0);
    const { length } = pair.client.of("connected");
    if (length === connected) pair.client.endpoint.cancel(attempt);
    else pair.client.connection.close(CloseReason.done, "", pair.now);
    connected = length;
    pair.drain();
  }
  assert.equal(connected, burst);
  assert.equal(pair.host.endpoint.counters.refused, 20);
  const bytes = pair.hostBytes;
  const attempt = pair.connect();
  pair.runFor(0);
  assert.equal(pair.hostBytes - bytes, 40, "more than a cookie reply");
  pair.client.endpoint.cancel(attempt);
  pair.runFor(2 * SECOND);
  pair.connect();
  pair.runUntil(() => pair.client.of("connected").length > connected, pair.now + SECOND / 5);
});

test("a recorded initiation makes a half-open handshake repeat its response so often and no more", () => {
  const pair = new Pair();
  pair.introduce();
  let recorded: Datagram | undefined;
  let responses = 0;
  pair.tap = (datagram) => {
    if (datagram.bytes[0] === PacketType.initiation) recorded = datagram;
    if (datagram.bytes[0] === PacketType.response) responses++;
    return datagram.bytes[0] !== PacketType.response;
  };
  const attempt = pair.connect();
  pair.runFor(20 * MILLISECOND);
  pair.client.endpoint.cancel(attempt);
  for (let i = 0; i < 1_000; i++) {
    const from = { address: `10.1.${i >> 8}.${i & 255}`, port: 9 };
    pair.host.endpoint.receive(recorded!.bytes, from, pair.now);
    pair.drainSide(pair.host);
    pair.now += MILLISECOND;
  }
  const { burst, perSecond } = HANDSHAKE_LIMITS.responses;
  assert.ok(responses > burst && responses <= 1 + burst + perSecond + 1, `${responses} responses`);
});

test("a device that is forgotten in the middle of its handshake is not let in, and is not said to have changed its key", () => {
  const pair = new Pair();
  pair.introduce();
  pair.tap = ({ bytes }) => {
    if (bytes[0] === PacketType.finish) {
      pair.admission.paired = [];
      pair.host.endpoint.refreshAdmission();
    }
    return true;
  };
  pair.connect({ timeoutMicros: SECOND });
  pair.runUntil(() => pair.client.of("connect-failed").length > 0);
  assert.equal(pair.host.of("connected").length, 0);
  assert.equal(pair.host.of("peer-key-changed").length, 0);
  assert.equal(pair.host.endpoint.counters.peerMismatch, 1);
});

test("what is remembered of a paired device that knocks from ever new addresses, with cookies, stays within its bounds", () => {
  const { suite, host, client, now } = new Pair();
  const handshakes = new HostHandshakes(
    {
      ...{ suite, identity: host.identity, counters: newCounters(), events: new EventQueue() },
      admission: {
        pairedStatics: () => [client.identity],
        pairingSecrets: () => [],
        onPaired: () => undefined,
      },
      newConnectionId: () => readU32(suite.randomBytes(4), 0),
    },
    now,
  );
  const { staticKey } = host.identity;
  const key = initiationKeyPaired(suite, client.identity.staticPrivate, staticKey, staticKey);
  const spoofer = new Spoofer(HandshakePattern.known, key);
  const knock = (bytes: Uint8Array, from: Datagram["from"]): Uint8Array | undefined => {
    const packet = readHandshakePacket(bytes);
    assert.ok(packet.type === PacketType.initiation);
    return handshakes.takeInitiation(packet, from, now);
  };
  for (let i = 0; i < BOUNDS.maxRememberedInitiations + 300; i++) {
    const { bytes, from } = spoofer.next();
    const answer = knock(bytes, from);
    assert.ok(answer !== undefined && answer.length <= bytes.length);
    if (answer[0] === PacketType.cookie) {
      bytes.set(answer.subarray(8, 24), INITIATION_COOKIE_AT);
      assert.equal(knock(bytes, from)?.[0], PacketType.response);
      bytes.fill(0, INITIATION_COOKIE_AT);
    }
    assert.ok(handshakes.halfOpen <= BOUNDS.maxHalfOpen);
  }
  assert.equal(handshakes.remembered.proofs, BOUNDS.maxRememberedInitiations);
  assert.equal(handshakes.remembered.networks, HANDSHAKE_LIMITS.maxNetworks);
});
