import assert from "node:assert/strict";
import { test } from "node:test";
import { fromHex, toHex } from "./hex.ts";
import { missing, readSharedVectors } from "./shared-vectors.ts";
import { SUITES } from "./suites.ts";

interface VectorFile<G, T> {
  readonly numberOfTests: number;
  readonly testGroups: readonly (G & { readonly tests: readonly T[] })[];
}

interface AeadVector {
  readonly tcId: number;
  readonly key: string;
  readonly iv: string;
  readonly aad: string;
  readonly msg: string;
  readonly ct: string;
  readonly tag: string;
  readonly result: "valid" | "invalid";
}

interface AgreementVector {
  readonly tcId: number;
  readonly public: string;
  readonly private: string;
  readonly shared: string;
}

interface SignatureVector {
  readonly tcId: number;
  readonly msg: string;
  readonly sig: string;
  readonly result: "valid" | "invalid";
}

const AEAD = "wycheproof-chacha20_poly1305.json";
const AGREEMENT = "wycheproof-x25519.json";
const SIGNATURE = "wycheproof-ed25519.json";

for (const { name, suite, openAead } of SUITES) {
  test(`the ${name} suite seals and opens as Wycheproof says`, { skip: missing(AEAD) }, (t) => {
    const file = readSharedVectors<VectorFile<{ ivSize: number }, AeadVector>>(AEAD);
    let played = 0;
    let otherNonces = 0;
    for (const group of file.testGroups) {
      if (group.ivSize !== 96) {
        // The interface has no room for nonces of another length.
        otherNonces += group.tests.length;
        continue;
      }
      for (const vector of group.tests) {
        using aead = openAead(fromHex(vector.key));
        const nonce = fromHex(vector.iv);
        const aad = fromHex(vector.aad);
        const plaintext = fromHex(vector.msg);
        const sealed = fromHex(vector.ct + vector.tag);
        const opened = new Uint8Array(plaintext.length);
        const length = aead.openWithNonce(opened, 0, nonce, aad, sealed);
        if (vector.result === "valid") {
          assert.equal(length, plaintext.length, `test ${vector.tcId} opens`);
          assert.equal(toHex(opened), vector.msg);
          const out = new Uint8Array(sealed.length);
          aead.sealWithNonce(out, 0, nonce, aad, plaintext);
          assert.equal(toHex(out), vector.ct + vector.tag, `test ${vector.tcId} seals`);
        } else assert.equal(length, -1, `test ${vector.tcId} is refused`);
        played++;
      }
    }
    assert.equal(played + otherNonces, file.numberOfTests);
    assert.ok(played > 300);
    t.diagnostic(`${played} played, ${otherNonces} with other nonce lengths`);
  });

  test(`the ${name} suite agrees on keys as Wycheproof says and refuses an all-zero secret`, {
    skip: missing(AGREEMENT),
  }, (t) => {
    const file = readSharedVectors<VectorFile<object, AgreementVector>>(AGREEMENT);
    let agreed = 0;
    let refused = 0;
    for (const vector of file.testGroups.flatMap((group) => group.tests)) {
      const agree = () => suite.x25519(fromHex(vector.private), fromHex(vector.public));
      if (/^0+$/.test(vector.shared)) {
        assert.throws(agree, { name: "HandshakeError", code: "invalid-key" });
        refused++;
      } else {
        assert.equal(toHex(agree()), vector.shared, `test ${vector.tcId}`);
        agreed++;
      }
    }
    assert.equal(agreed + refused, file.numberOfTests);
    assert.ok(refused > 0);
    t.diagnostic(`${agreed} agreed, ${refused} all-zero secrets refused`);
  });

  test(`the ${name} suite verifies signatures as Wycheproof says`, {
    skip: missing(SIGNATURE),
  }, (t) => {
    const file =
      readSharedVectors<VectorFile<{ publicKey: { pk: string } }, SignatureVector>>(SIGNATURE);
    let valid = 0;
    let invalid = 0;
    for (const group of file.testGroups) {
      const publicKey = fromHex(group.publicKey.pk);
      for (const { tcId, msg, sig, result } of group.tests) {
        const verdict = suite.ed25519Verify(publicKey, fromHex(msg), fromHex(sig));
        assert.equal(verdict, result === "valid", `test ${tcId}`);
        if (verdict) valid++;
        else invalid++;
      }
    }
    assert.equal(valid + invalid, file.numberOfTests);
    t.diagnostic(`${valid} valid, ${invalid} refused`);
  });
}
