import assert from "node:assert/strict";
import { test } from "node:test";
import { INITIATION_BYTES } from "@wavry/rift-core";
import {
  createIdentity,
  createPairingSecret,
  gateKeyPaired,
  gateKeyPairing,
  INITIATION_PROOF_BYTES,
  identityFromSecrets,
  initiationKeyPaired,
  initiationKeyPairing,
  initiationProof,
  pairingPsk,
  signInitiation,
  verifyInitiationProof,
} from "@wavry/rift-crypto";
import { nodeSuite as suite } from "@wavry/rift-crypto/node";
import { toHex } from "./hex.ts";
import { SUITES } from "./suites.ts";

const BEFORE = new TextEncoder().encode("the initiation before its proof");

test("the examples of the specification come out of every suite", () => {
  for (const { suite: each } of SUITES) {
    const host = identityFromSecrets(each, {
      identitySeed: new Uint8Array(32).fill(1),
      staticPrivate: new Uint8Array(32).fill(2),
    });
    const secret = new Uint8Array(16).fill(3);
    assert.equal(
      toHex(pairingPsk(each, secret)),
      "87ab4665db8f9e026c863f902b47bd93b8b77205944ba43467f8e87e4d2a1bc0",
    );
    assert.equal(
      toHex(initiationKeyPairing(each, secret, host.identityKey)),
      "3d9a48405abf0afd09395ea149d289736b2076c6da443a78a0e1c8bf67754ec7",
    );
    assert.equal(
      toHex(initiationKeyPaired(each, new Uint8Array(32).fill(4), host.staticKey, host.staticKey)),
      "cb39cc82dc6ea995ff82b9e1e7e7475caae584d18787e4c48cd6dc6e9ce01820",
    );
  }
});

test("the gate's keys of the specification come out of every suite", () => {
  for (const { suite: each } of SUITES) {
    const host = identityFromSecrets(each, {
      identitySeed: new Uint8Array(32).fill(1),
      staticPrivate: new Uint8Array(32).fill(2),
    });
    assert.equal(
      toHex(gateKeyPairing(each, host.identityKey)),
      "2419aa071ba4f15433511e2cbab012df1e6df8207567bb5e4e052adfad30eff5",
    );
    assert.equal(
      toHex(gateKeyPaired(each, host.staticKey)),
      "be32db08d18b044a677ce6bd6139d1a0828c17e013970d5b9109de8ac4b5ea5f",
    );
  }
});

test("a signed initiation has a proof over what is before it, and a gate over that and the proof", () => {
  const initiation = suite.randomBytes(INITIATION_BYTES);
  const before = initiation.slice();
  const [proofKey, gateKey] = [suite.randomBytes(32), suite.randomBytes(32)];
  signInitiation(suite, initiation, { proofKey, gateKey });
  const part = (from: number, to: number) => initiation.subarray(from, to);
  const [proof, gate] = [part(56, 72), part(72, 88)];
  assert.ok(verifyInitiationProof(suite, proofKey, part(0, 56), proof));
  assert.ok(verifyInitiationProof(suite, gateKey, part(0, 72), gate));
  assert.deepEqual(part(0, 56), before.subarray(0, 56));
  assert.deepEqual(part(88, 256), before.subarray(88));
});

test("two paired devices come to the same key, and nobody else does", () => {
  const [host, client, stranger] = [1, 2, 3].map(() => createIdentity(suite));
  const theirs = initiationKeyPaired(
    suite,
    host!.staticPrivate,
    client!.staticKey,
    host!.staticKey,
  );
  const ours = initiationKeyPaired(suite, client!.staticPrivate, host!.staticKey, host!.staticKey);
  assert.deepEqual(ours, theirs);
  const { staticPrivate } = stranger!;
  const other = initiationKeyPaired(suite, staticPrivate, host!.staticKey, host!.staticKey);
  assert.notDeepEqual(other, ours);
});

test("an initiation to a host is worth nothing to its sender's own host", () => {
  const [host, client] = [createIdentity(suite), createIdentity(suite)];
  const { staticPrivate } = client;
  assert.notDeepEqual(
    initiationKeyPaired(suite, staticPrivate, host.staticKey, host.staticKey),
    initiationKeyPaired(suite, staticPrivate, host.staticKey, client.staticKey),
  );
});

test("a static key of low order gives no key", () => {
  const { staticPrivate } = createIdentity(suite);
  assert.throws(
    () => initiationKeyPaired(suite, staticPrivate, new Uint8Array(32), new Uint8Array(32)),
    {
      code: "invalid-key",
    },
  );
});

test("the key of a pairing secret is bound to the host it was made for", () => {
  const secret = createPairingSecret(suite);
  const [host, other] = [createIdentity(suite), createIdentity(suite)];
  const key = initiationKeyPairing(suite, secret, host.identityKey);
  assert.deepEqual(key, initiationKeyPairing(suite, secret, host.identityKey));
  assert.notDeepEqual(key, initiationKeyPairing(suite, secret, other.identityKey));
});

test("a proof holds for exactly the bytes before it under exactly that key", () => {
  const key = suite.randomBytes(32);
  const proof = initiationProof(suite, key, BEFORE);
  assert.equal(proof.length, INITIATION_PROOF_BYTES);
  assert.equal(verifyInitiationProof(suite, key, BEFORE, proof), true);
  assert.equal(verifyInitiationProof(suite, suite.randomBytes(32), BEFORE, proof), false);
  assert.equal(verifyInitiationProof(suite, key, BEFORE.subarray(1), proof), false);
  assert.equal(verifyInitiationProof(suite, key, BEFORE, proof.subarray(1)), false);
  for (let bit = 0; bit < INITIATION_PROOF_BYTES * 8; bit++) {
    const changed = proof.slice();
    changed[bit >>> 3]! ^= 1 << (bit & 7);
    assert.equal(verifyInitiationProof(suite, key, BEFORE, changed), false);
  }
});
