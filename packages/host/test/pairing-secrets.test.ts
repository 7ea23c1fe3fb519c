import assert from "node:assert/strict";
import { test } from "node:test";
import { PAIRING_SECRET_LIFETIME, PairingSecrets } from "../src/pairing-secrets.ts";

const secret = (fill: number): Uint8Array => new Uint8Array(16).fill(fill);

test("a secret is live until it expires and is wiped then", () => {
  const secrets = new PairingSecrets();
  const first = secret(1);
  assert.equal(secrets.add(first, 1_000), 1_000 + PAIRING_SECRET_LIFETIME);
  assert.deepEqual(secrets.live(PAIRING_SECRET_LIFETIME), [secret(1)]);
  assert.deepEqual(secrets.live(PAIRING_SECRET_LIFETIME + 1_000), []);
  assert.deepEqual(first, secret(0));
});

test("a used secret pairs nobody else, and the others stay", () => {
  const secrets = new PairingSecrets();
  secrets.add(secret(1), 0);
  secrets.add(secret(2), 0);
  secrets.use(secret(1));
  assert.deepEqual(secrets.live(1), [secret(2)]);
});

test("only the newest eight links hold", () => {
  const secrets = new PairingSecrets();
  for (let fill = 1; fill <= 9; fill++) secrets.add(secret(fill), 0);
  const live = secrets.live(1);
  assert.equal(live.length, 8);
  assert.deepEqual(live[0], secret(2));
});
