import assert from "node:assert/strict";
import { test } from "node:test";
import {
  CloseReason,
  HandshakePattern,
  INITIATION_BYTES,
  INITIATION_COOKIE_AT,
  INITIATION_PADDING_AT,
  PacketType,
  SECOND,
} from "@wavry/rift-core";
import {
  createIdentity,
  gateKeyPaired,
  gateKeyPairing,
  initiationKeyPaired,
} from "@wavry/rift-crypto";
import { BOUNDS } from "@wavry/rift-session";
import { newCounters } from "../src/counters.ts";
import { HANDSHAKE_LIMITS } from "../src/handshake-limits.ts";
import {
  CheckCounter,
  connectUnder,
  countingSuite,
  crowdedPair,
  DELAY_MICROS,
  DEVICES,
  keysOfLink,
  knock,
  MILLISECOND,
  NEEDED_P99_MICROS,
  newHandshakes,
  p99,
  Spoofer,
} from "./flooding.ts";
import { type Datagram, Pair } from "./pair.ts";

test("100,000 initiations a second of strangers who do not know the host: no proof is checked, nothing kept or answered, and one of 64 paired devices connects as ever", () => {
  const pair = crowdedPair();
  let answers = 0;
  pair.tap = ({ to }) => {
    if (to.address.startsWith("10.1")) answers++;
    return true;
  };
  const spoofer = new Spoofer(HandshakePattern.known);
  using checks = new CheckCounter();
  const times = connectUnder(pair, spoofer, 2 * SECOND);
  assert.ok(times.length >= 10 && p99(times) <= NEEDED_P99_MICROS, `p99 ${p99(times)} µs`);
  assert.equal(spoofer.sent, 200_000);
  assert.equal(pair.host.endpoint.counters.ungated, spoofer.sent);
  assert.equal(answers, 0, "a stranger got an answer");
  const { handshakesCompleted } = pair.host.endpoint.counters;
  assert.equal(checks.proofs, DEVICES * (handshakesCompleted + pair.host.endpoint.halfOpen));
  assert.ok(checks.gates >= spoofer.sent && pair.host.endpoint.halfOpen <= 1);
});

test("a stranger's initiation makes the host call its crypto suite not once, however many devices are paired", () => {
  for (const knowsHost of [false, true]) {
    const counting = countingSuite(3);
    const pair = new Pair();
    const host = pair.side("10.0.0.9", pair.admission, counting.suite);
    for (let i = 0; i < DEVICES; i++) pair.admission.paired.push(createIdentity(pair.suite));
    const gateKey = gateKeyPaired(pair.suite, host.identity.staticKey);
    const spoofer = new Spoofer(HandshakePattern.known, knowsHost ? { gateKey } : {});
    const receive = () => {
      const { bytes, from } = spoofer.next();
      host.endpoint.receive(bytes, from, pair.now);
    };
    receive();
    const before = counting.operations();
    for (let i = 0; i < 2_000; i++) receive();
    assert.equal(counting.operations(), before);
    // Who knows the host is asked for a cookie once there is too much to check.
    assert.equal(host.endpoint.pollTransmit(pair.now) !== undefined, knowsHost);
  }
});

test("100,000 initiations a second of someone who knows the host and is no device: proofs and answers are bounded, and one of 64 paired devices connects within three round trips", () => {
  const pair = crowdedPair();
  const { staticKey } = pair.host.identity;
  const spoofer = new Spoofer(HandshakePattern.known, {
    gateKey: gateKeyPaired(pair.suite, staticKey),
  });
  let answers = 0;
  pair.tap = ({ to, bytes }) => {
    if (!to.address.startsWith("10.1")) return true;
    answers++;
    assert.ok(bytes[0] === PacketType.cookie && bytes.length < INITIATION_BYTES);
    return false;
  };
  using checks = new CheckCounter();
  const times = connectUnder(pair, spoofer, SECOND);
  const longest = Math.max(...times);
  assert.ok(times.length >= 20 && longest <= 6 * DELAY_MICROS + 5 * MILLISECOND, `${longest} µs`);
  const { proofChecks, cookieReplies } = HANDSHAKE_LIMITS;
  // Once in the second and the moment after it.
  const most = 2 * proofChecks.burst + DEVICES * (times.length + 2);
  assert.ok(checks.proofs > proofChecks.burst / 2 && checks.proofs <= most, `${checks.proofs}`);
  assert.ok(answers <= cookieReplies.burst + cookieReplies.perSecond);
  const { unproven, cookieSent } = pair.host.endpoint.counters;
  assert.ok(unproven > 0 && unproven + cookieSent >= spoofer.sent);
  assert.ok(pair.host.endpoint.halfOpen <= 1);
});

test("someone who only knows the Wavry ID gets no answer, load or not, while a link is live", () => {
  const pair = crowdedPair();
  pair.admission.secrets = [pair.suite.randomBytes(16)];
  let answers = 0;
  pair.tap = ({ to }) => {
    if (to.address.startsWith("10.1")) answers++;
    return true;
  };
  const gateKey = gateKeyPairing(pair.suite, pair.host.identity.identityKey);
  const spoofer = new Spoofer(HandshakePattern.pairing, { gateKey });
  using checks = new CheckCounter();
  const times = connectUnder(pair, spoofer, SECOND);
  assert.ok(times.length >= 20 && p99(times) <= NEEDED_P99_MICROS);
  assert.equal(answers, 0);
  const { burst, perSecond } = HANDSHAKE_LIMITS.pairingProofChecks;
  assert.ok(checks.proofs <= burst + perSecond + DEVICES * (times.length + 2));
});

test("an address that has a cookie pays for the proofs that it wants checked, and no other address does", () => {
  const { known } = HandshakePattern;
  const { suite, host, client, now } = new Pair();
  const { staticKey } = host.identity;
  const gateKey = gateKeyPaired(suite, staticKey);
  const proofKey = initiationKeyPaired(suite, client.identity.staticPrivate, staticKey, staticKey);
  const counters = newCounters();
  const handshakes = newHandshakes({ suite, identity: host.identity, counters }, client, now);
  const from = { address: "10.9.9.9", port: 9 };
  const knocking = (spoofer: Spoofer, address = from): Uint8Array | undefined =>
    knock(handshakes, spoofer.next().bytes, address, now);
  // One device makes a check an initiation: the supply without a cookie is used up after so many.
  const stranger = new Spoofer(known, { gateKey });
  for (let i = 0; i < HANDSHAKE_LIMITS.proofChecks.burst; i++)
    assert.equal(knocking(stranger), undefined);
  const withCookie = (spoofer: Spoofer, address: Datagram["from"]): Uint8Array | undefined => {
    const { bytes } = spoofer.next();
    const reply = knock(handshakes, bytes, address, now);
    assert.equal(reply?.[0], PacketType.cookie);
    bytes.set(reply!.subarray(8, 24), INITIATION_COOKIE_AT);
    const answer = knock(handshakes, bytes, address, now);
    bytes.fill(0, INITIATION_COOKIE_AT, INITIATION_PADDING_AT);
    return answer;
  };
  const { unproven } = counters;
  const { burst } = HANDSHAKE_LIMITS.handshakes;
  for (let i = 0; i < burst + 50; i++) assert.equal(withCookie(stranger, from), undefined);
  assert.deepEqual([counters.unproven - unproven, counters.refused], [burst, 50]);
  const device = new Spoofer(known, { gateKey, proofKey });
  assert.equal(withCookie(device, from), undefined);
  const elsewhere = { address: "10.9.9.8", port: 9 };
  assert.equal(withCookie(device, elsewhere)?.[0], PacketType.response);
});

test("what spoofed initiations of someone who knows the host leave behind is nothing", () => {
  const { suite, host, client, now } = new Pair();
  const counters = newCounters();
  const handshakes = newHandshakes({ suite, identity: host.identity, counters }, client, now);
  const spoofer = new Spoofer(HandshakePattern.known, {
    gateKey: gateKeyPaired(suite, host.identity.staticKey),
  });
  for (let i = 0; i < 50_000; i++) {
    const { bytes, from } = spoofer.next();
    knock(handshakes, bytes, from, now);
  }
  assert.ok(counters.unproven > 0 && counters.cookieSent > 0);
  assert.equal(handshakes.halfOpen, 0);
  assert.deepEqual(handshakes.remembered, { proofs: 0, networks: 0 });
});

test("100,000 initiations a second of someone who has the pairing link: answers, work and memory are bounded, and one of 64 paired devices connects", () => {
  const pair = crowdedPair();
  const secret = pair.suite.randomBytes(16);
  pair.admission.secrets = [secret];
  const spoofer = new Spoofer(HandshakePattern.pairing, keysOfLink(pair, secret));
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
  const { pairingCookieReplies: replies, opens } = HANDSHAKE_LIMITS;
  const most = replies.burst + replies.perSecond + opens.burst + opens.perSecond;
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
  const spoofer = new Spoofer(HandshakePattern.pairing, keysOfLink(pair, secret));
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
  const counters = newCounters();
  const handshakes = newHandshakes({ suite, identity: host.identity, counters }, client, now);
  const { staticKey } = host.identity;
  const spoofer = new Spoofer(HandshakePattern.known, {
    proofKey: initiationKeyPaired(suite, client.identity.staticPrivate, staticKey, staticKey),
    gateKey: gateKeyPaired(suite, staticKey),
  });
  for (let i = 0; i < BOUNDS.maxRememberedInitiations + 300; i++) {
    const { bytes, from } = spoofer.next();
    const answer = knock(handshakes, bytes, from, now);
    assert.ok(answer !== undefined && answer.length <= bytes.length);
    if (answer[0] === PacketType.cookie) {
      bytes.set(answer.subarray(8, 24), INITIATION_COOKIE_AT);
      assert.equal(knock(handshakes, bytes, from, now)?.[0], PacketType.response);
      bytes.fill(0, INITIATION_COOKIE_AT, INITIATION_PADDING_AT);
    }
    assert.ok(handshakes.halfOpen <= BOUNDS.maxHalfOpen);
  }
  assert.equal(handshakes.remembered.proofs, BOUNDS.maxRememberedInitiations);
  assert.equal(handshakes.remembered.networks, HANDSHAKE_LIMITS.maxNetworks);
});
