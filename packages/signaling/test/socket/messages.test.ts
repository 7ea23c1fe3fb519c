import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type ClientMessage,
  MAX_CANDIDATES,
  MAX_SESSIONS,
  MAX_WEB_LENGTH,
  readClientMessage,
  readServerMessage,
  type ServerMessage,
} from "@wavry/signaling";
import fc from "fast-check";

const ID = "abcdefghijklmnopqrstuv";
const TOKEN = "t".repeat(43);
const DEVICE = `wavry1${"q".repeat(58)}`;
const JWS = "a.b.c";
const candidate = { kind: "local", address: "fe80::1%eth0", port: 4200 } as const;
const peer = { id: DEVICE, staticKey: TOKEN, certificate: "c".repeat(128), name: "Ada" };
const relay = {
  ...{ id: DEVICE, staticKey: TOKEN, tls: "wss://relay.example:8443/relay" },
  addresses: [{ address: "relay.example", port: 4000 }],
};
const terms = { session: ID, grant: JWS, rights: ["view" as const], ask: true };

const CLIENT: readonly ClientMessage[] = [
  {
    type: "hello",
    protocol: 1,
    role: "client",
    device: DEVICE,
    signature: "s".repeat(86),
    instance: ID,
    token: TOKEN,
    guest: { share: TOKEN, staticKey: TOKEN, certificate: "c".repeat(128), name: "Grace" },
    resume: { token: "r", received: 0 },
    sessions: [ID],
  },
  { type: "ping", received: 7 },
  {
    type: "presence",
    seq: 1,
    capabilities: ["h264"],
    monitors: [{ name: "DP-1", width: 1920, height: 1080, refreshHz: 59.94 }],
    candidates: [candidate],
  },
  { type: "connect", seq: 1, request: ID, host: DEVICE, candidates: [candidate] },
  { type: "candidates", seq: 2, session: ID, candidates: [candidate] },
  { type: "decision", seq: 2, session: ID, decision: "asking" },
  { type: "web", seq: 2, session: ID, kind: "offer", body: "v=0\r\n" },
  {
    ...{ type: "relay-request", seq: 2, request: ID, session: ID, renew: true, avoid: [DEVICE] },
    measured: [
      { relay: DEVICE, rttMillis: 20.5, over: "udp" },
      { relay: DEVICE, rttMillis: null, over: "tls" },
    ],
  },
  {
    ...{ type: "relay-report", seq: 2, session: ID, relay: DEVICE, connected: true },
    ...{ rttMillis: 20, lossPercent: 0.25, seconds: 60, signature: "s".repeat(86) },
  },
  { type: "session-started", seq: 2, session: ID },
  { type: "session-ended", seq: 2, session: ID, reason: "closed" },
];

const SERVER: readonly ServerMessage[] = [
  { type: "challenge", protocol: 1, nonce: TOKEN },
  { type: "welcome", connection: ID, resume: "r", resumed: false, received: 0, pingSeconds: 15 },
  { type: "pong", received: 0 },
  { type: "granted", seq: 1, request: ID, host: peer, candidates: [candidate], ...terms },
  {
    ...{ type: "granted", seq: 1, request: ID, host: peer, candidates: [], ...terms },
    ...{ relays: [relay], stun: [{ address: "192.0.2.1", port: 3478 }] },
  },
  { type: "relay", seq: 1, session: ID, relay, lease: "l".repeat(278), request: ID },
  { type: "incoming", seq: 1, client: peer, candidates: [], ...terms },
  { type: "candidates", seq: 1, session: ID, candidates: [] },
  { type: "decision", seq: 1, session: ID, decision: "refused" },
  { type: "web", seq: 1, session: ID, kind: "candidate", body: "" },
  { type: "session-ended", seq: 1, session: ID, reason: "grant-ended" },
  { type: "end-session", seq: 1, session: ID, reason: "grant-ended" },
  { type: "rights-changed", seq: 1, session: ID, rights: [] },
  { type: "error", seq: 1, code: "no-grant", message: "no", request: ID, retryAfterSeconds: 3 },
];

const OPTIONAL: Readonly<Record<string, readonly string[]>> = {
  hello: ["token", "guest", "resume"],
  connect: ["host"],
  "relay-request": ["measured", "renew", "avoid"],
  granted: ["relays", "stun"],
  relay: ["request"],
  error: ["request", "retryAfterSeconds"],
};

for (const [name, read, messages] of [
  ["client", readClientMessage, CLIENT],
  ["server", readServerMessage, SERVER],
] as const) {
  test(`every ${name} message is read as it was written`, () => {
    for (const message of messages)
      assert.deepEqual(read(JSON.stringify(message)), message, message.type);
  });

  test(`a ${name} message that lacks a field, or has one too many, is none`, () => {
    for (const message of messages) {
      assert.equal(read(JSON.stringify({ ...message, more: 1 })), undefined, message.type);
      const optional = OPTIONAL[message.type] ?? [];
      for (const field of Object.keys(message)) {
        if (optional.includes(field)) continue;
        const { [field as "type"]: _, ...rest } = message;
        assert.equal(read(JSON.stringify(rest)), undefined, `${message.type} without ${field}`);
      }
    }
  });

  test(`whatever stands in a field of a ${name} message, reading gives a value of its schema or nothing`, () => {
    fc.assert(
      fc.property(fc.constantFrom(...messages), fc.nat(20), fc.anything(), (message, at, value) => {
        const fields = Object.keys(message);
        const field = fields[at % fields.length]!;
        let text: string | undefined;
        try {
          text = JSON.stringify({ ...message, [field]: value });
        } catch {
          return;
        }
        const back = read(text);
        if (back !== undefined) assert.deepEqual(back, JSON.parse(text));
      }),
      { numRuns: 500 },
    );
  });

  test(`any text gives a ${name} message or nothing, and never throws`, () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: "binary" }), fc.json()), (text) => {
        read(text);
      }),
      { numRuns: 500 },
    );
    for (const text of ["[".repeat(60_000), '{"a":'.repeat(10_000), "1e999", '"\\ud800"', "{}"])
      assert.equal(read(text), undefined);
  });
}

test("what is too long or too much is no message", () => {
  const read = (message: object) => readClientMessage(JSON.stringify(message));
  const web = { type: "web", seq: 1, session: ID, kind: "offer" };
  assert.ok(read({ ...web, body: "x".repeat(MAX_WEB_LENGTH) }));
  assert.equal(read({ ...web, body: "x".repeat(MAX_WEB_LENGTH + 1) }), undefined);
  const many = (count: number) => Array.from({ length: count }, () => candidate);
  const candidates = { type: "candidates", seq: 1, session: ID };
  assert.ok(read({ ...candidates, candidates: many(MAX_CANDIDATES) }));
  assert.equal(read({ ...candidates, candidates: many(MAX_CANDIDATES + 1) }), undefined);
  for (const wrong of [
    { ...candidate, port: 0 },
    { ...candidate, port: 65_536 },
    { ...candidate, port: 1.5 },
    { ...candidate, address: "" },
    { ...candidate, address: "a b" },
    { ...candidate, address: "a\n" },
    { ...candidate, address: "x".repeat(254) },
    { ...candidate, kind: "other" },
  ])
    assert.equal(read({ ...candidates, candidates: [wrong] }), undefined, JSON.stringify(wrong));
  const hello = CLIENT[0]!;
  const sessions = (count: number) => Array.from({ length: count }, () => ID);
  assert.ok(read({ ...hello, sessions: sessions(MAX_SESSIONS) }));
  assert.equal(read({ ...hello, sessions: sessions(MAX_SESSIONS + 1) }), undefined);
  assert.ok(read({ ...hello, protocol: 2 }));
  assert.equal(read({ ...hello, protocol: 3 }), undefined);
  assert.equal(read({ ...hello, device: DEVICE.toUpperCase() }), undefined);
  assert.equal(read({ ...hello, device: `${DEVICE}\n` }), undefined);
  assert.equal(read({ type: "ping", received: -1 }), undefined);
  assert.equal(read({ type: "ping", received: 2 ** 53 }), undefined);
});
