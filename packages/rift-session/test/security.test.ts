import assert from "node:assert/strict";
import { test } from "node:test";
import {
  COOKIE_FIELD_BYTES,
  HandshakePattern,
  handshakeHead,
  INITIATION_COOKIE_AT,
  PACKET_HEADER_BYTES,
  PacketType,
  readHandshakePacket,
  readPacketHeader,
  SECOND,
  writeFinish,
  writeInitiation,
  writeU32,
} from "@wavry/rift-core";
import {
  type CryptoSuite,
  createIdentity,
  gateKeyPaired,
  gateKeyPairing,
  HandshakeState,
  type Identity,
  initiationKeyPaired,
  initiationKeyPairing,
  signInitiation,
} from "@wavry/rift-crypto";
import { nodeSuite } from "@wavry/rift-crypto/node";
import { writeCertificatePayload } from "../src/certificate-payload.ts";
import { handshakePrologue } from "../src/proofs.ts";
import { type Datagram, Pair, type Side, seededSuite } from "./pair.ts";

const STRANGER = { address: "10.66.6.6", port: 666 };

/** Every variant of the bytes with one bit flipped. */
function* flipped(bytes: Uint8Array, end = bytes.length): Iterable<Uint8Array> {
  for (let bit = 0; bit < end * 8; bit++) {
    const variant = bytes.slice();
    variant[bit >> 3]! ^= 1 << (bit & 7);
    yield variant;
  }
}

/** Hands a datagram to a side past the link; gives what it answers, and does not send it. */
function answersTo(pair: Pair, side: Side, bytes: Uint8Array, from = STRANGER): Uint8Array[] {
  side.endpoint.receive(bytes, from, pair.now);
  const answers: Uint8Array[] = [];
  for (;;) {
    const transmit = side.endpoint.pollTransmit(pair.now);
    if (transmit === undefined) return answers;
    answers.push(transmit.bytes.slice(0, transmit.length));
  }
}

/** Starts something and runs until a datagram of this type is on its way; it is held back. */
function hold(pair: Pair, type: number, start: () => void): Datagram {
  let held: Datagram | undefined;
  const before = pair.tap;
  pair.tap = (datagram) => {
    if (datagram.bytes[0] !== type || held !== undefined) return true;
    held = datagram;
    return false;
  };
  start();
  pair.runUntil(() => held !== undefined, pair.now + SECOND);
  pair.tap = before;
  assert.ok(held !== undefined, "it was never sent");
  return held;
}

/** What the keys of a session could be to someone who has seen every packet and knows every public value. */
function guessedKeys(captured: readonly Uint8Array[], known: readonly Uint8Array[]): Uint8Array[] {
  const { blake2s, hmacBlake2s } = nodeSuite;
  const materials = [...known];
  for (const packet of captured)
    for (let at = 0; at + 32 <= packet.length; at++) materials.push(packet.subarray(at, at + 32));
  const name = "Noise_XX_25519_ChaChaPoly_BLAKE2s";
  const chainingKey = blake2s(new TextEncoder().encode(name));
  const keys: Uint8Array[] = [];
  const expand = (salt: Uint8Array, input: Uint8Array): void => {
    const secret = hmacBlake2s(salt, input);
    const first = hmacBlake2s(secret, Uint8Array.of(1));
    keys.push(secret, first, hmacBlake2s(secret, first, Uint8Array.of(2)));
  };
  for (const material of materials) {
    keys.push(material);
    // HKDF as in Split(), with the material as chaining key, as input, and on the chaining key before any DH.
    expand(material, new Uint8Array(0));
    expand(chainingKey, material);
  }
  for (const one of known) for (const other of known) expand(one, other);
  return keys;
}

test("keys derived from a full capture and every hash of the handshake open nothing", () => {
  const hashes: Uint8Array[] = [];
  const realKeys: Uint8Array[] = [];
  const suite = seededSuite(9);
  // Hashes of a handshake without a pre-shared key are over public bytes only: an observer has them all.
  const watched: CryptoSuite = {
    ...suite,
    blake2s: (...parts) => {
      const hash = suite.blake2s(...parts);
      hashes.push(hash);
      return hash;
    },
    aead: (key) => {
      realKeys.push(key.slice());
      return suite.aead(key);
    },
  };
  const pair = new Pair({ seed: 9, clientSuite: () => watched });
  const captured: Uint8Array[] = [];
  pair.tap = ({ bytes }) => {
    captured.push(bytes.slice());
    return true;
  };
  const { client } = pair.establish();
  for (let i = 0; i < 5; i++) client.sendInput(Uint8Array.of(i));
  pair.drain();
  pair.runFor(SECOND);
  const packets = captured.filter(([type]) => type === PacketType.transport);
  const handshake = captured.filter(([type]) => type !== PacketType.transport);
  assert.deepEqual(
    [handshake.length, packets.length > 10, hashes.length > 5],
    [3, true, true],
    `${hashes.length}`,
  );
  const header = { channel: 0, keyEpoch: 0, connectionId: 0, packetNumber: 0 };
  const opened = (keys: readonly Uint8Array[]): number => {
    const out = new Uint8Array(1200);
    let count = 0;
    for (const key of keys) {
      using aead = nodeSuite.aead(key);
      for (const packet of packets.slice(0, 12)) {
        readPacketHeader(packet, header);
        const head = packet.subarray(0, PACKET_HEADER_BYTES);
        const body = packet.subarray(PACKET_HEADER_BYTES);
        if (aead.open(out, 0, header.packetNumber, head, body) >= 0) count++;
      }
    }
    return count;
  };
  const publicValues = [pair.host.identity, pair.client.identity].flatMap((identity) => [
    identity.staticKey,
    identity.identityKey,
  ]);
  const guesses = guessedKeys(handshake, [...hashes, ...publicValues]);
  assert.ok(guesses.length > 3_000);
  assert.equal(opened(guesses), 0);
  // The last keys that the client took into use are the right ones: the packets can be opened.
  assert.ok(opened(realKeys.slice(-2)) >= 12);
});

test("a transport packet with any bit flipped, in its header, its content or its tag, is refused by both sides", () => {
  const pair = new Pair();
  const { host, client } = pair.establish();
  pair.runFor(SECOND);
  const cursor = { display: 0, x: 5, y: 6, visible: true, shapeId: 1 };
  for (const [from, to, type, send] of [
    [pair.client, pair.host, "input", () => client.sendInput(Uint8Array.of(7, 8))],
    [pair.host, pair.client, "cursor", () => host.sendCursor(cursor)],
  ] as const) {
    let sent: Datagram | undefined;
    pair.tap = (datagram) => {
      sent ??= datagram;
      return false;
    };
    send();
    pair.drainSide(from);
    pair.tap = undefined;
    assert.ok(sent !== undefined);
    let variants = 0;
    for (const variant of flipped(sent.bytes)) {
      assert.deepEqual(answersTo(pair, to, variant, from.address), []);
      assert.equal(to.endpoint.pollEvent(), undefined);
      variants++;
    }
    assert.ok(variants >= 8 * (PACKET_HEADER_BYTES + 16));
    assert.equal(to.connection.state, "open");
    to.endpoint.receive(sent.bytes, from.address, pair.now);
    pair.drainSide(to);
    assert.equal(to.of(type).length, 1, "the packet itself is taken");
  }
});

test("an initiation with any bit flipped gets no answer, and the right one still does", () => {
  for (const pattern of ["known", "pairing"] as const) {
    const pair = new Pair();
    const secret = pair.suite.randomBytes(16);
    if (pattern === "known") pair.introduce();
    else pair.admission.secrets = [secret];
    const options = pattern === "known" ? {} : { pairingSecret: secret };
    const { bytes } = hold(pair, PacketType.initiation, () => pair.connect(options));
    // The cookie is not looked at unless one is due.
    const cookieEnd = INITIATION_COOKIE_AT + COOKIE_FIELD_BYTES;
    let variants = 0;
    for (const variant of flipped(bytes)) {
      const at = variant.findIndex((byte, i) => byte !== bytes[i]);
      if (at >= INITIATION_COOKIE_AT && at < cookieEnd) continue;
      assert.deepEqual(answersTo(pair, pair.host, variant), []);
      assert.equal(pair.host.endpoint.halfOpen, 0);
      variants++;
    }
    assert.equal(variants, 8 * (bytes.length - COOKIE_FIELD_BYTES));
    assert.equal(answersTo(pair, pair.host, bytes).length, 1);
  }
});

for (const [what, type] of [
  ["response", PacketType.response],
  ["finish", PacketType.finish],
] as const)
  test(`a ${what} with any bit flipped gets no answer and changes nothing, and the right one still connects`, () => {
    const pair = new Pair();
    pair.introduce();
    const { bytes, from } = hold(pair, type, () => pair.connect());
    const side = type === PacketType.finish ? pair.host : pair.client;
    for (const variant of flipped(bytes)) {
      assert.deepEqual(answersTo(pair, side, variant, from), []);
      assert.equal(pair.host.endpoint.connections.length, 0);
    }
    side.endpoint.receive(bytes, from, pair.now);
    pair.runUntil(() => pair.client.of("connected").length > 0, pair.now + SECOND / 10);
  });

/** A handshake of a paired device that goes on with another static key than the one that it proved. */
function knockAs(pair: Pair, prover: Identity, speaker: Identity): { answered: boolean } {
  const { suite, host, now } = pair;
  const head = handshakeHead(PacketType.initiation, HandshakePattern.known, 5);
  const handshake = new HandshakeState({
    ...{ suite, pattern: "XX", initiator: true, prologue: handshakePrologue(head) },
    staticPrivate: speaker.staticPrivate,
  });
  const initiation = writeInitiation(head, handshake.writeMessage(new Uint8Array(0)));
  const { staticKey } = host.identity;
  const proofKey = initiationKeyPaired(suite, prover.staticPrivate, staticKey, staticKey);
  signInitiation(suite, initiation, { proofKey, gateKey: gateKeyPaired(suite, staticKey) });
  const [response] = answersTo(pair, host, initiation);
  assert.ok(response !== undefined, "the proof is right");
  const packet = readHandshakePacket(response);
  assert.ok(packet.type === PacketType.response);
  handshake.readMessage(packet.message);
  const message = handshake.writeMessage(writeCertificatePayload(5, speaker));
  const finish = writeFinish(HandshakePattern.known, packet.senderId, message);
  host.endpoint.receive(finish, STRANGER, now);
  const answered = host.endpoint.pollTransmit(now) !== undefined;
  pair.drainSide(host);
  return { answered };
}

test("a host refuses a device that proves one static key and goes on with another, and says nothing", () => {
  const pair = new Pair();
  pair.introduce();
  const other = createIdentity(pair.suite);
  assert.equal(knockAs(pair, pair.client.identity, other).answered, false);
  assert.equal(pair.host.of("connected").length, 0);
  assert.equal(pair.host.of("peer-key-changed").length, 1);
  assert.equal(knockAs(pair, pair.client.identity, pair.client.identity).answered, true);
  assert.equal(pair.host.of("connected").length, 1);
});

test("a host refuses a device that has the Wavry ID and another static key, and says nothing", () => {
  const pair = new Pair();
  pair.introduce();
  const { identitySeed, identityKey, wavryId, certificate } = pair.client.identity;
  const made = createIdentity(pair.suite);
  // Its certificate is right, but for the static key that was pinned.
  const forged: Identity = { ...made, identitySeed, identityKey, wavryId, certificate };
  assert.equal(knockAs(pair, pair.client.identity, forged).answered, false);
  assert.equal(pair.host.of("connected").length, 0);
  assert.equal(pair.host.endpoint.counters.badHandshake, 1);
});

test("a client refuses a host that has the pinned Wavry ID and another static key", () => {
  const pair = new Pair();
  pair.introduce();
  const { wavryId } = pair.host.identity;
  const staticKey = createIdentity(pair.suite).staticKey;
  // The host cannot even read the proof: the client waits in vain.
  pair.connect({ staticKey, timeoutMicros: SECOND });
  pair.runUntil(() => pair.client.of("connect-failed").length > 0);
  assert.equal(pair.client.of("connected").length, 0);
  // With a pairing link both could talk; a pinned key decides all the same.
  const secret = pair.suite.randomBytes(16);
  pair.admission.secrets = [secret];
  const target = { addresses: [pair.host.address], wavryId, staticKey, pairingSecret: secret };
  pair.client.endpoint.connect(target, pair.now);
  pair.runUntil(() => pair.client.of("connect-failed").length > 1);
  assert.equal(pair.client.of("connect-failed")[1]?.code, "key-changed");
  assert.equal(pair.client.of("connected").length, 0);
});

test("everything that a client ever sent, played again from another address, gets not a byte", () => {
  const pair = new Pair();
  const sent: Uint8Array[] = [];
  pair.tap = ({ bytes, to }) => {
    if (to.address === pair.host.address.address) sent.push(bytes.slice());
    return true;
  };
  const { host, client } = pair.establish();
  for (let i = 0; i < 200; i++) {
    client.sendInput(Uint8Array.of(i));
    pair.drain();
    pair.runFor(10_000);
  }
  const inputs = pair.host.of("input").length;
  assert.ok(sent.length > 200 && inputs === 200);
  for (const bytes of sent) assert.deepEqual(answersTo(pair, pair.host, bytes), []);
  pair.drain();
  assert.equal(pair.host.of("input").length, inputs);
  assert.deepEqual(host.remote, pair.client.address);
  assert.equal(pair.host.of("path-changed").length, 0);
  assert.ok(pair.host.endpoint.counters.replayed >= 200);
});

test("no answer to an address is longer than what came from it, with cookies and without", () => {
  const pair = new Pair();
  const secret = pair.suite.randomBytes(16);
  pair.admission.secrets = [secret];
  pair.introduce();
  const { suite, host, client } = pair;
  const { staticKey, identityKey } = host.identity;
  const kinds = new Set<number>();
  for (let i = 0; i < 100; i++) {
    const isPairing = i % 2 === 0;
    const pattern = isPairing ? HandshakePattern.pairing : HandshakePattern.known;
    const head = handshakeHead(PacketType.initiation, pattern, i + 1);
    const handshake = new HandshakeState({
      ...{ suite, pattern: isPairing ? "XXpsk3" : "XX", initiator: true },
      ...{ prologue: handshakePrologue(head), staticPrivate: client.identity.staticPrivate },
    });
    const initiation = writeInitiation(head, handshake.writeMessage(new Uint8Array(0)));
    const proofKey = isPairing
      ? initiationKeyPairing(suite, secret, identityKey)
      : initiationKeyPaired(suite, client.identity.staticPrivate, staticKey, staticKey);
    const gateKey = isPairing
      ? gateKeyPairing(suite, identityKey)
      : gateKeyPaired(suite, staticKey);
    signInitiation(suite, initiation, { proofKey, gateKey });
    const answers = answersTo(pair, host, initiation, { address: `10.5.0.${i}`, port: 9 });
    assert.ok(answers.length <= 1);
    for (const answer of answers) {
      assert.ok(answer.length <= initiation.length);
      kinds.add(answer[0]!);
    }
  }
  assert.deepEqual(kinds, new Set([PacketType.response, PacketType.cookie]));
});

test("whatever is wrong, a stranger sees the same: nothing", () => {
  const pair = new Pair();
  const { suite } = pair;
  const secret = suite.randomBytes(16);
  const used = suite.randomBytes(16);
  pair.admission.secrets = [secret];
  pair.introduce();
  const { staticKey, identityKey } = pair.host.identity;
  const { staticPrivate } = pair.client.identity;
  const rightGate = (pattern: HandshakePattern): Uint8Array =>
    pattern === HandshakePattern.pairing
      ? gateKeyPairing(suite, identityKey)
      : gateKeyPaired(suite, staticKey);
  const initiation = (
    pattern: HandshakePattern,
    proofKey: Uint8Array,
    gateKey = rightGate(pattern),
  ): Uint8Array => {
    const isPairing = pattern === HandshakePattern.pairing;
    const out = writeInitiation(
      handshakeHead(PacketType.initiation, pattern, 9),
      suite.randomBytes(isPairing ? 48 : 32),
    );
    signInitiation(suite, out, { proofKey, gateKey });
    return out;
  };
  const { known, pairing } = HandshakePattern;
  const right = () => initiationKeyPaired(suite, staticPrivate, staticKey, staticKey);
  const changed = (bytes: Uint8Array, at: number, value: number): Uint8Array => {
    bytes[at] = value;
    return bytes;
  };
  const lowOrder = writeInitiation(
    handshakeHead(PacketType.initiation, known, 9),
    new Uint8Array(32),
  );
  signInitiation(suite, lowOrder, { proofKey: right(), gateKey: rightGate(known) });
  const unknownConnection = suite.randomBytes(64);
  unknownConnection.set([PacketType.transport, 1, 0, 0]);
  const { host: connection } = pair.establish();
  const forged = unknownConnection.slice();
  writeU32(forged, 4, connection.localId);
  const wrong: Readonly<Record<string, Uint8Array>> = {
    "no key at all": initiation(known, suite.randomBytes(32), suite.randomBytes(32)),
    "the key of the gate alone": initiation(known, suite.randomBytes(32)),
    "a right proof and a wrong gate": initiation(known, right(), suite.randomBytes(32)),
    "a right proof behind the gate of the other kind": initiation(
      known,
      right(),
      rightGate(pairing),
    ),
    "the Wavry ID and no link": initiation(pairing, suite.randomBytes(32)),
    "the key of a stranger": initiation(
      known,
      initiationKeyPaired(suite, createIdentity(suite).staticPrivate, staticKey, staticKey),
    ),
    "a used-up secret": initiation(pairing, initiationKeyPairing(suite, used, identityKey)),
    "a secret for another host": initiation(
      pairing,
      initiationKeyPairing(suite, secret, createIdentity(suite).identityKey),
    ),
    "a right secret and a message that does not verify": initiation(
      pairing,
      initiationKeyPairing(suite, secret, identityKey),
    ),
    "a right proof and a key of low order": lowOrder,
    "the pattern of the other kind": changed(initiation(known, right()), 1, pairing),
    "an unknown pattern": changed(initiation(known, right()), 1, 9),
    "another version": changed(initiation(known, right()), 3, 2),
    "a byte in the padding": changed(initiation(known, right()), 200, 1),
    "a byte between message and proof": changed(initiation(known, right()), 50, 1),
    "a connection id of zero": initiation(known, right()).fill(0, 4, 8),
    "a byte too few": initiation(known, right()).subarray(0, 255),
    "a finish for nobody": writeFinish(known, 77, suite.randomBytes(164)),
    "a response to nobody": changed(suite.randomBytes(208), 0, PacketType.response),
    "a packet for nobody": unknownConnection,
    "a forged packet": forged,
    "an unknown type": changed(suite.randomBytes(64), 0, 9),
    nothing: new Uint8Array(0),
  };
  for (const [what, bytes] of Object.entries(wrong)) {
    assert.deepEqual(answersTo(pair, pair.host, bytes), [], what);
    assert.equal(pair.host.endpoint.halfOpen, 0, what);
    assert.equal(pair.host.endpoint.pollEvent(), undefined, what);
  }
  assert.equal(connection.state, "open");
});
