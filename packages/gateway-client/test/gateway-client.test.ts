import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import {
  checkSessionPeer,
  deviceSigner,
  GatewayClient,
  logIn,
  SignalingSocket,
} from "@wavry/gateway-client";
import { createIdentity } from "@wavry/rift-crypto";
import { nodeSuite } from "@wavry/rift-crypto/node";
import { Done } from "@wavry/signaling";

type Answer = { readonly status: number; readonly body: unknown };

/** A server that answers each request as it is told; it keeps what came. */
async function startServer(answer: (request: IncomingMessage) => Answer) {
  const seen: { method: string; url: string; authorization: string | undefined }[] = [];
  const server = createServer((request: IncomingMessage, response: ServerResponse) => {
    const { method = "", url = "", headers } = request;
    seen.push({ method, url, authorization: headers.authorization });
    const { status, body } = answer(request);
    response.writeHead(status, { "content-type": "application/json" });
    response.end(typeof body === "string" ? body : JSON.stringify(body));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    seen,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

const device = () => deviceSigner(createIdentity(nodeSuite), nodeSuite);
const get = { method: "GET", path: "/api/v1/thing", answer: Done } as const;

test("a gateway's error keeps its code, its message and the request's ID", async () => {
  const error = { code: "no-device", message: "you have no such device", requestId: "r1" };
  await using server = await startServer(() => ({
    status: 404,
    body: { error: { ...error, retryAfterSeconds: 3 } },
  }));
  const client = new GatewayClient({ url: server.url, token: "secret" });
  await assert.rejects(client.call(get), {
    name: "GatewayError",
    ...error,
    status: 404,
    retryAfterSeconds: 3,
  });
  assert.deepEqual(server.seen, [
    { method: "GET", url: "/api/v1/thing", authorization: "Bearer secret" },
  ]);
});

test("what is no gateway is told apart from one that is not there", async () => {
  for (const [status, body] of [
    [200, "<html>"],
    [200, { ok: false }],
    [200, "null"],
    [500, "oops"],
    [404, {}],
  ] as const) {
    await using server = await startServer(() => ({ status, body }));
    await assert.rejects(new GatewayClient({ url: server.url }).call(get), { code: "bad-answer" });
  }
  const gone = await startServer(() => ({ status: 200, body: {} }));
  await gone[Symbol.asyncDispose]();
  await assert.rejects(new GatewayClient({ url: gone.url }).call(get), { code: "unreachable" });
  await assert.rejects(
    new GatewayClient({ url: gone.url }).call({ ...get, signal: AbortSignal.abort() }),
    { code: "aborted" },
  );
});

test("a token does not follow where a gateway sends it", async () => {
  await using other = await startServer(() => ({ status: 200, body: { ok: true } }));
  const server = createServer((_request, response) => {
    response.writeHead(307, { location: other.url });
    response.end();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  await assert.rejects(new GatewayClient({ url, token: "secret" }).call(get));
  assert.deepEqual(other.seen, []);
  server.closeAllConnections();
  server.close();
});

test("a device signs for no gateway that calls itself otherwise, or has another key than the pinned one", async () => {
  const key = "k".repeat(43);
  const document = { issuer: "https://elsewhere.example", key, protocol: 1 };
  await using server = await startServer(() => ({ status: 200, body: document }));
  const wish = { device: device(), kind: "host", name: "pc", platform: "test" } as const;
  await assert.rejects(new GatewayClient({ url: server.url, token: "t" }).enrol(wish), {
    code: "wrong-issuer",
  });
  const { issuer } = document;
  const pinned = new GatewayClient({ url: server.url, issuer, key: "o".repeat(43) });
  await assert.rejects(pinned.enrol(wish), { code: "key-changed" });
  assert.deepEqual(
    server.seen.map(({ method }) => method),
    ["GET", "GET"],
  );
});

test("who was told who the gateway is does not ask again to join it", async () => {
  const document: Record<string, unknown> = { key: "k".repeat(43), protocol: 1 };
  const challenge = {
    ...{ id: "i".repeat(22), challenge: "c".repeat(43), userId: "u".repeat(22) },
    ...{ gateway: "https://wavry.example", expiresAt: 0 },
  };
  const error = { code: "too-many-devices", message: "enough", requestId: "r1" };
  await using server = await startServer(({ method, url }) => {
    if (method === "GET") return { status: 200, body: document };
    return url === "/api/v1/devices/challenges"
      ? { status: 200, body: challenge }
      : { status: 409, body: { error } };
  });
  document.issuer = server.url;
  const client = new GatewayClient({ url: server.url });
  await client.document();
  const wish = { device: device(), kind: "client", name: "page", platform: "test" } as const;
  const refused = { code: "too-many-devices" };
  await assert.rejects(client.enrol(wish), refused);
  // Nor does the same client once somebody has signed in.
  await assert.rejects(client.withToken("t").enrol(wish), refused);
  assert.equal(server.seen.filter(({ method }) => method === "GET").length, 1);
  assert.equal(server.seen.filter(({ url }) => url === "/api/v1/devices").length, 2);
});

test("a login waits until the person has decided", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const answers = ["authorization-pending", "slow-down", "authorization-pending"];
  await using server = await startServer(({ url }) => {
    if (url === "/api/v1/login-code")
      return {
        status: 200,
        body: {
          ...{ deviceCode: "d".repeat(43), userCode: "BCDF-GHJK", verificationUri: "http://x" },
          ...{ verificationUriComplete: "http://x", expiresInSeconds: 600, intervalSeconds: 5 },
        },
      };
    const code = answers.shift() ?? "access-denied";
    return { status: 400, body: { error: { code, message: code, requestId: "" } } };
  });
  const codes: string[] = [];
  const login = logIn(new GatewayClient({ url: server.url }), {
    label: "test",
    onCode: ({ userCode }) => codes.push(userCode),
  });
  let done = false;
  const refused = assert.rejects(login, { code: "access-denied" }).finally(() => {
    done = true;
  });
  while (!done) {
    t.mock.timers.tick(1_000);
    await new Promise(setImmediate);
  }
  await refused;
  assert.deepEqual(codes, ["BCDF-GHJK"]);
  assert.equal(server.seen.length, 5);
});

test("the other side of a session must be whom it was meant to be, with the key that is known", () => {
  const one = device();
  const other = device();
  const { wavryId: id, staticKey, certificate } = one;
  const peer = { id, staticKey, certificate, name: "PC" };
  const expected = { suite: nodeSuite, wavryId: id };
  const key = Uint8Array.from(Buffer.from(staticKey, "base64url"));
  assert.deepEqual(checkSessionPeer(peer, expected), key);
  assert.deepEqual(checkSessionPeer(peer, { ...expected, pinnedStaticKey: key }), key);
  const refuses = (changed: object, code: string, more: object = {}) =>
    assert.throws(() => checkSessionPeer({ ...peer, ...changed }, { ...expected, ...more }), {
      code,
    });
  refuses({ id: other.wavryId }, "wrong-host");
  refuses({ staticKey: other.staticKey }, "wrong-certificate");
  refuses({ certificate: other.certificate }, "wrong-certificate");
  refuses({ staticKey: other.staticKey, certificate: other.certificate }, "wrong-certificate");
  refuses({}, "key-changed", { pinnedStaticKey: new Uint8Array(32) });
});

test("a connection that nobody answers can be given up at any time", async () => {
  const gone = await startServer(() => ({ status: 404, body: {} }));
  const options = {
    url: gone.url,
    issuer: gone.url,
    device: device(),
    role: "client",
    credentials: { kind: "token", token: "t".repeat(43) },
    backOff: { firstMillis: 5, maxMillis: 10 },
  } as const;
  await gone[Symbol.asyncDispose]();
  const aborter = new AbortController();
  const socket = new SignalingSocket({ ...options, signal: aborter.signal });
  let losses = 0;
  socket.on("disconnected", () => {
    losses++;
    if (losses === 3) aborter.abort();
  });
  const waiting = assert.rejects(socket.connect({ host: options.device.wavryId }), {
    code: "closed",
  });
  assert.equal((await socket.closed).cause, "aborted");
  await waiting;
  assert.equal(losses, 3);
  await assert.rejects(socket.connect({}), { code: "closed" });
  const other = new SignalingSocket(options);
  for (let count = 0; count < 128; count++) other.sessionStarted("s".repeat(22));
  assert.throws(() => other.sessionStarted("s".repeat(22)), { code: "busy" });
  other[Symbol.dispose]();
  other[Symbol.dispose]();
  assert.equal((await other.closed).cause, "disposed");
});

test("ICE servers come with their credentials, and an answer of another form is refused", async () => {
  const relay = { urls: ["turn:turn.example"], username: "1:ada", credential: "word" };
  let body: unknown = { iceServers: [relay], expiresAt: 1 };
  await using server = await startServer(() => ({ status: 200, body }));
  const client = new GatewayClient({ url: server.url, token: "t" });
  assert.deepEqual(await client.iceServers(), body);
  assert.equal(server.seen[0]?.url, "/api/v1/ice-servers");
  body = { iceServers: "none" };
  await assert.rejects(client.iceServers(), { code: "bad-answer" });
});
