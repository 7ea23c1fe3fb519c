import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { createServer as createHttpServer, type Server as HttpServer } from "node:http";
import { createServer } from "node:https";
import { type AddressInfo, connect, createServer as createTcpServer, type Socket } from "node:net";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { inspect } from "node:util";
import { type WebSocket, WebSocketServer } from "ws";
import {
  connectRelayOverTls,
  MAX_WAITING_BYTES,
  type RelayPipe,
  type RelayPipeOptions,
} from "../../src/paths/relay-over-tls.ts";
import { RelayPipeError } from "../../src/paths/relay-pipe-error.ts";
import { makeCertificate } from "./tls-certificate.ts";

const DEADLINE_MS = 60_000;
const { cert, key } = makeCertificate();

async function until(condition: () => boolean, what: string): Promise<void> {
  const end = performance.now() + DEADLINE_MS;
  while (!condition()) {
    assert.ok(performance.now() < end, `it never came to this: ${what}`);
    await wait(5);
  }
}

/** A server that ends with its test, and all its connections with it. */
async function listen(t: TestContext, server: HttpServer | ReturnType<typeof createTcpServer>) {
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    socket.once("close", () => sockets.delete(socket));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(async () => {
    const closed = once(server, "close");
    server.close();
    for (const socket of sockets) socket.destroy();
    await closed;
  });
  return { port: (server.address() as AddressInfo).port, sockets };
}

/** A relay's door as far as a pipe sees it. */
async function openDoor(
  t: TestContext,
  certificate: { cert: string; key: string } = { cert, key },
) {
  const server = createServer(certificate);
  const visitors: WebSocket[] = [];
  const heads: string[] = [];
  const got: { data: Buffer; isBinary: boolean }[] = [];
  const sockets = new WebSocketServer({ server, path: "/relay" });
  sockets.on("connection", (socket, request) => {
    visitors.push(socket);
    heads.push(request.rawHeaders.join("\n"));
    socket.on("error", () => undefined);
    socket.on("message", (data, isBinary) => got.push({ data: data as Buffer, isBinary }));
  });
  const { port, sockets: connections } = await listen(t, server);
  return { url: `wss://localhost:${port}/relay`, port, visitors, heads, got, connections };
}

/** Without the proxies of whoever runs the tests. */
async function open(t: TestContext, options: RelayPipeOptions): Promise<RelayPipe> {
  const pipe = await connectRelayOverTls({
    ca: cert,
    env: {},
    timeoutMillis: DEADLINE_MS,
    ...options,
  });
  t.after(async () => {
    pipe.close();
    await pipe.closed;
  });
  return pipe;
}

async function refused(options: RelayPipeOptions): Promise<RelayPipeError> {
  let error: unknown;
  await connectRelayOverTls({ env: {}, timeoutMillis: DEADLINE_MS, ...options }).catch((cause) => {
    error = cause;
  });
  assert.ok(error instanceof RelayPipeError, String(error));
  return error;
}

test("each datagram is one binary message, both ways, and the bytes that are sent are only borrowed", async (t) => {
  const door = await openDoor(t);
  const pipe = await open(t, { url: door.url });
  const came: Buffer[] = [];
  pipe.onDatagram = (datagram) => void came.push(Buffer.from(datagram));
  const bytes = new Uint8Array(1_204).fill(7);
  pipe.send(bytes, 1_204);
  pipe.send(bytes, 32);
  bytes.fill(9);
  await until(() => door.got.length === 2, "both came");
  assert.deepEqual(
    door.got.map(({ data, isBinary }) => [data.length, data.every((one) => one === 7), isBinary]),
    [
      [1_204, true, true],
      [32, true, true],
    ],
  );
  door.visitors[0]!.send(Buffer.alloc(1_204, 3));
  door.visitors[0]!.send(Buffer.alloc(28, 4));
  await until(() => came.length === 2, "both came back");
  assert.deepEqual(
    came.map((one) => [one.length, one[0]]),
    [
      [1_204, 3],
      [28, 4],
    ],
  );
  assert.doesNotMatch(door.heads[0]!, /permessage-deflate/);
  assert.equal(pipe.dropped, 0);
});

test("a certificate that nobody vouches for, or of another name, ends the attempt before anything is asked", async (t) => {
  const door = await openDoor(t);
  const stranger = await refused({ url: door.url });
  assert.equal(stranger.code, "certificate");
  assert.match(stranger.message, /certificate of the relay at localhost:\d+ is not trusted/);
  const other = makeCertificate("relay.example");
  const wrongName = await openDoor(t, other);
  assert.equal((await refused({ url: wrongName.url, ca: other.cert })).code, "certificate");
  assert.equal(door.visitors.length + wrongName.visitors.length, 0);
});

test("an attempt that is given up at once asks nobody", async (t) => {
  const door = await openDoor(t);
  const abort = new AbortController();
  const attempt = refused({ url: door.url, signal: abort.signal });
  abort.abort();
  assert.equal((await attempt).code, "aborted");
  assert.equal(door.connections.size, 0);
});

test("an address that is no wss:// one is refused, and is not repeated to anybody", async () => {
  for (const url of [
    "ws://relay.example/relay",
    "https://x/",
    "no url",
    "wss://u:secret@x/relay",
  ]) {
    const error = await refused({ url });
    assert.equal(error.code, "bad-url");
    assert.doesNotMatch(error.message, /secret/);
  }
});

test("who answers otherwise than a relay, or not at all, is told apart", async (t) => {
  const door = await openDoor(t);
  const elsewhere = await refused({ url: `wss://localhost:${door.port}/other`, ca: cert });
  assert.equal(elsewhere.code, "refused");
  const silent = await listen(
    t,
    createTcpServer((socket) => void socket.resume()),
  );
  const url = `wss://localhost:${silent.port}/relay`;
  const late = await refused({ url, timeoutMillis: 50 });
  assert.equal(late.code, "timeout");
  await until(() => silent.sockets.size === 0, "the late attempt has ended");
  const abort = new AbortController();
  const attempt = refused({ url, signal: abort.signal });
  await until(() => silent.sockets.size > 0, "it has connected");
  abort.abort();
  assert.equal((await attempt).code, "aborted");
  assert.equal((await refused({ url, signal: abort.signal })).code, "aborted");
  await until(() => silent.sockets.size === 0, "nothing stays open");
  const gone = createTcpServer();
  gone.listen(0, "127.0.0.1");
  await once(gone, "listening");
  const { port } = gone.address() as AddressInfo;
  gone.close();
  await once(gone, "close");
  assert.equal((await refused({ url: `wss://localhost:${port}/relay` })).code, "unreachable");
});

/** A proxy as offices have them: CONNECT only. */
async function openProxy(t: TestContext, status = 200) {
  const asked: (string | undefined)[][] = [];
  const server = createHttpServer();
  server.on("connect", (request, socket) => {
    asked.push([request.url, request.headers["proxy-authorization"]]);
    socket.on("error", () => undefined);
    if (status !== 200) {
      socket.end(`HTTP/1.1 ${status} No\r\nContent-Length: 0\r\n\r\n`);
      return;
    }
    const [, port] = request.url!.split(":");
    const target = connect(Number(port), "127.0.0.1", () => {
      socket.write("HTTP/1.1 200 OK\r\n\r\n");
      target.pipe(socket);
      socket.pipe(target);
    });
    target.on("error", () => socket.destroy());
    socket.on("close", () => target.destroy());
    target.on("close", () => socket.destroy());
  });
  const { port } = await listen(t, server);
  return { asked, port };
}

test("the proxy of the environment is used, with its password, unless the relay is among its exceptions", async (t) => {
  const door = await openDoor(t);
  const proxy = await openProxy(t);
  const password = Buffer.from("user:pass").toString("base64");
  for (const name of ["HTTPS_PROXY", "https_proxy"]) {
    const env = { [name]: `http://user:pass@127.0.0.1:${proxy.port}` };
    const pipe = await open(t, { url: door.url, env });
    pipe.send(new Uint8Array(32), 32);
    await until(() => door.got.length > 0, "a datagram came through the proxy");
    door.got.length = 0;
    assert.deepEqual(proxy.asked.pop(), [`localhost:${door.port}`, `Basic ${password}`]);
  }
  await open(t, { url: door.url, env: { https_proxy: `127.0.0.1:${proxy.port}` } });
  assert.deepEqual(proxy.asked.pop(), [`localhost:${door.port}`, undefined]);
  const env = { HTTPS_PROXY: `http://127.0.0.1:${proxy.port}`, NO_PROXY: "localhost" };
  await open(t, { url: door.url, env });
  assert.equal(proxy.asked.length, 0);
  assert.equal(door.visitors.length, 4);
});

test("a proxy that lets nobody through is told from a relay that cannot be reached", async (t) => {
  const door = await openDoor(t);
  const proxy = await openProxy(t, 403);
  const env = { HTTPS_PROXY: `http://user:secret@127.0.0.1:${proxy.port}` };
  const error = await refused({ url: door.url, ca: cert, env });
  const none = await refused({ url: door.url, env: { HTTPS_PROXY: "http://user:secret@[x" } });
  for (const one of [error, none]) {
    assert.equal(one.code, "proxy");
    assert.doesNotMatch(inspect(one), /secret/);
  }
  assert.equal(door.visitors.length, 0);
});

test("while a relay does not read, datagrams are dropped and little is kept; when it reads again, new ones come through", async (t) => {
  const door = await openDoor(t);
  const pipe = await open(t, { url: door.url });
  await until(() => door.visitors.length === 1, "it is there");
  const [visitor] = door.visitors;
  visitor!.pause();
  const bytes = new Uint8Array(1_200);
  const before = process.memoryUsage().arrayBuffers;
  let sent = 0;
  // The system's own buffers are some megabytes.
  await until(() => {
    for (let i = 0; i < 500; i++) pipe.send(bytes, 1_200);
    sent += 500;
    return pipe.dropped > 20_000;
  }, "datagrams are dropped");
  const kept = process.memoryUsage().arrayBuffers - before;
  assert.ok(
    kept < 16 * 1_048_576 + MAX_WAITING_BYTES,
    `${kept} bytes are kept of ${sent} datagrams`,
  );
  visitor!.resume();
  const last = new Uint8Array(33);
  await until(() => {
    pipe.send(last, 33);
    return door.got.some(({ data }) => data.length === 33);
  }, "a new one comes through");
});

test("a relay that sends text, or what is larger than a datagram, loses the connection", async (t) => {
  const door = await openDoor(t);
  for (const wrong of ["text", Buffer.alloc(1_205)]) {
    const pipe = await open(t, { url: door.url });
    let came = 0;
    pipe.onDatagram = () => void came++;
    await until(() => door.visitors.length === 1, "it is there");
    door.visitors.pop()!.send(wrong);
    await pipe.closed;
    assert.equal(came, 0);
    pipe.send(new Uint8Array(32), 32);
    assert.equal(pipe.dropped, 1);
    pipe.close();
    pipe.close();
  }
});

test("the end of the relay's side resolves closed, and so does one's own", async (t) => {
  const door = await openDoor(t);
  const ended = await open(t, { url: door.url });
  await until(() => door.visitors.length === 1, "it is there");
  door.visitors.pop()!.terminate();
  await ended.closed;
  const ending = await open(t, { url: door.url });
  ending.close();
  ending.close();
  await ending.closed;
  await until(() => door.connections.size === 0, "nothing stays open");
});

test("where nobody needs TLS, its library is not loaded", () => {
  const path = join(import.meta.dirname, "../../src/paths/relay-over-tls.ts");
  const script = `
    const { createRequire } = await import("node:module");
    await import(${JSON.stringify(path)});
    const names = Object.keys(createRequire(import.meta.url).cache);
    console.log(names.filter((name) => /node_modules.ws.lib/.test(name)).length);`;
  const words = ["--input-type=module", "--eval", script];
  assert.equal(execFileSync(process.execPath, words, { encoding: "utf8" }).trim(), "0");
});
