import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { test } from "node:test";
import { PatchDecoder } from "@wavry/media-core";
import {
  createInputState,
  newArrivals,
  newNackEntry,
  newRepairHead,
  REPORT_BYTES,
  type Report,
  readArrivals,
  readCursorPosition,
  readFragmentHead,
  readInputAcknowledged,
  readInputDatagram,
  readNackEntry,
  readNackHead,
  readPacketHeader,
  readPathProbe,
  readPing,
  readPong,
  readRepairHead,
  readReport,
  readScreenUpdate,
  WireError,
} from "@wavry/rift-core";
import {
  readClose,
  readControlAcknowledgement,
  readControlData,
  readRekey,
} from "@wavry/rift-core/control";
import { decodeWavryId, parsePairingLink } from "@wavry/rift-crypto";
import { makeVectors } from "../../scripts/make-vectors.ts";
import { hex, octets, Refused } from "./plain-rift/bytes.ts";
import { ClientHandshake, HostHandshake } from "./plain-rift/handshake.ts";
import {
  makeIdentity,
  pairedGateKey,
  pairedProofKey,
  pairingGateKey,
  pairingProofKey,
  pskOf,
  readLink,
  readWavryId,
  writeLink,
  writeWavryId,
} from "./plain-rift/identity.ts";
import { readInput, writeInput } from "./plain-rift/input.ts";
import { type Format, messages } from "./plain-rift/messages.ts";
import { readPatch, writePatch } from "./plain-rift/patch.ts";
import { publicKey } from "./plain-rift/primitives.ts";
import { parityOf } from "./plain-rift/repair.ts";
import { KeyChain, readHeader, sealPacket, Transport } from "./plain-rift/transport.ts";

const FOLDER = resolve(import.meta.dirname, "../../spec/vectors");

// biome-ignore lint/suspicious/noExplicitAny: vectors are what another implementation sees: plain JSON
type Vector = any;

function load(name: string): Vector {
  return JSON.parse(readFileSync(join(FOLDER, name), "utf8"));
}

/** Byte strings as the vectors have them. */
function toJson(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (_, inner) => (inner instanceof Uint8Array ? hex(inner) : inner)),
  );
}

const FORMATS = {
  ...messages,
  input: { write: writeInput, read: readInput },
} as unknown as Readonly<Record<string, Format<unknown, unknown>>>;

/** The real readers by the same names. */
const READERS: Readonly<Record<string, (bytes: Uint8Array) => unknown>> = {
  report(bytes) {
    const report = {} as Report;
    readReport(bytes, report);
    if (report.hasArrivals) readArrivals(bytes, REPORT_BYTES, newArrivals());
  },
  ping: (bytes) => readPing(bytes, { sentAt: 0, lastFrame: 0 }),
  pong: (bytes) => readPong(bytes, { echoSentAt: 0, receivedAt: 0, sentAt: 0 }),
  inputAcknowledged: readInputAcknowledged,
  pathProbe: readPathProbe,
  cursor: readCursorPosition,
  rekey: readRekey,
  controlData: readControlData,
  controlAcknowledgement: readControlAcknowledgement,
  close: readClose,
  fragment: (bytes) =>
    readFragmentHead(bytes, bytes.length, {
      frameId: 0,
      index: 0,
      count: 0,
      pieceBytes: 0,
      keyframe: false,
    }),
  repair: (bytes) => readRepairHead(bytes, bytes.length, newRepairHead()),
  request(bytes) {
    let at = 2;
    for (let left = readNackHead(bytes); left > 0; left--)
      at = readNackEntry(bytes, at, newNackEntry());
  },
  update: readScreenUpdate,
  input: (bytes) => readInputDatagram(bytes, createInputState()),
};

/** Written by hand, and checked in packages/discovery and packages/signaling. */
const ELSEWHERE = ["discovery.json", "web.json"];

test("the vectors are what the code gives", () => {
  const files = makeVectors();
  assert.deepEqual(readdirSync(FOLDER).sort(), [...Object.keys(files), ...ELSEWHERE].sort());
  for (const [name, text] of Object.entries(files))
    assert.deepEqual(load(name), JSON.parse(text), `${name}: node scripts/make-vectors.ts`);
});

test("the second implementation writes and reads every message", () => {
  const { messages: vectors } = load("messages.json");
  const seen = new Set<string>(["repair"]);
  for (const { format, name, fields, bytes } of vectors) {
    seen.add(format);
    assert.equal(hex(FORMATS[format]!.write(fields)), bytes, `${format} ${name}`);
    assert.deepEqual(toJson(FORMATS[format]!.read(octets(bytes))), fields, `${format} ${name}`);
    READERS[format]!(octets(bytes));
  }
  assert.deepEqual([...seen].sort(), Object.keys(FORMATS).sort());
});

test("both implementations refuse what is malformed", () => {
  for (const { format, why, bytes } of load("messages.json").refused) {
    const what = `${format}: ${why}`;
    assert.throws(() => FORMATS[format]!.read(octets(bytes)), Refused, what);
    assert.throws(() => READERS[format]!(octets(bytes)), WireError, what);
  }
});

test("both implementations refuse a message that is cut short anywhere before its open end", () => {
  const open = new Set(["controlData", "fragment", "update", "controlAcknowledgement"]);
  for (const { format, bytes } of load("messages.json").messages) {
    if (open.has(format)) continue;
    for (let length = 0; length < bytes.length / 2; length++) {
      const part = octets(bytes).subarray(0, length);
      assert.throws(() => FORMATS[format]!.read(part), Refused, `${format} ${length}`);
      assert.throws(() => READERS[format]!(part), WireError, `${format} ${length}`);
    }
  }
});

test("the second implementation makes the same identities, proofs and links", () => {
  const { host, client, wavryIds, wavryIdsRefused, links, linksRefused, pairing, paired } =
    load("identity.json");
  for (const device of [host, client]) {
    const made = makeIdentity(octets(device.identitySeed), octets(device.staticPrivate));
    assert.equal(hex(made.identityKey), device.identityKey);
    assert.equal(hex(made.staticKey), device.staticKey);
    assert.equal(hex(made.certificate), device.certificate);
  }
  for (const { identityKey, wavryId } of wavryIds) {
    assert.equal(writeWavryId(octets(identityKey)), wavryId);
    assert.equal(hex(readWavryId(` ${wavryId.toUpperCase()} `)), identityKey);
  }
  for (const { why, wavryId } of wavryIdsRefused) {
    assert.throws(() => readWavryId(wavryId), Refused, why);
    assert.equal(decodeWavryId(wavryId), undefined, why);
  }
  for (const { link, ...fields } of links) {
    const { identityKey, secret, addresses } = fields;
    const plain = { identityKey: octets(identityKey), secret: octets(secret), addresses };
    assert.equal(writeLink(plain), link);
    assert.deepEqual(toJson(readLink(link)), fields);
  }
  for (const { why, link } of linksRefused) {
    assert.throws(() => readLink(link), Refused, why);
    assert.equal(parsePairingLink(link), undefined, why);
  }
  const secret = octets(pairing.secret);
  assert.equal(hex(pskOf(secret)), pairing.psk);
  assert.equal(hex(pairingProofKey(secret, octets(host.identityKey))), pairing.proofKey);
  const [own, theirs] = [octets(client.staticPrivate), octets(host.staticKey)];
  assert.equal(hex(pairedProofKey(own, theirs, theirs)), paired.proofKey);
  assert.equal(hex(pairingGateKey(octets(host.identityKey))), pairing.gateKey);
  assert.equal(hex(pairedGateKey(octets(host.staticKey))), paired.gateKey);
});

for (const [at, pattern] of ["known", "pairing"].entries())
  test(`the second implementation goes through the ${pattern} handshake byte for byte, on both sides`, () => {
    const vector = load("handshake.json").handshakes[at];
    const { host, client } = load("identity.json");
    const hostIdentity = makeIdentity(octets(host.identitySeed), octets(host.staticPrivate));
    const clientIdentity = makeIdentity(octets(client.identitySeed), octets(client.staticPrivate));
    const secret = vector.pairingSecret === undefined ? undefined : octets(vector.pairingSecret);
    const from = { address: vector.clientAddress, port: vector.clientPort };
    const target = secret === undefined ? { staticKey: hostIdentity.staticKey } : { secret };
    const clientSide = new ClientHandshake(
      clientIdentity,
      { identityKey: hostIdentity.identityKey, ...target },
      vector.clientConnectionId,
      octets(vector.clientEphemeralPrivate),
    );
    const hostSide = new HostHandshake(hostIdentity, {
      devices: secret === undefined ? [clientIdentity] : [],
      secrets: secret === undefined ? [] : [secret],
    });
    hostSide.cookieSecret = octets(vector.cookieSecret);
    const random = {
      localId: () => vector.hostConnectionId,
      ephemeralPrivate: () => octets(vector.hostEphemeralPrivate),
    };
    assert.equal(hex(clientSide.packet), vector.initiation);
    assert.equal(
      hex(hostSide.takeInitiation(octets(vector.initiation), from, random)),
      vector.cookieReply,
    );
    clientSide.takeCookieReply(octets(vector.cookieReply));
    assert.equal(hex(clientSide.packet), vector.initiationWithCookie);
    const response = hostSide.takeInitiation(clientSide.packet, from, random);
    assert.equal(hex(response), vector.response);
    const atClient = clientSide.takeResponse(response);
    assert.equal(hex(clientSide.packet), vector.finish);
    const atHost = hostSide.takeFinish(clientSide.packet);
    for (const { keys } of [atClient, atHost]) {
      assert.equal(hex(keys.fromClient), vector.k1);
      assert.equal(hex(keys.fromHost), vector.k2);
    }
    const { remoteId, keys } = atHost;
    const transport = new Transport({ isClient: false, remoteId, keys });
    const first = transport.seal(4, octets(vector.firstPacketPlain));
    assert.equal(hex(first), vector.firstPacket);
  });

test("the second implementation seals the same packets under the keys of every epoch", () => {
  const { packets, refused, epochs } = load("packets.json");
  const { k1, k2 } = load("handshake.json").handshakes[0];
  const check = (packet: Vector): void => {
    const { key, plain, bytes, ...header } = packet;
    assert.equal(hex(sealPacket(octets(key), header, octets(plain))), bytes);
    assert.deepEqual(readHeader(octets(bytes)), header);
  };
  packets.forEach(check);
  for (const { why, bytes } of refused) {
    const header = { channel: 0, keyEpoch: 0, connectionId: 0, packetNumber: 0 };
    assert.throws(() => readHeader(octets(bytes)), Refused, why);
    assert.throws(() => readPacketHeader(octets(bytes), header), WireError, why);
  }
  const keys = { fromClient: octets(k1), fromHost: octets(k2) };
  const [client, host] = [new KeyChain(keys), new KeyChain(keys)];
  for (const vector of epochs) {
    const [mine, theirs] = [octets(vector.clientPrivate), octets(vector.hostPrivate)];
    const offer = { flags: 0, epoch: vector.epoch, publicKey: publicKey("X25519", mine) };
    const answer = { ...offer, publicKey: publicKey("X25519", theirs) };
    assert.equal(hex(messages.rekey.write({ kind: 5, ...offer })), vector.offer);
    assert.equal(hex(messages.rekey.write({ kind: 6, ...answer })), vector.answer);
    const next = client.advance(mine, answer.publicKey, true);
    assert.deepEqual(host.advance(theirs, offer.publicKey, false), next);
    assert.equal(hex(next.fromClient), vector.k1);
    assert.equal(hex(next.fromHost), vector.k2);
    check(vector.packet);
  }
});

test("the second implementation makes the same repair packets", () => {
  const { updateBytes, repairs } = load("repair.json");
  const update = Uint8Array.from({ length: updateBytes }, (_, at) => 31 * at + (at >> 8));
  const pieces = [0, 1, 2].map((index) => update.subarray(index * 1000, (index + 1) * 1000));
  for (const { fields, bytes } of repairs) {
    const { depth, group, row } = fields;
    const members = pieces.filter((_, index) => index % depth === group);
    assert.equal(hex(parityOf(row, members)), fields.parity);
    assert.equal(hex(messages.repair.write(fields)), bytes);
    assert.deepEqual(toJson(messages.repair.read(octets(bytes))), fields);
    READERS.repair!(octets(bytes));
  }
});

test("the second implementation reads every patch, and the first one reads the second's", () => {
  const { patches, refused } = load("patch.json");
  const decode = (bytes: Uint8Array, width: number, height: number): number[] => {
    const pixels = new Uint32Array(width * height);
    const image = { width, height, stridePixels: width, pixels };
    new PatchDecoder().decode(bytes, 0, image, { x: 0, y: 0, width, height });
    return [...pixels].map((pixel) => pixel & 0xffffff);
  };
  for (const { name, width, height, pixels, bytes } of patches) {
    const wanted = [...pixels.matchAll(/.{6}/g)].map(([colour]) => Number.parseInt(colour, 16));
    assert.deepEqual(readPatch(octets(bytes), width, height), wanted, name);
    assert.deepEqual(decode(writePatch(wanted, width), width, height), wanted, name);
  }
  for (const { why, width, height, bytes } of refused) {
    assert.throws(() => readPatch(octets(bytes), width, height), Refused, why);
    assert.throws(() => decode(octets(bytes), width, height), WireError, why);
  }
});

test("the examples of spec/rift-crypto.md are among the vectors", () => {
  const text = readFileSync(resolve(FOLDER, "../rift-crypto.md"), "utf8");
  const { host, pairing, paired } = load("identity.json");
  const { identityKey, wavryId, staticKey, certificate } = host;
  const signature = [certificate.slice(64, 128), certificate.slice(128)];
  const { psk, proofKey, gateKey } = pairing;
  for (const value of [
    identityKey,
    wavryId,
    staticKey,
    ...signature,
    psk,
    proofKey,
    gateKey,
    paired.proofKey,
    paired.gateKey,
  ])
    assert.ok(text.includes(value), value);
});
