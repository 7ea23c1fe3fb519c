import assert from "node:assert/strict";
import {
  createDecipheriv,
  createHmac,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  type KeyObject,
  verify,
} from "node:crypto";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { test } from "node:test";
import { WireError } from "@wavry/rift-core";
import { nodeSuite } from "@wavry/rift-crypto/node";
import {
  dataChannel,
  openAdmission,
  readAnswer,
  readChallenge,
  readHello,
  readLease,
  readNotice,
  readPing,
  readPong,
  readRelayClose,
  verifyLease,
  verifyRelayClose,
} from "../../src/index.ts";

const FILE = resolve(import.meta.dirname, "../../../../spec/vectors/relay.json");
// biome-ignore lint/suspicious/noExplicitAny: vectors are what another implementation sees: plain JSON
const vectors: any = JSON.parse(readFileSync(FILE, "utf8"));
const codeKey = octets(vectors.admissions[0].codeKey);

function octets(hex: string): Uint8Array {
  return Uint8Array.fromHex(hex);
}

/** Byte strings as hexadecimal. */
function plain(value: object): object {
  return Object.fromEntries(
    Object.entries(value).map(([name, one]) => [
      name,
      one instanceof Uint8Array ? one.toHex() : one,
    ]),
  );
}

function publicKey(curve: "Ed25519" | "X25519", raw: Uint8Array): KeyObject {
  const x = Buffer.from(raw).toString("base64url");
  return createPublicKey({ key: { kty: "OKP", crv: curve, x }, format: "jwk" });
}

/** What the document says, with another library: HMAC-BLAKE2s over a label and bytes. */
function hmac(key: Uint8Array | string, ...parts: readonly (Uint8Array | string)[]): Buffer {
  const code = createHmac("blake2s256", key);
  for (const part of parts) code.update(part);
  return code.digest();
}

test("the lease of the vectors reads as its fields, and the gateway signed it over label and body", () => {
  const { bytes, ...fields } = vectors.lease;
  const lease = octets(bytes);
  assert.deepEqual(plain(readLease(lease)), {
    ...fields,
    relayKey: vectors.relay.identityKey,
    clientKey: vectors.client.key,
    hostKey: vectors.host.key,
  });
  assert.ok(verifyLease(nodeSuite, octets(vectors.gateway.key), lease));
  const text = Buffer.concat([Buffer.from("wavry relay lease v1"), lease.subarray(0, 144)]);
  const key = publicKey("Ed25519", octets(vectors.gateway.key));
  assert.ok(verify(null, text, key, lease.subarray(144)));
});

test("leases and datagrams that the vectors refuse are refused", () => {
  for (const { why, bytes } of vectors.leasesRefused)
    assert.throws(() => readLease(octets(bytes)), WireError, why);
  for (const { why, kind, bytes } of vectors.refused)
    assert.throws(() => (kind === "hello" ? readHello : readPing)(octets(bytes)), WireError, why);
});

test("admissions of the vectors open, and their keys and proofs follow from the document with another library", () => {
  const { staticPrivate, staticKey } = vectors.relay;
  const relay = { staticPrivate: octets(staticPrivate), staticKey: octets(staticKey) };
  for (const { side, number, bytes, codeKey } of vectors.admissions) {
    const datagram = octets(bytes);
    const opened = openAdmission(nodeSuite, datagram, relay);
    assert.ok(opened !== undefined);
    assert.deepEqual([opened.side, opened.number], [side === "client" ? 0 : 1, number]);
    assert.equal(opened.lease.toHex(), vectors.lease.bytes);
    assert.equal(opened.codeKey.toHex(), codeKey);

    const head = datagram.subarray(0, 60);
    const ephemeral = datagram.subarray(28, 60);
    const der = Buffer.concat([
      Buffer.from("302e020100300506032b656e04220420", "hex"),
      relay.staticPrivate,
    ]);
    const shared = diffieHellman({
      privateKey: createPrivateKey({ key: der, format: "der", type: "pkcs8" }),
      publicKey: publicKey("X25519", ephemeral),
    });
    const root = hmac("wavry relay admission v1", shared, ephemeral, relay.staticKey);
    assert.equal(hmac(root, "wavry relay code v1").toString("hex"), codeKey);
    const aead = createDecipheriv(
      "chacha20-poly1305",
      hmac(root, "wavry relay seal v1"),
      new Uint8Array(12),
      { authTagLength: 16 },
    );
    aead.setAAD(head, { plaintextLength: 280 });
    aead.setAuthTag(datagram.subarray(-16));
    const claim = Buffer.concat([aead.update(datagram.subarray(60, -16)), aead.final()]);
    const text = Buffer.concat([Buffer.from("wavry relay proof v1"), head, claim.subarray(0, 216)]);
    assert.ok(
      verify(null, text, publicKey("Ed25519", octets(vectors[side].key)), claim.subarray(216)),
    );
  }
});

test("every other datagram of the vectors reads as its fields", () => {
  assert.equal(readHello(octets(vectors.hello.bytes)).toHex(), vectors.hello.nonce);
  const { bytes: challenge, ...asked } = vectors.challenge;
  assert.deepEqual(plain(readChallenge(octets(challenge))), asked);
  for (const { bytes, ...fields } of vectors.answers) {
    const answer = readAnswer(nodeSuite, codeKey, octets(bytes));
    assert.deepEqual(plain(answer!), fields);
    const code = hmac(codeKey, "wavry relay answer v1", octets(bytes).subarray(0, 24));
    assert.equal(code.subarray(0, 16).toString("hex"), bytes.slice(48));
  }
  const { data, ping, pong, close } = vectors;
  assert.equal(dataChannel(octets(data.bytes)), data.channel);
  assert.equal(data.bytes.slice(8), data.rift);
  assert.equal(readPing(octets(ping.bytes)), ping.channel);
  const { bytes: pongBytes, ...pongFields } = pong;
  assert.deepEqual(plain(readPong(octets(pongBytes))), pongFields);
  for (const { bytes, ...fields } of vectors.notices) {
    assert.deepEqual(readNotice(nodeSuite, codeKey, octets(bytes)), fields);
    const code = hmac(codeKey, "wavry relay notice v1", octets(bytes).subarray(0, 8));
    assert.equal(code.subarray(0, 16).toString("hex"), bytes.slice(16));
  }
  assert.equal(readRelayClose(octets(close.bytes)), close.channel);
  assert.ok(verifyRelayClose(nodeSuite, codeKey, octets(close.bytes)));
});
