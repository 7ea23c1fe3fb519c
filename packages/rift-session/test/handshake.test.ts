import assert from "node:assert/strict";
import { test } from "node:test";
import {
  CloseReason,
  HandshakePattern,
  INITIATION_PADDING_AT,
  INITIATION_PROOF_AT,
  PacketType,
  readHandshakePacket,
  SECOND,
  writeCookieReply,
  writeResponse,
} from "@wavry/rift-core";
import { seededRandom } from "@wavry/rift-core/testing";
import {
  createIdentity,
  gateKeyPaired,
  gateKeyPairing,
  HandshakeState,
  signInitiation,
} from "@wavry/rift-crypto";
import { BOUNDS, TIMES } from "@wavry/rift-session";
import { writeCertificatePayload } from "../src/certificate-payload.ts";
import { cookieReplyCode, handshakePrologue } from "../src/proofs.ts";
import { type Datagram, Pair } from "./pair.ts";

test("a paired client connects, and both sides know who the other is", () => {
  const pair = new Pair();
  const { host, client } = pair.establish();
  assert.equal(client.peer.wavryId, pair.host.identity.wavryId);
  assert.equal(host.peer.wavryId, pair.client.identity.wavryId);
  assert.deepEqual(host.peer.staticKey, pair.client.identity.staticKey);
  assert.equal(host.peer.paired, "known");
  assert.equal(pair.host.endpoint.halfOpen, 0);
  assert.equal(pair.client.endpoint.attempts, 0);
});

test("a pairing secret lets a stranger in once and makes both known", () => {
  const pair = new Pair();
  const secret = pair.suite.randomBytes(16);
  pair.admission.secrets = [pair.suite.randomBytes(16), secret];
  pair.connect({ pairingSecret: secret });
  pair.runUntil(() => pair.client.of("connected").length > 0);
  assert.equal(pair.host.connection.peer.paired, "now");
  assert.equal(pair.client.connection.peer.paired, "now");
  assert.equal(pair.admission.secrets.length, 1);
  assert.equal(pair.admission.paired[0]?.wavryId, pair.client.identity.wavryId);
  pair.client.connection.close(CloseReason.done, "", pair.now);
  pair.runFor(SECOND);
  pair.connect();
  pair.runUntil(() => pair.client.of("connected").length > 1);
  assert.equal(pair.client.connection.peer.paired, "known");
});

for (const pattern of ["known", "pairing"] as const)
  test(`a ${pattern} handshake succeeds on 50 links that lose 30 % each way`, () => {
    for (let seed = 1; seed <= 50; seed++) {
      const pair = new Pair({
        seed,
        link: { lossRatio: 0.3, jitterMicros: 20_000, duplicateRatio: 0.1 },
      });
      if (pattern === "known") pair.introduce();
      const secret = pair.suite.randomBytes(16);
      if (pattern === "pairing") pair.admission.secrets = [secret];
      pair.connect(pattern === "known" ? {} : { pairingSecret: secret });
      pair.runUntil(() => pair.client.of("connected").length > 0);
      assert.equal(pair.host.of("connected").length, 1);
    }
  });

test("an unknown peer gets not a single byte back, and leaves nothing behind", () => {
  const pair = new Pair();
  pair.connect();
  pair.runUntil(() => pair.client.of("connect-failed").length > 0);
  assert.equal(pair.client.of("connect-failed")[0]?.code, "timeout");
  assert.equal(pair.hostBytes, 0);
  assert.equal(pair.host.endpoint.halfOpen, 0);
  assert.ok(pair.host.endpoint.counters.unproven >= 4);
  assert.equal(pair.host.endpoint.counters.ungated, 0);
  assert.ok(pair.client.endpoint.isIdle);
});

test("a wrong or a used-up pairing secret gets not a single byte back", () => {
  const pair = new Pair();
  pair.admission.secrets = [pair.suite.randomBytes(16)];
  pair.connect({ pairingSecret: pair.suite.randomBytes(16) });
  pair.runUntil(() => pair.client.of("connect-failed").length > 0);
  assert.equal(pair.hostBytes, 0);
  assert.equal(pair.client.endpoint.isIdle, true);
});

test("a client with the right proof and a wrong pre-shared key is not let in", () => {
  const secret = new Uint8Array(16).fill(5);
  const pair = new Pair({
    clientSuite: (suite) => ({
      ...suite,
      blake2s: (...parts) =>
        suite.blake2s(...parts.map((part) => (part === secret ? part.toReversed().fill(6) : part))),
    }),
  });
  pair.admission.secrets = [secret.slice()];
  pair.connect({ pairingSecret: secret, timeoutMicros: SECOND });
  pair.runUntil(() => pair.client.of("connect-failed").length > 0);
  assert.equal(pair.host.of("connected").length, 0);
  assert.ok(pair.host.endpoint.counters.badHandshake > 0);
  assert.equal(pair.admission.secrets.length, 1, "the secret is not used up");
});

test("a host with no room for another connection refuses it, and the client hears why", () => {
  const pair = new Pair();
  pair.introduce();
  for (let i = 0; i < BOUNDS.maxConnections; i++) {
    const side = pair.side(`10.2.0.${i}`);
    const { wavryId, staticKey } = side.identity;
    pair.admission.paired.push({ wavryId, staticKey });
    pair.host.endpoint.refreshAdmission();
    const { identity, address } = pair.host;
    side.endpoint.connect({ addresses: [address], ...identity }, pair.now);
    // The two talk directly, beside the link.
    for (let round = 0; round < 3; round++) {
      for (let out = side.endpoint.pollTransmit(pair.now); out !== undefined; ) {
        pair.host.endpoint.receive(out.bytes.subarray(0, out.length), side.address, pair.now);
        out = side.endpoint.pollTransmit(pair.now);
      }
      for (let out = pair.host.endpoint.pollTransmit(pair.now); out !== undefined; ) {
        side.endpoint.receive(out.bytes.subarray(0, out.length), address, pair.now);
        out = pair.host.endpoint.pollTransmit(pair.now);
      }
    }
  }
  assert.equal(pair.host.endpoint.connections.length, BOUNDS.maxConnections);
  pair.connect();
  pair.runUntil(() => pair.client.of("connect-failed").length > 0, pair.now + SECOND);
  const [failed] = pair.client.of("connect-failed");
  assert.equal(failed?.code, "refused");
  assert.match(failed?.message ?? "", /no room/);
  assert.equal(pair.host.endpoint.counters.refused, 1);
});

test("a secret that is withdrawn during the handshake lets nobody in", () => {
  const pair = new Pair();
  const secret = pair.suite.randomBytes(16);
  pair.admission.secrets = [secret];
  pair.tap = ({ bytes }) => {
    if (bytes[0] === PacketType.finish) pair.admission.secrets = [];
    return true;
  };
  pair.connect({ pairingSecret: secret });
  pair.runUntil(() => pair.client.of("connect-failed").length > 0);
  assert.equal(pair.host.of("connected").length, 0);
  assert.equal(pair.host.endpoint.counters.peerMismatch, 1);
  assert.equal(pair.admission.paired.length, 0);
});

/** Answers an initiation as a host with another identity would, without looking at its proof. */
function impostorResponse(pair: Pair, initiation: Uint8Array): Uint8Array {
  const packet = readHandshakePacket(initiation);
  assert.ok(packet.type === PacketType.initiation);
  const identity = createIdentity(pair.suite);
  const handshake = new HandshakeState({
    suite: pair.suite,
    pattern: "XX",
    initiator: false,
    prologue: handshakePrologue(packet.head),
    staticPrivate: identity.staticPrivate,
  });
  handshake.readMessage(packet.message);
  const message = handshake.writeMessage(writeCertificatePayload(77, identity));
  return writeResponse(HandshakePattern.known, packet.senderId, 77, message);
}

test("a host that answers with another key is refused by the client as key-changed", () => {
  const pair = new Pair();
  pair.tap = ({ bytes, from, to }) => {
    if (bytes[0] === PacketType.initiation)
      pair.toClient.send({ bytes: impostorResponse(pair, bytes), from: to, to: from }, pair.now);
    return false;
  };
  pair.connect();
  pair.runUntil(() => pair.client.of("connect-failed").length > 0);
  assert.equal(pair.client.of("connect-failed")[0]?.code, "key-changed");
  assert.equal(pair.client.of("connected").length, 0);
});

test("a forged response beside the right one does not keep a client from its host", () => {
  const pair = new Pair();
  pair.introduce();
  let forged = false;
  pair.tap = ({ bytes, from, to }) => {
    if (bytes[0] === PacketType.initiation && !forged) {
      forged = true;
      pair.toClient.send(
        { bytes: impostorResponse(pair, bytes), from: to, to: from },
        pair.now - 900,
      );
    }
    return true;
  };
  pair.connect();
  pair.runUntil(() => pair.client.of("connected").length > 0);
  assert.equal(pair.client.endpoint.counters.badHandshake, 1);
});

test("a device whose certificate does not bind its static key is not let in", () => {
  const pair = new Pair();
  pair.introduce();
  const other = createIdentity(pair.suite);
  Object.assign(pair.client.identity, { certificate: other.certificate });
  pair.connect();
  pair.runFor(2 * SECOND);
  assert.equal(pair.host.of("connected").length, 0);
  assert.ok(pair.host.endpoint.counters.badHandshake > 0);
});

test("a paired device that comes with another certified identity is reported and not let in", () => {
  const pair = new Pair();
  const { staticKey } = pair.client.identity;
  const other = createIdentity(pair.suite);
  pair.admission.paired.push({ wavryId: other.wavryId, staticKey });
  pair.connect();
  pair.runFor(2 * SECOND);
  assert.equal(pair.host.of("connected").length, 0);
  assert.equal(pair.host.of("peer-key-changed")[0]?.wavryId, other.wavryId);
});

test("a peer that stops after its initiation leaves nothing once its time is over", () => {
  const pair = new Pair();
  pair.introduce();
  pair.tap = ({ bytes }) => bytes[0] !== PacketType.finish;
  pair.connect({ timeoutMicros: 3 * SECOND });
  pair.runFor(5 * SECOND);
  assert.equal(pair.host.endpoint.halfOpen, 1);
  pair.runFor(10 * SECOND);
  assert.equal(pair.host.endpoint.halfOpen, 0);
  assert.equal(pair.host.endpoint.counters.halfOpenExpired, 1);
  assert.equal(pair.host.endpoint.pollTimeout(), undefined);
  assert.equal(pair.client.endpoint.pollTimeout(), undefined);
});

/** The initiation of a fresh attempt that is given up at once. */
function initiationOf(pair: Pair, secret: Uint8Array): Uint8Array {
  let initiation: Uint8Array | undefined;
  pair.tap = ({ bytes }) => {
    initiation = bytes;
    return false;
  };
  const attempt = pair.connect({ pairingSecret: secret });
  pair.client.endpoint.cancel(attempt);
  pair.drain();
  pair.tap = undefined;
  return initiation!;
}

test("a recorded initiation is answered no more once its handshake is over", () => {
  const pair = new Pair();
  pair.introduce();
  const seen: Datagram[] = [];
  pair.tap = (datagram) => {
    if (datagram.bytes[0] === PacketType.initiation) seen.push(datagram);
    return true;
  };
  pair.connect();
  pair.runUntil(() => pair.client.of("connected").length > 0);
  const before = pair.hostBytes;
  pair.host.endpoint.receive(seen[0]!.bytes, { address: "10.6.6.6", port: 1 }, pair.now);
  pair.drainSide(pair.host);
  assert.equal(pair.hostBytes, before);
  assert.equal(pair.host.endpoint.counters.replayedInitiation, 1);
});

test("no answer is longer than what it answers", () => {
  const pair = new Pair({ link: { lossRatio: 0.2 }, seed: 8 });
  const secret = pair.suite.randomBytes(16);
  pair.admission.secrets = [secret];
  let toHost = 0;
  pair.tap = ({ bytes, to }) => {
    if (to.address === pair.host.address.address) toHost += bytes.length;
    assert.ok(bytes[0] === PacketType.transport || pair.hostBytes <= toHost);
    return true;
  };
  pair.connect({ pairingSecret: secret });
  pair.runUntil(() => pair.client.of("connected").length > 0);
});

test("10,000 initiations with made-up proofs, behind right gates and wrong ones, cost the host no state while a real client connects", () => {
  const pair = new Pair();
  pair.introduce();
  const random = seededRandom(5);
  const template = initiationOf(pair, pair.suite.randomBytes(16));
  const gateKey = gateKeyPairing(pair.suite, pair.host.identity.identityKey);
  const hostBytes = pair.hostBytes;
  for (let i = 0; i < 10_000; i++) {
    if (i === 5_000) pair.connect();
    const spoofed = template.slice();
    for (let at = 8; at < 40; at++) spoofed[at] = random() * 256;
    const signed = i % 2 === 0;
    if (signed) signInitiation(pair.suite, spoofed, { proofKey: new Uint8Array(32), gateKey });
    else
      for (let at = INITIATION_PROOF_AT; at < INITIATION_PADDING_AT; at++)
        spoofed[at] = random() * 256;
    pair.host.endpoint.receive(
      spoofed,
      { address: `10.1.${i >> 8}.${i & 255}`, port: 9 },
      pair.now,
    );
    pair.drainSide(pair.host);
    if (i < 5_000) assert.equal(pair.hostBytes, hostBytes);
    assert.ok(pair.host.endpoint.halfOpen <= 1);
  }
  pair.runUntil(() => pair.client.of("connected").length > 0);
  const { ungated, unproven } = pair.host.endpoint.counters;
  assert.deepEqual([ungated, unproven], [5_000, 5_000]);
});

test("10,000 spoofed initiations of someone who knows the pairing link do not keep a client out", () => {
  const pair = new Pair();
  const secret = pair.suite.randomBytes(16);
  pair.admission.secrets = [secret];
  pair.introduce();
  const flood: Uint8Array[] = [];
  for (let i = 0; i < 400; i++) flood.push(initiationOf(pair, secret));
  let longest = 0;
  pair.tap = ({ bytes, to }) => {
    if (to.address.startsWith("10.1.")) longest = Math.max(longest, bytes.length);
    return !to.address.startsWith("10.1.");
  };
  for (let i = 0; i < 10_000; i++) {
    if (i === 5_000) pair.connect();
    const from = { address: `10.1.${i >> 8}.${i & 255}`, port: 9 };
    pair.host.endpoint.receive(flood[i % flood.length]!, from, pair.now);
    pair.drainSide(pair.host);
    assert.ok(pair.host.endpoint.halfOpen <= BOUNDS.cookieHalfOpen + 1);
  }
  pair.runUntil(() => pair.client.of("connected").length > 0, pair.now + 5 * SECOND);
  assert.equal(pair.client.of("connected").length, 1);
  assert.ok(pair.host.endpoint.counters.cookieSent > 0);
  assert.ok(longest > 0 && longest <= 256);
  pair.runFor(11 * SECOND);
  assert.equal(pair.host.endpoint.halfOpen, 0);
});

test("an initiation that is lost goes out again after 60 ms, and connects", () => {
  const pair = new Pair({ link: { delayMicros: 5_000 } });
  pair.introduce();
  let lost = 0;
  pair.tap = ({ bytes }) => bytes[0] !== PacketType.initiation || lost++ > 0;
  const start = pair.now;
  pair.connect();
  pair.runUntil(() => pair.client.of("connected").length > 0);
  assert.equal(TIMES.handshakeRetryMicros, 60_000);
  assert.equal(pair.now - start, 80_000);
});

test("a cookie makes a client send at once, the same cookie again does not, and a wrong code does nothing", () => {
  const pair = new Pair();
  const { suite, host, client } = pair;
  const sent: Uint8Array[] = [];
  pair.tap = ({ bytes }) => {
    sent.push(bytes.slice());
    return false;
  };
  pair.connect();
  const packet = readHandshakePacket(sent[0]!);
  assert.ok(packet.type === PacketType.initiation);
  const gateKey = gateKeyPaired(suite, host.identity.staticKey);
  const reply = (cookie: Uint8Array, key: Uint8Array): number => {
    const code = cookieReplyCode(suite, key, packet.proof, cookie);
    const { pattern, senderId } = packet;
    const before = sent.length;
    const bytes = writeCookieReply(pattern, senderId, cookie, code);
    client.endpoint.receive(bytes, host.address, pair.now);
    pair.drain();
    return sent.length - before;
  };
  const [cookie, other] = [suite.randomBytes(16), suite.randomBytes(16)];
  assert.equal(reply(cookie, new Uint8Array(32)), 0);
  assert.equal(client.endpoint.counters.badHandshake, 1);
  assert.equal(reply(cookie, gateKey), 1);
  assert.equal(reply(cookie, gateKey), 0);
  assert.equal(reply(other, gateKey), 1);
  assert.equal(client.endpoint.counters.badHandshake, 1);
  const last = readHandshakePacket(sent.at(-1)!);
  assert.ok(last.type === PacketType.initiation);
  assert.deepEqual(last.cookie, other);
});

test("cancelling an attempt says so and leaves nothing", () => {
  const pair = new Pair();
  const attempt = pair.connect();
  pair.client.endpoint.cancel(attempt);
  pair.drain();
  assert.equal(pair.client.of("connect-failed")[0]?.code, "aborted");
  assert.ok(pair.client.endpoint.isIdle);
  assert.equal(pair.client.endpoint.pollTimeout(), undefined);
});

test("of several addresses the one that answers is used", () => {
  const pair = new Pair();
  pair.introduce();
  const { wavryId, staticKey } = pair.host.identity;
  const addresses = [
    { address: "192.0.2.1", port: 1 },
    pair.host.address,
    { address: "192.0.2.2", port: 1 },
  ];
  pair.client.endpoint.connect({ addresses, wavryId, staticKey }, pair.now);
  pair.runUntil(() => pair.client.of("connected").length > 0);
  assert.deepEqual(pair.client.connection.remote, pair.host.address);
});

test("connecting without an address, or without a key and a secret, is a TypeError", () => {
  const pair = new Pair();
  const { wavryId, staticKey } = pair.host.identity;
  assert.throws(
    () => pair.client.endpoint.connect({ addresses: [], wavryId, staticKey }, 0),
    TypeError,
  );
  assert.throws(
    () => pair.client.endpoint.connect({ addresses: [pair.host.address], wavryId }, 0),
    TypeError,
  );
});
