import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import {
  CertificateWatch,
  readCertificate,
  type TlsCertificate,
  TlsError,
} from "../../src/index.ts";
import { until } from "../helpers.ts";
import { makeCertificate } from "./certificate.ts";

function files(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), "wavry-certificate-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const paths = { cert: join(folder, "cert.pem"), key: join(folder, "key.pem") };
  const write = ({ cert, key }: { cert: string; key: string }): void => {
    writeFileSync(paths.cert, cert);
    writeFileSync(paths.key, key);
  };
  return { folder, paths, write };
}

test("a certificate's names and end are read from it", async (t) => {
  const { paths, write } = files(t);
  write(makeCertificate("relay.example"));
  const { names, expiresAtMillis } = await readCertificate(paths);
  assert.deepEqual(names, ["relay.example"]);
  const days = (expiresAtMillis - Date.now()) / 86_400_000;
  assert.ok(days > 1.9 && days < 2.1, String(days));
});

test("files that are missing, no PEM, or do not belong together are told of with their names, and without what is in them", async (t) => {
  const { paths, write } = files(t);
  const one = makeCertificate();
  const wrong: readonly (readonly [() => void, string])[] = [
    [() => undefined, "unreadable"],
    [() => write({ cert: "no certificate", key: one.key }), "bad-certificate"],
    [() => write({ cert: one.cert, key: "secret" }), "bad-certificate"],
    [() => write({ cert: one.cert, key: makeCertificate().key }), "bad-certificate"],
  ];
  for (const [prepare, code] of wrong) {
    prepare();
    const error = await readCertificate(paths).catch((cause: unknown) => cause);
    assert.ok(error instanceof TlsError);
    assert.equal(error.code, code);
    assert.ok(error.message.includes(paths.cert) && !error.message.includes("secret"));
  }
});

test("another certificate is found however it got there, and while its files do not fit the old one stays", async (t) => {
  const { folder, paths, write } = files(t);
  write(makeCertificate());
  const renewed: TlsCertificate[] = [];
  const bad: TlsError[] = [];
  using watch = new CertificateWatch({
    ...{ paths, certificate: await readCertificate(paths), everyMillis: 5 },
    onRenewed: (certificate) => void renewed.push(certificate),
    onBad: (error) => void bad.push(error),
  });
  await watch.look();
  assert.equal(renewed.length, 0);
  const next = makeCertificate();
  writeFileSync(paths.cert, next.cert);
  await until(() => bad.length > 0, "the new certificate with the old key is told of");
  // A look that began before the file was whole may have told of that.
  await watch.look();
  await watch.look();
  const { length } = bad;
  for (let i = 0; i < 3; i++) await watch.look();
  assert.equal(bad.length, length);
  writeFileSync(paths.key, next.key);
  await until(() => renewed.length === 1, "both are there");
  assert.equal(String(renewed[0]!.cert), next.cert);
  // As certbot does it: links to the newest files.
  mkdirSync(join(folder, "archive"));
  const linked = makeCertificate();
  for (const name of ["cert", "key"] as const) {
    const file = join(folder, "archive", name);
    writeFileSync(file, linked[name]);
    unlinkSync(paths[name]);
    symlinkSync(file, paths[name]);
  }
  await until(() => renewed.length === 2, "the links are followed");
  watch[Symbol.dispose]();
  watch[Symbol.dispose]();
  write(makeCertificate());
  await watch.look();
  assert.equal(renewed.length, 2);
});
