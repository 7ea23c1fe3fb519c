import assert from "node:assert/strict";
import { createHash, createPrivateKey, X509Certificate } from "node:crypto";
import { test } from "node:test";
import { createWebCertificate } from "../../src/index.ts";

test("a certificate is what browsers ask of those in serverCertificateHashes", () => {
  const now = Date.UTC(2026, 10, 21, 12, 30, 15);
  const { certificatePem, keyPem, sha256, notAfter } = createWebCertificate({ now });
  const certificate = new X509Certificate(certificatePem);
  const key = createPrivateKey(keyPem);
  assert.equal(certificate.publicKey.asymmetricKeyType, "ec");
  assert.equal(certificate.publicKey.asymmetricKeyDetails?.namedCurve, "prime256v1");
  assert.ok(certificate.checkPrivateKey(key));
  assert.ok(certificate.verify(certificate.publicKey));
  assert.deepEqual(createHash("sha256").update(certificate.raw).digest(), Buffer.from(sha256));
  const from = Date.parse(certificate.validFrom);
  const to = Date.parse(certificate.validTo);
  assert.equal(to, notAfter);
  assert.equal(to, now + 13 * 86_400_000);
  assert.ok(from < now && to - from < 14 * 86_400_000);
});

test("each has a key of its own", () => {
  assert.notEqual(createWebCertificate().keyPem, createWebCertificate().keyPem);
});

test("it is good for as many days as asked, and not for more than browsers take", () => {
  const { notAfter } = createWebCertificate({ days: 1, now: 0 });
  assert.equal(notAfter, 86_400_000);
  for (const days of [0, 13.5, 14, Number.NaN])
    assert.throws(() => createWebCertificate({ days }), RangeError);
});
