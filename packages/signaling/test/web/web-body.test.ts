import assert from "node:assert/strict";
import { generateKeyPairSync, sign, verify } from "node:crypto";
import { test } from "node:test";
import {
  decodeBase64url,
  encodeBase64url,
  MAX_SDP_LENGTH,
  MAX_WEB_LENGTH,
  openWebBody,
  signWebBody,
  signWebBodyLater,
  WebBodyError,
  type WebMessage,
  webSigningBytes,
} from "@wavry/signaling";
import fc from "fast-check";

const { publicKey, privateKey } = generateKeyPairSync("ed25519");
const signer = (bytes: Uint8Array) => new Uint8Array(sign(null, bytes, privateKey));
const verifier = (bytes: Uint8Array, signature: Uint8Array) =>
  verify(null, bytes, publicKey, signature);
const parties = { session: "s".repeat(22), sender: "wavry1host", receiver: "wavry1browser" };
const nonce = "n".repeat(22);

const bytesOf = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const nonces = bytesOf(16).map(encodeBase64url);
const sdps = fc.string({ minLength: 1, maxLength: 200, unit: "grapheme" });
const iceServer = fc.record(
  { urls: fc.array(fc.string(), { maxLength: 3 }), username: fc.string(), credential: fc.string() },
  { requiredKeys: ["urls"] },
);
const messages: fc.Arbitrary<WebMessage> = fc.oneof(
  fc.record({
    kind: fc.constant("offer" as const),
    value: fc.record({
      v: fc.constant(1 as const),
      nonce: nonces,
      wants: fc.array(fc.constantFrom("webtransport", "webrtc"), { minLength: 1, maxLength: 8 }),
    }),
  }),
  fc.record({
    kind: fc.constant("answer" as const),
    value: fc.record(
      {
        v: fc.constant(1 as const),
        nonce: fc.oneof(nonces, fc.constant("")),
        webtransport: fc.record({
          addresses: fc.array(fc.oneof(fc.ipV4(), fc.ipV6()), { minLength: 1, maxLength: 16 }),
          port: fc.integer({ min: 1, max: 65_535 }),
          path: fc.webPath().map((path) => `/${path.replaceAll(/[^!-~]/g, "")}`.slice(0, 256)),
          certificates: fc.array(bytesOf(32).map(encodeBase64url), { minLength: 1, maxLength: 4 }),
        }),
        webrtc: fc.record(
          { sdp: sdps, iceServers: fc.array(iceServer, { maxLength: 8 }) },
          { requiredKeys: ["sdp"] },
        ),
      },
      { requiredKeys: ["v", "nonce"] },
    ),
  }),
  fc.record({
    kind: fc.constant("candidate" as const),
    value: fc.oneof(
      fc.record(
        { v: fc.constant(1 as const), nonce: nonces, candidate: fc.string(), mid: fc.string() },
        { requiredKeys: ["v", "candidate", "mid"] },
      ),
      fc.record(
        { v: fc.constant(1 as const), nonce: nonces, sdp: sdps },
        { requiredKeys: ["v", "sdp"] },
      ),
    ),
  }),
);

function codeOf(read: () => unknown): string {
  try {
    read();
    return "taken";
  } catch (error) {
    if (!(error instanceof WebBodyError)) throw error;
    return error.code;
  }
}

test("what was signed is read back, whatever it says", () => {
  fc.assert(
    fc.property(messages, (message) => {
      const body = signWebBody(message, parties, signer);
      const opened = openWebBody({ kind: message.kind, body }, parties, verifier);
      assert.equal(JSON.stringify(opened), JSON.stringify(message));
    }),
  );
});

test("a key that takes its time signs the same", async () => {
  const message: WebMessage = { kind: "offer", value: { v: 1, nonce, wants: ["webrtc"] } };
  assert.equal(
    await signWebBodyLater(message, parties, async (bytes) => signer(bytes)),
    signWebBody(message, parties, signer),
  );
});

test("the signed bytes are label, kind, session, sender and receiver, each ended by a zero, and the payload as UTF-8", () => {
  assert.equal(
    Buffer.from(webSigningBytes("answer", parties, '{"v":"ü"}')).toString("utf8"),
    `wavry web v1\0answer\0${parties.session}\0wavry1host\0wavry1browser\0{"v":"ü"}`,
  );
});

test("for another session, receiver, sender or kind, or changed by a letter, a body is of the wrong identity", () => {
  const message: WebMessage = { kind: "candidate", value: { v: 1, sdp: "v=0 fingerprint 01" } };
  const body = signWebBody(message, parties, signer);
  const open = (change: Partial<typeof parties & { kind: "offer" | "candidate"; body: string }>) =>
    codeOf(() =>
      openWebBody({ kind: "candidate", body, ...change }, { ...parties, ...change }, verifier),
    );
  assert.equal(open({}), "taken");
  assert.equal(open({ session: "t".repeat(22) }), "wrong-identity");
  assert.equal(open({ receiver: "wavry1other" }), "wrong-identity");
  assert.equal(open({ sender: "wavry1other" }), "wrong-identity");
  assert.equal(open({ kind: "offer" }), "wrong-identity");
  assert.equal(open({ body: body.replace("fingerprint 01", "fingerprint 02") }), "wrong-identity");
});

test("any text gives a message or a WebBodyError", () => {
  const bodies = fc.oneof(
    fc.string(),
    fc.json(),
    fc
      .record({ payload: fc.oneof(fc.json(), fc.string()), signature: fc.string() })
      .map((value) => JSON.stringify(value)),
  );
  const kinds = fc.constantFrom("offer" as const, "answer" as const, "candidate" as const);
  fc.assert(
    fc.property(bodies, kinds, (body, kind) => {
      codeOf(() => openWebBody({ kind, body }, parties, () => true));
    }),
  );
});

test("any signed payload is one of the messages of its kind, or malformed", () => {
  fc.assert(
    fc.property(
      fc.oneof(
        messages.map(({ value }) => value),
        fc.jsonValue(),
      ),
      (value) => {
        for (const kind of ["offer", "answer", "candidate"] as const) {
          const payload = JSON.stringify(value);
          const signature = encodeBase64url(signer(webSigningBytes(kind, parties, payload)));
          const body = JSON.stringify({ payload, signature });
          assert.notEqual(
            codeOf(() => openWebBody({ kind, body }, parties, verifier)),
            "wrong-identity",
          );
        }
      },
    ),
  );
});

test("what is too long, too much, or half a character is malformed", () => {
  const signed = (kind: "candidate" | "answer", value: unknown) => {
    const payload = JSON.stringify(value);
    const signature = encodeBase64url(signer(webSigningBytes(kind, parties, payload)));
    return { kind, body: JSON.stringify({ payload, signature }) };
  };
  const place = { addresses: ["192.0.2.1"], port: 1, path: "/", certificates: ["A".repeat(43)] };
  const answer = (change: object) =>
    signed("answer", { v: 1, nonce, webtransport: { ...place, ...change } });
  const bad = [
    signed("candidate", { v: 1, sdp: "x".repeat(MAX_SDP_LENGTH + 1) }),
    signed("candidate", { v: 2, sdp: "x" }),
    signed("candidate", { v: 1, candidate: "x".repeat(513), mid: "0" }),
    answer({ port: 0 }),
    answer({ path: "wavry" }),
    answer({ path: "/a b" }),
    answer({ addresses: [] }),
    answer({ addresses: ["192.0.2.1/?"] }),
    answer({ certificates: ["A".repeat(44)] }),
    { kind: "candidate" as const, body: `"${"x".repeat(MAX_WEB_LENGTH)}"` },
    { kind: "candidate" as const, body: '{"payload":"\\ud800","signature":""}' },
  ];
  assert.equal(
    codeOf(() => openWebBody(answer({}), parties, verifier)),
    "taken",
  );
  for (const web of bad)
    assert.equal(
      codeOf(() => openWebBody(web, parties, verifier)),
      "malformed",
    );
  const long = {
    kind: "candidate" as const,
    value: { v: 1 as const, sdp: "\n".repeat(MAX_SDP_LENGTH) },
  };
  assert.throws(() => signWebBody(long, parties, signer), RangeError);
});

test("base64url is Node's, and only its one form is read", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
      const text = encodeBase64url(bytes);
      assert.equal(text, Buffer.from(bytes).toString("base64url"));
      assert.deepEqual(decodeBase64url(text), bytes);
    }),
  );
  fc.assert(
    fc.property(fc.string({ maxLength: 12 }), (text) => {
      const bytes = decodeBase64url(text);
      if (bytes !== undefined) assert.equal(encodeBase64url(bytes), text);
    }),
  );
  for (const text of ["A", "AB", "AAB", "AA==", "A+", "é"])
    assert.equal(decodeBase64url(text), undefined);
});
