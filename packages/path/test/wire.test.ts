import assert from "node:assert/strict";
import { createHmac, createPrivateKey, createPublicKey, diffieHellman } from "node:crypto";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { test } from "node:test";
import { seededBytes, seededRandom } from "@wavry/rift-core/testing";
import { HandshakeError } from "@wavry/rift-crypto";
import { nodeSuite } from "@wavry/rift-crypto/node";
import {
  derivePathKeys,
  PATH_DATAGRAM_BYTES,
  type PathDatagram,
  PathDatagramKind,
  pathKey,
  readPathDatagram,
  readPathId,
  writePathDatagram,
} from "../src/index.ts";

const FILE = resolve(import.meta.dirname, "../../../spec/vectors/path.json");
// biome-ignore lint/suspicious/noExplicitAny: vectors are what another implementation sees: plain JSON
const vectors: any = JSON.parse(readFileSync(FILE, "utf8"));
const octets = (hex: string): Uint8Array => Uint8Array.fromHex(hex);
const keys = derivePathKeys(nodeSuite, octets(vectors.key));

/** What the document says, with another library. */
function hmac(key: Uint8Array, ...parts: readonly (Uint8Array | string)[]): Buffer {
  const code = createHmac("blake2s256", key);
  for (const part of parts) code.update(part);
  return code.digest();
}

function read(datagram: Uint8Array): PathDatagram | undefined {
  return readPathDatagram(nodeSuite, keys, datagram);
}

test("both sides of the vectors have the same key, path id and code key, as another library has them", () => {
  const { client, host, session } = vectors;
  const mine = pathKey(nodeSuite, octets(client.staticPrivate), octets(host.staticKey), session);
  const theirs = pathKey(nodeSuite, octets(host.staticPrivate), octets(client.staticKey), session);
  assert.deepEqual([mine.toHex(), theirs.toHex()], [vectors.key, vectors.key]);
  const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64url");
  const jwk = { kty: "OKP", crv: "X25519" };
  const x = text(octets(client.staticKey));
  const shared = diffieHellman({
    privateKey: createPrivateKey({
      key: { ...jwk, x, d: text(octets(client.staticPrivate)) },
      format: "jwk",
    }),
    publicKey: createPublicKey({ key: { ...jwk, x: text(octets(host.staticKey)) }, format: "jwk" }),
  });
  const key = hmac(shared, "wavry path v1", session);
  assert.equal(key.toString("hex"), vectors.key);
  assert.equal(hmac(key, "wavry path id v1").readUInt32BE(0), vectors.pathId);
  assert.equal(hmac(key, "wavry path code v1").toString("hex"), vectors.codeKey);
  assert.equal(keys.pathId, vectors.pathId);
});

test("the datagrams of the vectors read as their fields, are written so, and have the code that the document says", () => {
  for (const { name, kind, bytes, ...fields } of vectors.datagrams) {
    const datagram = octets(bytes);
    const expected = { kind: PathDatagramKind[kind as "check" | "answer"], ...fields };
    assert.deepEqual(read(datagram), expected, name);
    const out = new Uint8Array(PATH_DATAGRAM_BYTES);
    writePathDatagram(nodeSuite, keys, out, expected);
    assert.deepEqual(out, datagram);
    const code = hmac(keys.codeKey, `wavry path ${kind} v1`, datagram.subarray(0, 16));
    assert.deepEqual(Buffer.from(datagram.subarray(16)), code.subarray(0, 16));
  }
  for (const { why, bytes } of vectors.refused) assert.equal(read(octets(bytes)), undefined, why);
});

test("checks and answers of random fields read as they were written, under their own session's key alone", () => {
  const random = seededRandom(1);
  const bytes = seededBytes(2);
  const other = derivePathKeys(nodeSuite, bytes(32));
  for (let i = 0; i < 200; i++) {
    const datagram: PathDatagram = {
      kind: random() < 0.5 ? PathDatagramKind.check : PathDatagramKind.answer,
      isFromHost: random() < 0.5,
      isInUse: random() < 0.5,
      sequence: Math.floor(random() * 2 ** 32),
      nonce: Math.floor(random() * 2 ** 32),
    };
    const out = bytes(PATH_DATAGRAM_BYTES);
    writePathDatagram(nodeSuite, keys, out, datagram);
    assert.deepEqual(read(out), datagram);
    assert.equal(readPathId(out), keys.pathId);
    assert.equal(readPathDatagram(nodeSuite, other, out), undefined);
    out[Math.floor(random() * 32)]! ^= 1 << Math.floor(random() * 8);
    assert.equal(read(out), undefined);
  }
});

test("any bytes are read, or are none of these", () => {
  const bytes = seededBytes(3);
  const random = seededRandom(4);
  for (let i = 0; i < 2_000; i++) {
    const one = bytes(random() < 0.5 ? PATH_DATAGRAM_BYTES : Math.floor(random() * 70));
    if (random() < 0.7 && one.length > 0) one[0] = 0x30 + Math.floor(random() * 2);
    assert.equal(read(one), undefined);
    const id = readPathId(one);
    assert.ok(id === undefined || (Number.isInteger(id) && one.length === 32));
  }
});

test("another session, or another peer, has another key; what is no session id or no key is refused", () => {
  const { client, host, session } = vectors;
  const [own, peer] = [octets(client.staticPrivate), octets(host.staticKey)];
  const other = pathKey(nodeSuite, own, peer, `${session}x`);
  assert.notEqual(other.toHex(), vectors.key);
  assert.notEqual(derivePathKeys(nodeSuite, other).pathId, vectors.pathId);
  for (const id of ["", "a b", "ä", "x".repeat(129), "a\n"])
    assert.throws(() => pathKey(nodeSuite, own, peer, id), TypeError);
  assert.throws(() => pathKey(nodeSuite, own, new Uint8Array(32), session), HandshakeError);
});

test("no check or answer begins as RIFT, STUN or what a relay says", () => {
  for (const kind of Object.values(PathDatagramKind)) assert.ok(kind > 5 && kind < 0x40);
});
