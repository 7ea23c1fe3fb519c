import assert from "node:assert/strict";
import { test } from "node:test";
import {
  CERTIFICATE_BYTES,
  createIdentity,
  decodeWavryId,
  identityFromSecrets,
  verifyCertificate,
} from "@wavry/rift-crypto";
import { nodeSuite as suite } from "@wavry/rift-crypto/node";
import { toHex } from "./hex.ts";
import { SUITES } from "./suites.ts";

const SECRETS = {
  identitySeed: new Uint8Array(32).fill(1),
  staticPrivate: new Uint8Array(32).fill(2),
};

test("the example of the specification comes out of every suite", () => {
  for (const { suite: each } of SUITES) {
    const identity = identityFromSecrets(each, SECRETS);
    assert.equal(
      toHex(identity.identityKey),
      "8a88e3dd7409f195fd52db2d3cba5d72ca6709bf1d94121bf3748801b40f6f5c",
    );
    assert.equal(
      toHex(identity.staticKey),
      "ce8d3ad1ccb633ec7b70c17814a5c76ecd029685050d344745ba05870e587d59",
    );
    assert.equal(
      identity.wavryId,
      "wavry132yw8ht5p8cetl2jmvknewjawt9xwzdlrk2pyxlnwjyqrdq0dawq5rszuf",
    );
    assert.equal(
      toHex(identity.certificate.subarray(32)),
      "d0c8dfb5801ee58ef5a80adf2d07f84c56e2cec6b09ed4150218c18dad1b9708" +
        "358feafdeb93d81541d572e99d1e95e4c4a468fd7218f8592ad84fb21f5c9204",
    );
  }
});

test("a certificate leads from the static key to the Wavry ID", () => {
  const identity = createIdentity(suite);
  assert.equal(identity.certificate.length, CERTIFICATE_BYTES);
  const found = verifyCertificate(suite, identity.certificate, identity.staticKey);
  assert.equal(found.wavryId, identity.wavryId);
  assert.deepEqual(found.identityKey, identity.identityKey);
  assert.deepEqual(decodeWavryId(identity.wavryId), identity.identityKey);
});

test("a certificate for another static key is refused", () => {
  const { certificate } = createIdentity(suite);
  const { staticKey } = createIdentity(suite);
  assert.throws(() => verifyCertificate(suite, certificate, staticKey), {
    name: "HandshakeError",
    code: "bad-certificate",
  });
});

test("a certificate with any changed bit or another length is refused", () => {
  const { certificate, staticKey } = createIdentity(suite);
  for (let bit = 0; bit < certificate.length * 8; bit += 5) {
    const changed = certificate.slice();
    changed[bit >>> 3]! ^= 1 << (bit & 7);
    assert.throws(() => verifyCertificate(suite, changed, staticKey), { code: "bad-certificate" });
  }
  for (const length of [0, 31, 32, 95]) {
    const short = certificate.subarray(0, length);
    assert.throws(() => verifyCertificate(suite, short, staticKey), { code: "bad-certificate" });
  }
  const long = new Uint8Array(CERTIFICATE_BYTES + 1);
  long.set(certificate);
  assert.throws(() => verifyCertificate(suite, long, staticKey), { code: "bad-certificate" });
});

test("a signature over the bare static key, without the label, is no certificate", () => {
  const { identitySeed, identityKey, staticKey } = createIdentity(suite);
  const certificate = new Uint8Array(CERTIFICATE_BYTES);
  certificate.set(identityKey);
  certificate.set(suite.ed25519Sign(identitySeed, staticKey), identityKey.length);
  assert.throws(() => verifyCertificate(suite, certificate, staticKey), {
    code: "bad-certificate",
  });
});

test("two identities are never the same, and secrets have 32 bytes", () => {
  assert.notEqual(createIdentity(suite).wavryId, createIdentity(suite).wavryId);
  const short = { ...SECRETS, identitySeed: new Uint8Array(31) };
  assert.throws(() => identityFromSecrets(suite, short), RangeError);
});
