import assert from "node:assert/strict";
import { createHmac, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { test } from "node:test";
import { GrantError, UsedGrants, verifyGrant } from "@wavry/gateway-client";
import { GRANT_SECONDS, GRANT_TYPE, type GrantClaims } from "@wavry/signaling";
import fc from "fast-check";
import { SignJWT } from "jose";

const { privateKey, publicKey } = generateKeyPairSync("ed25519");
const key = publicKey.export({ format: "jwk" }).x!;
const NOW = 1_800_000_000;
const CLAIMS: GrantClaims = {
  iss: "https://wavry.example",
  sub: "wavry1client",
  aud: "wavry1host",
  jti: "session",
  iat: NOW,
  exp: NOW + GRANT_SECONDS,
  until: NOW + 3_600,
  rights: ["view", "audio"],
  ask: false,
  name: "Ada",
};
const EXPECTED = {
  key,
  issuer: CLAIMS.iss,
  hostId: CLAIMS.aud,
  clientId: CLAIMS.sub,
  now: NOW * 1_000,
};
const HEADER = { alg: "EdDSA", typ: GRANT_TYPE };

function grant(
  claims: object = {},
  header: object = HEADER,
  by: KeyObject = privateKey,
): Promise<string> {
  return new SignJWT({ ...CLAIMS, ...claims })
    .setProtectedHeader(header as { alg: string })
    .sign(by);
}

const base64 = (value: object | Buffer) =>
  (Buffer.isBuffer(value) ? value : Buffer.from(JSON.stringify(value))).toString("base64url");

async function refusal(token: string, more: object = {}): Promise<string | undefined> {
  try {
    await verifyGrant(token, { ...EXPECTED, ...more });
    return undefined;
  } catch (error) {
    assert.ok(error instanceof GrantError, String(error));
    return error.code;
  }
}

test("a grant for this host, this client and this time gives its claims", async () => {
  assert.deepEqual(await verifyGrant(await grant(), EXPECTED), CLAIMS);
  const { clientId: _, ...anyClient } = EXPECTED;
  assert.equal((await verifyGrant(await grant(), anyClient)).sub, CLAIMS.sub);
});

test("a grant of another key, gateway, host or client is refused", async () => {
  const other = generateKeyPairSync("ed25519");
  assert.equal(await refusal(await grant({}, HEADER, other.privateKey)), "wrong-signature");
  assert.equal(await refusal(await grant({ iss: "https://evil.example" })), "wrong-gateway");
  assert.equal(await refusal(await grant({ aud: "wavry1other" })), "wrong-host");
  assert.equal(await refusal(await grant({ aud: [CLAIMS.aud] })), "malformed");
  assert.equal(await refusal(await grant({ sub: "wavry1other" })), "wrong-client");
});

test("a grant is good from shortly before it was made until shortly after it runs out", async () => {
  const at = async (seconds: number, claims: object = {}) =>
    refusal(await grant(claims), { now: (NOW + seconds) * 1_000 });
  assert.equal(await at(-60), undefined);
  assert.equal(await at(-61), "expired");
  assert.equal(await at(GRANT_SECONDS + 59), undefined);
  assert.equal(await at(GRANT_SECONDS + 60), "expired");
  assert.equal(await at(0, { until: NOW }), "expired");
  assert.equal(await at(0, { exp: NOW + GRANT_SECONDS + 1 }), "expired");
});

test("only EdDSA and only a grant's type are taken, whatever the header says", async () => {
  const payload = base64(CLAIMS);
  const none = `${base64({ alg: "none", typ: GRANT_TYPE })}.${payload}.`;
  assert.equal(await refusal(none), "malformed");
  assert.equal(
    await refusal(`${base64({ alg: "none", typ: GRANT_TYPE })}.${payload}.AAAA`),
    "malformed",
  );
  // The public key, taken as a secret that both know.
  const head = base64({ alg: "HS256", typ: GRANT_TYPE });
  const mac = createHmac("sha256", Buffer.from(key, "base64url"))
    .update(`${head}.${payload}`)
    .digest();
  assert.equal(await refusal(`${head}.${payload}.${base64(mac)}`), "malformed");
  for (const header of [
    { alg: "EdDSA" },
    { alg: "EdDSA", typ: "JWT" },
    { alg: "EdDSA", typ: GRANT_TYPE, crit: ["exp"], exp: 1 },
    { alg: "EdDSA", typ: GRANT_TYPE, b64: false, crit: ["b64"] },
  ]) {
    const signed = `${base64(header)}.${payload}`;
    const token = `${signed}.${base64(sign(null, Buffer.from(signed), privateKey))}`;
    assert.notEqual(await refusal(token), undefined, JSON.stringify(header));
  }
  // A key that the token brings along is of no use.
  const other = generateKeyPairSync("ed25519");
  const jwk = other.publicKey.export({ format: "jwk" });
  assert.equal(
    await refusal(await grant({}, { ...HEADER, jwk }, other.privateKey)),
    "wrong-signature",
  );
});

test("claims that are not those of a grant are refused though they are signed", async () => {
  for (const claims of [
    { rights: ["view", "everything"] },
    { rights: ["view", "view"] },
    { rights: "view" },
    { ask: "no" },
    { iat: "1" },
    { exp: 1.5 },
    { jti: undefined },
    { name: "x".repeat(101) },
    { sub: undefined },
  ])
    assert.equal(await refusal(await grant(claims)), "malformed", JSON.stringify(claims));
  for (const payload of ["null", "[]", "{", '"x"', ""]) {
    const signed = `${base64(HEADER)}.${base64(Buffer.from(payload))}`;
    const token = `${signed}.${base64(sign(null, Buffer.from(signed), privateKey))}`;
    assert.equal(await refusal(token), "malformed", payload);
  }
});

test("a grant that is changed anywhere is refused, and no text makes verification fail otherwise", async () => {
  const token = await grant();
  await fc.assert(
    fc.asyncProperty(
      fc.nat(token.length - 1),
      fc.string({ minLength: 1, maxLength: 1 }),
      async (at, by) => {
        const changed = token.slice(0, at) + by + token.slice(at + 1);
        if (changed === token) return;
        const [, , signature = ""] = changed.split(".");
        // Base64url leaves bits of the last character unused.
        const same = Buffer.from(signature, "base64url").equals(
          Buffer.from(token.split(".")[2]!, "base64url"),
        );
        if (same && changed.slice(0, -1) === token.slice(0, -1)) return;
        assert.notEqual(await refusal(changed), undefined, changed);
      },
    ),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(fc.string(), fc.stringMatching(/^[\w-]*\.[\w-]*\.[\w-]*$/)),
      async (text) => {
        assert.equal(await refusal(text), "malformed");
      },
    ),
  );
  assert.equal(await refusal("a".repeat(100_000)), "malformed");
});

test("a grant opens one session only, and is forgotten when it cannot open any more", () => {
  const used = new UsedGrants();
  const now = NOW * 1_000;
  used.use(CLAIMS, now);
  assert.throws(() => used.use(CLAIMS, now), { code: "used" });
  for (let count = 1; count < 10_000; count++) used.use({ ...CLAIMS, jti: `${count}` }, now);
  assert.throws(() => used.use({ ...CLAIMS, jti: "one more" }, now), { code: "used" });
  const later = (CLAIMS.exp + 60) * 1_000;
  used.use({ ...CLAIMS, jti: "one more", exp: CLAIMS.exp + 200 }, later);
  used.use({ ...CLAIMS, exp: CLAIMS.exp + 200 }, later);
});
