/**
 * Writes spec/vectors/*.json from the code: an example of every wire format, with its fields and its bytes.
 * Usage: node scripts/make-vectors.ts
 * Keys, ids and times are fixed, so that every run gives the same. Bytes are hexadecimal.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { PatchEncoder, patchMaxBytes } from "@wavry/media-core";
import {
  createInputState,
  equalPieceBytes,
  FeedbackKind,
  HandshakePattern,
  INITIATION_GATE_AT,
  INITIATION_PROOF_AT,
  inputDatagramBytes,
  MAX_DATAGRAM_BYTES,
  MAX_PAYLOAD_BYTES,
  newArrivals,
  PACKET_HEADER_BYTES,
  RepairWriter,
  type ScreenUpdate,
  screenUpdateHeaderBytes,
  writeArrivals,
  writeCookieReply,
  writeCursorPosition,
  writeFragmentHead,
  writeInputAcknowledged,
  writeInputDatagram,
  writeNackEntry,
  writeNackHead,
  writePacketHeader,
  writePathProbe,
  writePing,
  writePong,
  writeReport,
  writeScreenUpdateHeader,
  writeSentStamp,
} from "@wavry/rift-core";
import {
  ControlKind,
  encodeControl,
  writeClose,
  writeControlAcknowledgement,
  writeControlDataHead,
  writeRekey,
} from "@wavry/rift-core/control";
import {
  CookieJar,
  type CryptoSuite,
  type EpochKeys,
  encodePairingLink,
  encodeWavryId,
  gateKeyPaired,
  gateKeyPairing,
  HandshakeState,
  type Identity,
  identityFromSecrets,
  initiationKeyPaired,
  initiationKeyPairing,
  KeySchedule,
  pairingPsk,
} from "@wavry/rift-crypto";
import { nodeSuite } from "@wavry/rift-crypto/node";
import { Endpoint } from "@wavry/rift-session";
import { writeCertificatePayload } from "../packages/rift-session/src/certificate-payload.ts";
import { addressBytes, cookieReplyCode } from "../packages/rift-session/src/proofs.ts";
import { pathVectors } from "./path-vectors.ts";
import { relayVectors } from "./relay-vectors.ts";

type Json = string | number | boolean | readonly Json[] | { readonly [name: string]: Json };
type Fields = { readonly [name: string]: Json };

const FOLDER = resolve(import.meta.dirname, "../spec/vectors");
const CLIENT_ID = 0x0a0b0c0d;
const HOST_ID = 0x1a1b1c1d;
const CLIENT_ADDRESS = { address: "192.0.2.7", port: 50_000 };
const HOST_ADDRESS = { address: "192.0.2.1", port: 4200 };
const CONNECTED_AT = 7_000_000;

function hex(bytes: Uint8Array): string {
  return bytes.toHex();
}

/** So many times the same byte: a key that is easily typed. */
function repeated(byte: number, length = 32): Uint8Array {
  return new Uint8Array(length).fill(byte);
}

/** What a writer puts down. */
function written(writer: (out: Uint8Array) => number, capacity = 4096): Uint8Array {
  const out = new Uint8Array(capacity);
  return out.slice(0, writer(out));
}

function identity(seed: number, staticPrivate: number): Identity {
  return identityFromSecrets(nodeSuite, {
    identitySeed: repeated(seed),
    staticPrivate: repeated(staticPrivate),
  });
}

const HOST = identity(0x01, 0x02);
const CLIENT = identity(0x05, 0x04);
const PAIRING_SECRET = repeated(0x03, 16);
const CLIENT_EPHEMERAL = repeated(0x06);
const HOST_EPHEMERAL = repeated(0x07);
const COOKIE_SECRET = repeated(0x08);

function describe(device: Identity): Fields {
  return {
    identitySeed: hex(device.identitySeed),
    identityKey: hex(device.identityKey),
    wavryId: device.wavryId,
    staticPrivate: hex(device.staticPrivate),
    staticKey: hex(device.staticKey),
    certificate: hex(device.certificate),
  };
}

function identities(): Fields {
  const link = { wavryId: HOST.wavryId, secret: PAIRING_SECRET };
  const addresses = [
    { address: "192.0.2.1", port: 4200 },
    { address: "2001:db8::1", port: 65_535 },
    { address: "fe80::1%eth0", port: 1 },
    { address: "host.example", port: 4200 },
  ];
  const good = encodePairingLink({ ...link, addresses });
  return {
    host: describe(HOST),
    client: describe(CLIENT),
    wavryIds: [
      { identityKey: hex(HOST.identityKey), wavryId: HOST.wavryId },
      { identityKey: hex(repeated(0)), wavryId: encodeWavryId(repeated(0)) },
      { identityKey: hex(repeated(0xff)), wavryId: encodeWavryId(repeated(0xff)) },
    ],
    wavryIdsRefused: [
      { why: "a wrong checksum", wavryId: `${HOST.wavryId.slice(0, -1)}q` },
      { why: "mixed case", wavryId: `W${HOST.wavryId.slice(1)}` },
      { why: "another prefix", wavryId: HOST.wavryId.replace("wavry1", "wavrz1") },
      { why: "cut short", wavryId: HOST.wavryId.slice(0, -3) },
    ],
    links: [
      {
        identityKey: hex(HOST.identityKey),
        secret: hex(PAIRING_SECRET),
        addresses: [
          "192.0.2.1:4200",
          "[2001:db8::1]:65535",
          "[fe80::1%eth0]:1",
          "host.example:4200",
        ],
        link: good,
      },
    ],
    linksRefused: [
      { why: "no address", link: good.slice(0, good.indexOf("&a=")) },
      { why: "a second secret", link: `${good}&s=AwMDAwMDAwMDAwMDAwMDAw` },
      { why: "bits left over", link: good.replace("MDAw&", "MDAx&") },
      { why: "port 0", link: `${good}&a=192.0.2.2:0` },
      { why: "a second ?", link: `${good}?` },
      { why: "another scheme", link: good.replace("wavry://", "https://") },
      { why: "nine addresses", link: good + "&a=192.0.2.2:1".repeat(5) },
    ],
    pairing: {
      secret: hex(PAIRING_SECRET),
      psk: hex(pairingPsk(nodeSuite, PAIRING_SECRET)),
      proofKey: hex(initiationKeyPairing(nodeSuite, PAIRING_SECRET, HOST.identityKey)),
      gateKey: hex(gateKeyPairing(nodeSuite, HOST.identityKey)),
    },
    paired: {
      proofKey: hex(
        initiationKeyPaired(nodeSuite, CLIENT.staticPrivate, HOST.staticKey, HOST.staticKey),
      ),
      gateKey: hex(gateKeyPaired(nodeSuite, HOST.staticKey)),
    },
  };
}

/** A suite that gives a side's connection id and ephemeral key where it asks for so many bytes. */
function fixedSuite(id: number, ephemeral: Uint8Array): CryptoSuite {
  return {
    ...nodeSuite,
    randomBytes(length) {
      if (length !== 4) return ephemeral.slice(0, length);
      return Uint8Array.of(id >>> 24, id >>> 16, id >>> 8, id);
    },
  };
}

function nextDatagram(endpoint: Endpoint, now: number): Uint8Array {
  const transmit = endpoint.pollTransmit(now);
  if (transmit === undefined) throw new Error("nothing is sent");
  return transmit.bytes.slice(0, transmit.length);
}

/** The transport keys and the hash behind a handshake, from the Noise machine alone. */
function noiseOf(
  pairing: boolean,
  initiation: Uint8Array,
): { keys: EpochKeys; hash: Uint8Array; messages: Uint8Array[] } {
  const psks = pairing ? [pairingPsk(nodeSuite, PAIRING_SECRET)] : [];
  const prologue = Uint8Array.from([
    ...new TextEncoder().encode("wavry rift v1"),
    ...initiation.subarray(0, 8),
  ]);
  const both = { suite: nodeSuite, pattern: pairing ? "XXpsk3" : "XX", prologue, psks };
  const side = (initiator: boolean): HandshakeState =>
    new HandshakeState({
      ...both,
      initiator,
      staticPrivate: (initiator ? CLIENT : HOST).staticPrivate,
      ephemeralPrivate: initiator ? CLIENT_EPHEMERAL : HOST_EPHEMERAL,
    });
  const [client, host] = [side(true), side(false)];
  const first = client.writeMessage(new Uint8Array(0));
  host.readMessage(first);
  const second = host.writeMessage(writeCertificatePayload(HOST_ID, HOST));
  client.readMessage(second);
  const third = client.writeMessage(writeCertificatePayload(CLIENT_ID, CLIENT));
  host.readMessage(third);
  const hash = client.handshakeHash;
  const { send, receive } = client.split();
  return {
    keys: { fromInitiator: send, fromResponder: receive },
    hash,
    messages: [first, second, third],
  };
}

/** A handshake between two endpoints in which the host asks for a cookie. */
function handshake(pairing: boolean): { vector: Fields; keys: EpochKeys } {
  const now = CONNECTED_AT;
  const host = new Endpoint({
    suite: fixedSuite(HOST_ID, HOST_EPHEMERAL),
    identity: HOST,
    now,
    admission: {
      pairedStatics: () => (pairing ? [] : [CLIENT]),
      pairingSecrets: () => (pairing ? [PAIRING_SECRET] : []),
      onPaired: () => {},
    },
  });
  const client = new Endpoint({
    suite: fixedSuite(CLIENT_ID, CLIENT_EPHEMERAL),
    identity: CLIENT,
    now,
  });
  const { wavryId, staticKey } = HOST;
  client.connect(
    {
      addresses: [HOST_ADDRESS],
      wavryId,
      ...(pairing ? { pairingSecret: PAIRING_SECRET } : { staticKey }),
    },
    now,
  );
  const initiation = nextDatagram(client, now);
  const proof = initiation.slice(INITIATION_PROOF_AT, INITIATION_GATE_AT);
  const pattern = pairing ? HandshakePattern.pairing : HandshakePattern.known;
  const proofKey = pairing
    ? initiationKeyPairing(nodeSuite, PAIRING_SECRET, HOST.identityKey)
    : initiationKeyPaired(nodeSuite, HOST.staticPrivate, CLIENT.staticKey, HOST.staticKey);
  const gateKey = pairing
    ? gateKeyPairing(nodeSuite, HOST.identityKey)
    : gateKeyPaired(nodeSuite, HOST.staticKey);
  const jar = new CookieJar(fixedSuite(0, COOKIE_SECRET), now);
  const cookie = jar.issue(addressBytes(CLIENT_ADDRESS), now);
  const code = cookieReplyCode(nodeSuite, gateKey, proof, cookie);
  const cookieReply = writeCookieReply(pattern, CLIENT_ID, cookie, code);
  client.receive(cookieReply, HOST_ADDRESS, now);
  const initiationWithCookie = nextDatagram(client, now);
  host.receive(initiationWithCookie, CLIENT_ADDRESS, now);
  const response = nextDatagram(host, now);
  client.receive(response, HOST_ADDRESS, now);
  const finish = nextDatagram(client, now);
  host.receive(finish, CLIENT_ADDRESS, now);
  const firstPacket = nextDatagram(host, now);
  client.receive(firstPacket, HOST_ADDRESS, now);
  if (client.pollEvent()?.type !== "connected") throw new Error("the handshake failed");

  const { keys, hash, messages } = noiseOf(pairing, initiation);
  const onWire = [initiation.subarray(8), response.subarray(12), finish.subarray(8)];
  messages.forEach((message, at) => {
    if (hex(onWire[at]!.subarray(0, message.length)) !== hex(message))
      throw new Error("the endpoints do not say what Noise says");
  });
  const vector = {
    pattern,
    clientConnectionId: CLIENT_ID,
    hostConnectionId: HOST_ID,
    clientEphemeralPrivate: hex(CLIENT_EPHEMERAL),
    hostEphemeralPrivate: hex(HOST_EPHEMERAL),
    ...(pairing ? { pairingSecret: hex(PAIRING_SECRET) } : {}),
    proofKey: hex(proofKey),
    gateKey: hex(gateKey),
    cookieSecret: hex(COOKIE_SECRET),
    clientAddress: CLIENT_ADDRESS.address,
    clientPort: CLIENT_ADDRESS.port,
    initiation: hex(initiation),
    cookieReply: hex(cookieReply),
    initiationWithCookie: hex(initiationWithCookie),
    response: hex(response),
    finish: hex(finish),
    handshakeHash: hex(hash),
    k1: hex(keys.fromInitiator),
    k2: hex(keys.fromResponder),
    firstPacket: hex(firstPacket),
    firstPacketPlain: hex(written((out) => writePing(out, 0, now, 0))),
  };
  return { vector, keys };
}

function sealed(
  key: Uint8Array,
  header: { channel: number; keyEpoch: number; connectionId: number; packetNumber: number },
  plain: Uint8Array,
): Fields {
  const { channel, keyEpoch, connectionId, packetNumber } = header;
  const out = new Uint8Array(MAX_DATAGRAM_BYTES);
  writePacketHeader(out, 0, channel, keyEpoch, connectionId, packetNumber);
  using aead = nodeSuite.aead(key);
  const aad = out.slice(0, PACKET_HEADER_BYTES);
  const length = aead.seal(out, PACKET_HEADER_BYTES, packetNumber, aad, plain);
  const bytes = out.subarray(0, PACKET_HEADER_BYTES + length);
  return { key: hex(key), ...header, plain: hex(plain), bytes: hex(bytes) };
}

function packets(keys: EpochKeys): Fields {
  const { fromInitiator: k1, fromResponder: k2 } = keys;
  const toHost = { keyEpoch: 0, connectionId: HOST_ID };
  const toClient = { keyEpoch: 0, connectionId: CLIENT_ID };
  const empty = new Uint8Array(0);
  const plain = Uint8Array.of(1, 2, 3);
  const good = sealed(k1, { channel: 2, ...toHost, packetNumber: 1 }, plain);
  const schedule = new KeySchedule(nodeSuite, keys);
  const other = new KeySchedule(nodeSuite, keys);
  const epochs = [1, 2, 3].map((epoch): Fields => {
    const [mine, theirs] = [repeated(0x10 + epoch), repeated(0x20 + epoch)];
    const pair = (privateKey: Uint8Array): { privateKey: Uint8Array; publicKey: Uint8Array } => ({
      privateKey: privateKey.slice(),
      publicKey: nodeSuite.x25519PublicKey(privateKey),
    });
    const [client, host] = [pair(mine), pair(theirs)];
    const offer = { epoch, publicKey: client.publicKey };
    const answer = { epoch, publicKey: host.publicKey };
    const next = schedule.advance(client, host.publicKey, { initiator: true });
    const same = other.advance(host, client.publicKey, { initiator: false });
    if (hex(next.fromInitiator) !== hex(same.fromInitiator)) throw new Error("keys differ");
    return {
      epoch,
      clientPrivate: hex(mine),
      hostPrivate: hex(theirs),
      offer: hex(written((out) => writeRekey(out, 0, ControlKind.rekeyOffer, offer))),
      answer: hex(written((out) => writeRekey(out, 0, ControlKind.rekeyAnswer, answer))),
      k1: hex(next.fromInitiator),
      k2: hex(next.fromResponder),
      packet: sealed(
        next.fromInitiator,
        { channel: 2, keyEpoch: epoch, connectionId: HOST_ID, packetNumber: 100 + epoch },
        plain,
      ),
    };
  });
  return {
    packets: [
      good,
      sealed(k1, { channel: 4, ...toHost, packetNumber: 2 }, empty),
      sealed(k2, { channel: 3, ...toClient, packetNumber: 2 ** 32 + 5 }, plain),
      sealed(k2, { channel: 255, ...toClient, packetNumber: 2 ** 53 - 1 }, plain),
      sealed(k2, { channel: 1, ...toClient, packetNumber: 7 }, repeated(0x55, 100)),
    ],
    refused: [
      { why: "cut short", bytes: (good.bytes as string).slice(0, 62) },
      { why: "channel 0", bytes: (good.bytes as string).replace(/^0502/, "0500") },
      { why: "connection id 0", bytes: (good.bytes as string).replace("1a1b1c1d", "00000000") },
      { why: "packet number 0", bytes: `05020000${"1a1b1c1d"}${"00".repeat(24)}` },
      { why: "packet number 2^53", bytes: `050200001a1b1c1d0020000000000000${"00".repeat(16)}` },
    ],
    epochs,
  };
}

interface MessageVector {
  readonly format: string;
  readonly name: string;
  readonly fields: Fields;
  readonly bytes: string;
}

function message(format: string, name: string, fields: Fields, bytes: Uint8Array): MessageVector {
  return { format, name, fields, bytes: hex(bytes) };
}

function reports(): MessageVector[] {
  const base = {
    highestPacketNumber: 1_000,
    packetsReceived: 990,
    largestCompleteFrame: 41,
    echoSentAt: 5_000_000_000,
    echoDelayMicros: 1_234,
  };
  const fields = {
    kind: 1,
    highestPacketNumber: 1_000,
    packetsReceived: 990,
    packetsMissing: 10,
    newestComplete: 41,
    echoSentAt: 5_000_000_000,
    echoDelay: 1_234,
    reserved: 0,
  };
  const plain = { ...base, packetsLost: 10, keyframeWanted: false, keyframeSince: 0 };
  const entries = [1, 0, 3, 0, 0, 65_535, 126];
  const arrivals = newArrivals();
  arrivals.firstPacketNumber = 994;
  arrivals.referenceMicros = 2 ** 40;
  arrivals.markedPackets = 2;
  arrivals.count = entries.length;
  arrivals.entries.set(entries);
  const block = { firstPacketNumber: 994, reference: 2 ** 40, marked: 2, entries };
  return [
    message(
      "report",
      "without arrival times",
      { ...fields, flags: 0, keyframeSince: 0 },
      written((out) => writeReport(out, 0, { ...plain, hasArrivals: false })),
    ),
    message(
      "report",
      "with arrival times and a wish for a keyframe newer than 40",
      { ...fields, flags: 3, keyframeSince: 40, arrivals: block },
      written((out) => {
        const report = { ...plain, keyframeWanted: true, keyframeSince: 40, hasArrivals: true };
        return writeArrivals(out, writeReport(out, 0, report), arrivals);
      }),
    ),
  ];
}

function feedback(): MessageVector[] {
  const token = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);
  const pong = { echoSentAt: 1, receivedAt: 2 ** 33, sentAt: 2 ** 53 - 1 };
  const cursor = { display: 2, x: -5, y: 1_079, visible: true, shapeId: 9 };
  const probe = { flags: 0, token: hex(token) };
  return [
    ...reports(),
    message(
      "inputAcknowledged",
      "",
      { kind: 2, flags: 0, sequence: 4_000_000_000 },
      written((out) => writeInputAcknowledged(out, 0, 4_000_000_000)),
    ),
    message(
      "ping",
      "",
      { kind: 3, flags: 0, sentAt: 123_456_789_012, newestSent: 42 },
      written((out) => writePing(out, 0, 123_456_789_012, 42)),
    ),
    message(
      "pong",
      "",
      { kind: 4, flags: 0, ...pong },
      written((out) => writePong(out, 0, pong)),
    ),
    message(
      "pathProbe",
      "challenge",
      { kind: 6, ...probe },
      written((out) => writePathProbe(out, 0, FeedbackKind.pathChallenge, token)),
    ),
    message(
      "pathProbe",
      "answer",
      { kind: 7, ...probe },
      written((out) => writePathProbe(out, 0, FeedbackKind.pathAnswer, token)),
    ),
    message(
      "cursor",
      "",
      { sequence: 77, display: 2, flags: 1, x: -5, y: 1_079, shapeId: 9 },
      written((out) => writeCursorPosition(out, 0, 77, cursor)),
    ),
  ];
}

function control(): MessageVector[] {
  const hello = encodeControl({
    body: {
      case: "hello",
      value: { protocolVersion: 1, programVersion: "0.1.0", deviceName: "den", codecs: ["h264"] },
    },
  });
  const stream = Uint8Array.of(0, 0, 0, hello.length, ...hello);
  const ranges = [
    { start: 1_100, end: 1_300 },
    { start: 2_000, end: 2_001 },
  ];
  const publicKey = nodeSuite.x25519PublicKey(repeated(0x11));
  const rekey = { epoch: 1, publicKey };
  return [
    message(
      "controlData",
      "a hello from the beginning of the stream",
      { kind: 1, reserved: 0, streamOffset: 0, bytes: hex(stream) },
      written((out) => {
        const at = writeControlDataHead(out, 0, 0);
        out.set(stream, at);
        return at + stream.length;
      }),
    ),
    message(
      "controlAcknowledgement",
      "two ranges beyond a gap",
      {
        kind: 2,
        received: 1_000,
        window: 262_144,
        ranges: [
          { start: 100, length: 200 },
          { start: 1_000, length: 1 },
        ],
      },
      written((out) =>
        writeControlAcknowledgement(out, 0, { received: 1_000, allowed: 263_144, ranges }),
      ),
    ),
    message(
      "close",
      "",
      { kind: 3, reason: 2, text: "bis später" },
      written((out) => writeClose(out, 0, 2, "bis später")),
    ),
    message(
      "rekey",
      "offer",
      { kind: 5, flags: 0, epoch: 1, publicKey: hex(publicKey) },
      written((out) => writeRekey(out, 0, ControlKind.rekeyOffer, rekey)),
    ),
    message(
      "rekey",
      "answer",
      { kind: 6, flags: 0, epoch: 1, publicKey: hex(publicKey) },
      written((out) => writeRekey(out, 0, ControlKind.rekeyAnswer, rekey)),
    ),
  ];
}

/** Bytes that are no pattern of any power of two: byte i is (31 × i + ⌊i / 256⌋) mod 256. */
function filler(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => 31 * index + (index >> 8));
}

function update(name: string, head: Omit<ScreenUpdate, "payload">): MessageVector {
  const { screen, rects, keyframe, ...plain } = head;
  const payload = filler(10);
  const bytes = new Uint8Array(screenUpdateHeaderBytes(rects.length) + payload.length);
  bytes.set(payload, writeScreenUpdateHeader(bytes, 0, head));
  return message(
    "update",
    name,
    {
      ...plain,
      flags: keyframe ? 1 : 0,
      screenWidth: screen.width,
      screenHeight: screen.height,
      rectangles: rects.map((rect) => ({ ...rect })),
      payload: hex(payload),
    },
    bytes,
  );
}

function video(): MessageVector[] {
  const head: Omit<ScreenUpdate, "payload"> = {
    codec: 2,
    keyframe: false,
    display: 1,
    screen: { width: 1_920, height: 1_080 },
    rects: [
      { x: 0, y: 0, width: 1, height: 1 },
      { x: 1_900, y: 1_000, width: 20, height: 80 },
    ],
    capturedAt: 99_999_999_999,
    captureMicros: 300,
    convertMicros: 0,
    encodeMicros: 70_000,
  };
  const keyframe = {
    ...head,
    codec: 3,
    keyframe: true,
    rects: [{ x: 0, y: 0, ...head.screen }],
  } as const;
  const piece = filler(5);
  const fragment = { frameId: 300, index: 2, count: 3, pieceBytes: 8 };
  const bitmap = Uint8Array.of(0b1000_0001, 0b10);
  return [
    update("", head),
    update("a keyframe of AV1", keyframe),
    message(
      "fragment",
      "the last one of a keyframe, sent when its sender's clock showed 1 s",
      { ...fragment, flags: 1, sentAt: 169, piece: hex(piece) },
      written((out) => {
        const at = writeFragmentHead(out, 0, { ...fragment, keyframe: true });
        writeSentStamp(out, 0, 1_000_000);
        out.set(piece, at);
        return at + piece.length;
      }),
    ),
    message(
      "request",
      "fragments 10, 17 and 19 of update 300 for the first time, all of 301 for the third",
      {
        kind: 5,
        entries: [
          { frameId: 300, round: 1, firstIndex: 10, bitmap: hex(bitmap) },
          { frameId: 301, round: 3, firstIndex: 0, bitmap: "" },
        ],
      },
      written((out) => {
        let at = writeNackHead(out, 0, 2);
        at = writeNackEntry(out, at, { frameId: 300, round: 1, firstIndex: 10 }, bitmap.length);
        out.set(bitmap, at);
        at += bitmap.length;
        return writeNackEntry(out, at, { frameId: 301, round: 3, firstIndex: 0 }, 0);
      }),
    ),
  ];
}

function input(): MessageVector[] {
  const state = createInputState();
  Object.assign(state, { sequence: 7, absolute: true, display: 1, x: 0x8000, y: 0xffff });
  Object.assign(state, { motionX: -3, motionY: 2 ** 31 - 1, scrollX: 0, scrollY: -120 });
  state.buttons.set([0b101, 0]);
  state.keys[0x04 >> 3]! |= 1 << (0x04 & 7);
  state.keys[0xe1 >> 3]! |= 1 << (0xe1 & 7);
  state.firstTransition = 2 ** 32 - 1;
  state.transitionCount = 2;
  const press = { code: 4, down: true, absolute: true, display: 1, x: 0x8000, y: 0xfffe };
  const release = { code: 3, down: false, absolute: false, display: 0, x: 0xfffd, y: 5 };
  Object.assign(state.transitions[0]!, { ...press, target: 0, scrollX: 0, scrollY: 0xff88 });
  Object.assign(state.transitions[1]!, { ...release, target: 1, scrollX: 1, scrollY: 2 });
  const { sequence, display, x, y, motionX, motionY, scrollX, scrollY, firstTransition } = state;
  return [
    message(
      "input",
      "",
      {
        ...{ version: 1, flags: 1, display, sequence, x, y, motionX, motionY, scrollX, scrollY },
        buttons: 0b101,
        keys: hex(state.keys),
        firstTransition,
        transitions: [
          { kind: 6, code: 4, display: 1, x: 0x8000, y: 0xfffe, scrollX: 0, scrollY: 0xff88 },
          { kind: 1, code: 3, display: 0, x: 0xfffd, y: 5, scrollX: 1, scrollY: 2 },
        ],
      },
      written((out) => writeInputDatagram(out, 0, state), inputDatagramBytes(2)),
    ),
    gamepads(),
  ];
}

function gamepads(): MessageVector {
  const state = createInputState();
  Object.assign(state, { sequence: 8, firstTransition: 2 });
  const past = [
    { index: 0, present: true, buttons: 1, leftTrigger: 0, leftX: -32_768 },
    { index: 3, present: false, buttons: 0, leftTrigger: 0, leftX: 0 },
  ].map((one) => ({ ...one, rightTrigger: 0, leftY: 0, rightX: 0, rightY: 0 }));
  const sticks = { leftX: -1, leftY: 32_767, rightX: 256, rightY: -256 };
  const present = [
    { index: 0, present: true, buttons: 0, leftTrigger: 1, rightTrigger: 255, ...sticks },
    { ...past[0]!, index: 2, buttons: 0x1_8002 },
  ];
  const section = { used: true, firstPast: 2 ** 32 - 1, pastCount: 2, presentCount: 2 };
  Object.assign(state.gamepads, section);
  for (const [i, one] of [...past, ...present].entries())
    Object.assign(state.gamepads.records[i]!, one);
  const plain = ({ index, present, ...fields }: (typeof past)[number]) => ({
    ...{ head: index | (present ? 4 : 0), buttonsHigh: fields.buttons >>> 16 },
    ...{ ...fields, buttons: fields.buttons & 0xffff },
  });
  const { sequence, firstTransition } = state;
  return message(
    "input",
    "with controllers",
    {
      ...{ version: 1, flags: 2, display: 0, sequence, x: 0, y: 0, motionX: 0, motionY: 0 },
      ...{ scrollX: 0, scrollY: 0, buttons: 0, keys: hex(state.keys), firstTransition },
      transitions: [],
      gamepads: {
        firstPast: section.firstPast,
        past: past.map(plain),
        present: present.map(plain),
      },
    },
    written((out) => writeInputDatagram(out, 0, state), inputDatagramBytes(0, 4)),
  );
}

/** What a reader of each format has to refuse. */
const REFUSED: readonly { format: string; why: string; bytes: string }[] = [
  { format: "report", why: "cut short", bytes: `0100${"00".repeat(43)}` },
  {
    format: "report",
    why: "fewer arrival times than its count",
    bytes: `0102${"00".repeat(44)}0000000000000001${"00".repeat(12)}00020001`,
  },
  {
    format: "report",
    why: "513 arrival times",
    bytes: `0102${"00".repeat(44)}0000000000000001${"00".repeat(12)}0201${"0000".repeat(513)}`,
  },
  {
    format: "report",
    why: "arrival times from packet number 0 on",
    bytes: `0102${"00".repeat(44)}${"00".repeat(20)}00010001`,
  },
  { format: "ping", why: "sent at 2^53", bytes: "0300002000000000000000000000" },
  { format: "ping", why: "cut short", bytes: "03000000000000000001000000" },
  { format: "pong", why: "cut short", bytes: `0400${"00".repeat(23)}` },
  { format: "inputAcknowledged", why: "cut short", bytes: "0200000000" },
  { format: "pathProbe", why: "cut short", bytes: "060001020304050607" },
  { format: "cursor", why: "cut short", bytes: "00".repeat(13) },
  { format: "rekey", why: "epoch 0", bytes: `05000000${"09".repeat(32)}` },
  { format: "rekey", why: "cut short", bytes: `05000001${"09".repeat(31)}` },
  { format: "controlData", why: "no bytes", bytes: "01000000000000000000" },
  {
    format: "controlAcknowledgement",
    why: "9 ranges",
    bytes: `0209${"00".repeat(12)}${"0000000100000001".repeat(9)}`,
  },
  {
    format: "controlAcknowledgement",
    why: "a range that touches what was received",
    bytes: `0201${"00".repeat(12)}0000000000000001`,
  },
  {
    format: "controlAcknowledgement",
    why: "ranges that touch",
    bytes: `0202${"00".repeat(12)}00000001000000010000000200000001`,
  },
  { format: "close", why: "reason 0", bytes: "03000000" },
  { format: "close", why: "a text of 257 bytes", bytes: `03010101${"61".repeat(257)}` },
  { format: "fragment", why: "frame id 0", bytes: "00000000000000010001000061" },
  { format: "fragment", why: "no piece", bytes: "000000010000000100010000" },
  { format: "fragment", why: "index = count", bytes: "00000001000100010001000061" },
  { format: "fragment", why: "8193 fragments", bytes: "00000001000020010001000061" },
  {
    format: "fragment",
    why: "a short piece that is not the last",
    bytes: "00000001000000020002000061",
  },
  { format: "repair", why: "depth 0", bytes: "00000001000100010000000061" },
  { format: "repair", why: "group = depth", bytes: "00000001000200010101000061" },
  { format: "repair", why: "row 128", bytes: "00000001000200010100800061" },
  { format: "repair", why: "65 members", bytes: "00000001004100010100000061" },
  {
    format: "repair",
    why: "a last piece longer than the parity",
    bytes: "00000001000200020100000061",
  },
  {
    format: "repair",
    why: "an only piece shorter than the parity",
    bytes: "0000000100010001010000006161",
  },
  { format: "request", why: "no entry", bytes: "0500" },
  { format: "request", why: "round 0", bytes: "050100000001000100000001" },
  { format: "request", why: "a bitmap that is cut short", bytes: "05010000000101020000ff" },
  { format: "request", why: "a whole update from its middle", bytes: "05010000000101000001" },
  { format: "update", why: "codec 0", bytes: updateBytes("00000001", "00000000000a000a") },
  { format: "update", why: "codec 4", bytes: updateBytes("04000001", "00000000000a000a") },
  { format: "update", why: "no rectangle", bytes: updateBytes("01000000", "") },
  {
    format: "update",
    why: "an empty rectangle",
    bytes: updateBytes("01000001", "000000000000000a"),
  },
  {
    format: "update",
    why: "beyond the screen",
    bytes: updateBytes("01000001", "00010000000a000a"),
  },
  { format: "input", why: "version 2", bytes: `02${"00".repeat(65)}` },
  { format: "input", why: "25 transitions", bytes: `01000019${"00".repeat(62 + 25 * 11)}` },
  { format: "input", why: "button 17", bytes: `01000001${"00".repeat(62)}0111${"00".repeat(9)}` },
  {
    format: "input",
    why: "an unknown kind",
    bytes: `01000001${"00".repeat(62)}0804${"00".repeat(9)}`,
  },
  { format: "input", why: "controllers cut short", bytes: gamepadBytes("0000000001") },
  {
    format: "input",
    why: "25 past states",
    bytes: gamepadBytes(`000000001900${"00".repeat(25 * 14)}`),
  },
  {
    format: "input",
    why: "five controllers",
    bytes: gamepadBytes(`000000000005${`04${"00".repeat(13)}`.repeat(5)}`),
  },
  {
    format: "input",
    why: "controllers out of order",
    bytes: gamepadBytes(`000000000002${`04${"00".repeat(13)}`.repeat(2)}`),
  },
  {
    format: "input",
    why: "a controller that is there and is not",
    bytes: gamepadBytes(`000000000001${"00".repeat(14)}`),
  },
  {
    format: "input",
    why: "a controller's button 17",
    bytes: gamepadBytes(`0000000000010402${"00".repeat(12)}`),
  },
  {
    format: "input",
    why: "a controller of an unknown kind",
    bytes: gamepadBytes(`00000000000108${"00".repeat(13)}`),
  },
];

/** An input datagram with this section of controllers. */
function gamepadBytes(section: string): string {
  return `01020000${"00".repeat(62)}${section}`;
}

/** An update of a screen of 10 × 10 pixels. */
function updateBytes(head: string, rectangles: string): string {
  return `${head}000a000a${"00".repeat(20)}${rectangles}`;
}

function repairs(): Fields {
  const bytes = filler(2_999);
  const update = { frameId: 9, bytes, keyframe: true, pieceBytes: equalPieceBytes(bytes.length) };
  const writer = new RepairWriter();
  const make = (depth: number, group: number, row: number): Fields => {
    const out = written((to) => writer.write(to, update, depth, group, row), MAX_PAYLOAD_BYTES);
    const fields = { frameId: 9, keyframeAndCount: 0x8003, lastPieceBytes: 999, reserved: 0 };
    const parity = out.slice(12);
    return { fields: { ...fields, depth, group, row, parity: hex(parity) }, bytes: hex(out) };
  };
  return {
    update: "2999 bytes, byte i is (31 × i + floor(i / 256)) mod 256, in 3 fragments of a keyframe",
    updateBytes: bytes.length,
    repairs: [make(1, 0, 0), make(1, 0, 1), make(2, 1, 127)],
  };
}

function patches(): Fields {
  const encoder = new PatchEncoder();
  const make = (
    name: string,
    width: number,
    height: number,
    colour: (x: number, y: number) => number,
  ): Fields => {
    const pixels = Uint32Array.from({ length: width * height }, (_, at) =>
      colour(at % width, Math.floor(at / width)),
    );
    const image = { width, height, stridePixels: width, pixels };
    const rect = { x: 0, y: 0, width, height };
    const out = new Uint8Array(patchMaxBytes(pixels.length));
    const bytes = out.slice(0, encoder.encode(image, rect, out, 0));
    const colours = [...pixels].map((pixel) => pixel.toString(16).padStart(6, "0")).join("");
    return { name, width, height, pixels: colours, bytes: hex(bytes) };
  };
  return {
    pixels: "RRGGBB, row after row",
    patches: [
      make("one black pixel", 1, 1, () => 0),
      make("one colour: long runs", 40, 5, () => 0x336699),
      make(
        "small steps: differences",
        8,
        4,
        (x, y) => (0x404040 + x * 0x010101 + y * 0x020300) & 0xffffff,
      ),
      make(
        "larger steps: by luma",
        8,
        3,
        (x, y) => (0x202020 + x * 0x0b0a09 + y * 0x101112) & 0xffffff,
      ),
      make("stripes: copies from above", 40, 3, (x) => ((x % 7) * 0x2233aa) & 0xffffff),
      make(
        "few colours: the table",
        9,
        4,
        (x, y) => [0, 0xff0000, 0x00ff00, 0xfedcba][(x * y + x) % 4]!,
      ),
    ],
    refused: [
      { why: "it ends early", width: 2, height: 1, bytes: "fe010203" },
      { why: "a run leaves the rectangle", width: 2, height: 1, bytes: "c2" },
      { why: "a long run of nothing", width: 2, height: 1, bytes: "fc0000" },
      { why: "nothing is above", width: 2, height: 2, bytes: "e0" },
      { why: "a reserved operation", width: 1, height: 1, bytes: "ff" },
    ],
  };
}

/** Every file by its name. */
export function makeVectors(): Readonly<Record<string, string>> {
  const known = handshake(false);
  const pairing = handshake(true);
  const files: Readonly<Record<string, Fields>> = {
    "identity.json": identities(),
    "handshake.json": { handshakes: [known.vector, pairing.vector] },
    "packets.json": packets(known.keys),
    "messages.json": {
      messages: [...feedback(), ...control(), ...video(), ...input()].map((one) => ({ ...one })),
      refused: REFUSED.map((one) => ({ ...one })),
    },
    "repair.json": repairs(),
    "patch.json": patches(),
    "relay.json": relayVectors(),
    "path.json": pathVectors(),
  };
  return Object.fromEntries(
    Object.entries(files).map(([name, content]) => [name, `${JSON.stringify(content, null, 2)}\n`]),
  );
}

if (import.meta.main) {
  mkdirSync(FOLDER, { recursive: true });
  for (const [name, text] of Object.entries(makeVectors())) {
    writeFileSync(join(FOLDER, name), text);
    console.log(name);
  }
  const biome = resolve(import.meta.dirname, "../node_modules/.bin/biome");
  spawnSync(biome, ["format", "--write", FOLDER], { stdio: "inherit" });
}
