import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { test } from "node:test";
import { Worker } from "node:worker_threads";
import { createWebCertificate, WebTransportError, WebTransportServer } from "../src/index.ts";
import { RawClient } from "./helpers/raw-client.ts";
import { serve } from "./helpers/serve.ts";

/** Sends datagrams from a plain socket; gives what comes back within a while. */
async function probe(port: number, ...datagrams: Uint8Array[]): Promise<Buffer[]> {
  const socket = createSocket("udp4");
  const answers: Buffer[] = [];
  socket.on("message", (bytes) => answers.push(bytes));
  await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
  for (const bytes of datagrams) socket.send(bytes, port, "127.0.0.1");
  await new Promise((resolve) => setTimeout(resolve, 100));
  await new Promise<void>((resolve) => socket.close(() => resolve()));
  return answers;
}

/** A long header with connection IDs of 8 bytes, of a client that wants this version, with this token. */
function initial({ version = 1, length = 1200, token = [] as number[] } = {}): Uint8Array {
  const head = [0xc0, 0, 0, 0, version, 8, 1, 2, 3, 4, 5, 6, 7, 8, 8, 9, 9, 9, 9, 9, 9, 9, 9];
  const datagram = new Uint8Array(length);
  datagram.set([...head, token.length, ...token]);
  return datagram;
}

test("a first packet is answered by a Retry, and leaves nothing behind", async () => {
  await using host = await serve();
  const [answer, ...others] = await probe(host.port, initial());
  assert.equal(others.length, 0);
  assert.equal(answer![0]! & 0xf0, 0xf0);
  assert.ok(answer!.length < 1200);
  assert.equal(host.server.counters.retriesSent, 1);
  assert.equal(host.server.counters.connectionsAccepted, 0);
});

test("an unknown version is answered by those that are known", async () => {
  await using host = await serve();
  const [answer] = await probe(host.port, initial({ version: 99 }));
  assert.deepEqual([...answer!.subarray(1, 5)], [0, 0, 0, 0]);
  assert.equal(host.server.counters.versionsNegotiated, 1);
});

test("nothing answers short first packets, made-up tokens, noise, or packets of nobody", async () => {
  await using host = await serve();
  const noise = new Uint8Array(1200).fill(0x40);
  const answers = await probe(
    host.port,
    initial({ length: 1199 }),
    initial({ token: [0, 0, 0, 0, 8, 1, 2, 3, 4, 5, 6, 7, 8, ...Array<number>(16).fill(0)] }),
    initial({ version: 0 }),
    noise,
    noise.subarray(0, 1),
    new Uint8Array(0),
    Uint8Array.of(0xc0, ...new Uint8Array(40).fill(0xff)),
  );
  assert.equal(answers.length, 0);
  const { counters } = host.server;
  assert.equal(counters.droppedBadToken, 1);
  assert.equal(counters.droppedUnknownConnection, 2);
  assert.equal(counters.droppedMalformed, 4);
  assert.equal(counters.connectionsAccepted, 0);
});

for (const how of ["rebind", "migrate"] as const)
  test(`a session goes on where the client's address changes (${how})`, async () => {
    await using host = await serve({
      onSession(session) {
        session.onDatagram = (bytes) => session.sendDatagram(bytes);
      },
    });
    await using client = await RawClient.connect(host.port);
    client.sendSettings();
    await client.connectSession(0);
    const before = host.sessions[0]!.remote.port;
    await client[how]();
    await client.until(() => {
      client.sendDatagram(0, 5);
      return client.datagrams.length > 0;
    }, "the echo");
    await client.until(() => host.sessions[0]!.remote.port !== before, "the new address");
    assert.deepEqual(host.sessions[0]!.remote, { address: "127.0.0.1", port: client.port });
    assert.equal(host.server.counters.connectionsAccepted, 1);
    assert.ok(host.server.counters.migrations > 0);
  });

test("a client that vanishes loses its session after the idle time", async () => {
  await using host = await serve({ limits: { idleMillis: 300, keepAliveMillis: 50 } });
  await using client = await RawClient.connect(host.port);
  client.sendSettings();
  await client.connectSession(0);
  client.isMute = true;
  assert.deepEqual(await host.sessions[0]!.closed, { code: 0, reason: "", by: "lost" });
});

test("a connection without a session is given up", async () => {
  await using host = await serve({ limits: { handshakeMillis: 100 } });
  await using client = await RawClient.connect(host.port);
  await client.until(() => client.closedWith !== undefined, "the end");
  await client.until(() => host.server.counters.connectionsClosed === 1, "its forgetting");
});

test("connections over the limits are not answered", async () => {
  await using host = await serve({ limits: { connectionsPerAddress: 1 } });
  await using first = await RawClient.connect(host.port);
  await using second = await RawClient.connect(host.port, { handshake: false });
  await second.until(() => host.server.counters.droppedOverLimit > 0, "the drop");
  assert.equal(first.closedWith, undefined);
  assert.equal(host.server.counters.connectionsAccepted, 1);
});

test("a datagram that is too long is not sent; a full queue takes no more", async () => {
  await using host = await serve({ limits: { datagramQueue: 16 } });
  await using client = await RawClient.connect(host.port);
  client.sendSettings();
  await client.connectSession(0);
  const session = host.sessions[0]!;
  assert.equal(session.sendDatagram(new Uint8Array(session.maxDatagramBytes)), true);
  assert.equal(session.sendDatagram(new Uint8Array(session.maxDatagramBytes + 1)), false);
  assert.equal(session.sendDatagram(new Uint8Array(100_000)), false);
  let taken = 0;
  while (session.sendDatagram(new Uint8Array(1000)) && taken < 1000) taken++;
  assert.ok(taken < 1000, "the queue has no end");
  assert.ok(session.stats().queuedDatagrams <= 16);
  assert.equal(host.server.counters.datagramsDropped, 3);
});

test("a datagram that must not wait is not kept once the congestion window is full", async () => {
  await using host = await serve();
  await using client = await RawClient.connect(host.port);
  client.sendSettings();
  await client.connectSession(0);
  const session = host.sessions[0]!;
  let sent = 0;
  while (session.sendDatagramNow(new Uint8Array(1000)) && sent < 1000) sent++;
  assert.ok(sent > 0 && sent < 1000, `${sent} were sent`);
  assert.equal(session.stats().queuedDatagrams, 0);
  assert.equal(session.sendDatagram(new Uint8Array(1000)), true);
  assert.equal(session.stats().queuedDatagrams, 1);
  assert.equal(session.sendDatagramNow(new Uint8Array(1000)), false);
  assert.equal(session.stats().queuedDatagrams, 1, "what waits already is kept");
  assert.equal(session.sendDatagramNow(new Uint8Array(100_000)), false);
});

test("a taken port, a foreign address and a broken certificate are told apart", async () => {
  await using host = await serve();
  const options = {
    certificate: createWebCertificate(),
    allowOrigin: () => true,
    onSession: () => {},
  };
  const listen = (extra: object) => WebTransportServer.listen({ ...options, ...extra });
  const code = (expected: string) => (error: unknown) =>
    error instanceof WebTransportError && error.code === expected;
  await assert.rejects(listen({ address: "127.0.0.1", port: host.port }), code("port-in-use"));
  await assert.rejects(listen({ address: "192.0.2.1" }), code("address-unavailable"));
  const certificate = { ...createWebCertificate(), keyPem: "secret" };
  await assert.rejects(listen({ certificate }), (error: Error) => {
    assert.ok(!String(error.stack).includes("secret"));
    return code("bad-certificate")(error);
  });
  assert.throws(() => host.server.rotateCertificate(certificate), code("bad-certificate"));
  await assert.rejects(listen({ limits: { streams: 0 } }), RangeError);
});

test("it runs in a worker, which ends by itself once the server is closed", async () => {
  const index = new URL("../src/index.ts", import.meta.url).href;
  const worker = new Worker(
    `import { parentPort } from "node:worker_threads";
    import { createWebCertificate, WebTransportServer } from ${JSON.stringify(index)};
    const server = await WebTransportServer.listen({
      address: "127.0.0.1",
      certificate: createWebCertificate(),
      allowOrigin: () => true,
      onSession(session) {
        session.onDatagram = (bytes) => session.sendDatagram(bytes);
      },
    });
    parentPort.postMessage(server.address.port);
    parentPort.once("message", () => server.close());`,
    { eval: true, type: "module" } as never,
  );
  const ended = new Promise<number>((resolve) => worker.once("exit", resolve));
  const port = await new Promise<number>((resolve, reject) => {
    worker.once("message", resolve);
    worker.once("error", reject);
  });
  await using client = await RawClient.connect(port);
  client.sendSettings();
  assert.equal(await client.connectSession(0), "200");
  client.sendDatagram(0, 3);
  await client.until(() => client.datagrams.length > 0, "the echo");
  worker.postMessage("close");
  assert.equal(await ended, 0);
});

test("closing twice, and while a session is open, frees the port", async () => {
  const host = await serve();
  await using client = await RawClient.connect(host.port);
  client.sendSettings();
  await client.connectSession(0);
  await Promise.all([host.server.close(), host.server.close()]);
  assert.deepEqual(await host.sessions[0]!.closed, { code: 0, reason: "", by: "local" });
  assert.equal(host.server.counters.connectionsClosed, 1);
  await using again = await WebTransportServer.listen({
    ...{ address: "127.0.0.1", port: host.port, certificate: createWebCertificate() },
    ...{ allowOrigin: () => true, onSession: () => {} },
  });
  assert.equal(again.address.port, host.port);
});
