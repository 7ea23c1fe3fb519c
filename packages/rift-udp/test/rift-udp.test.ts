import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { networkInterfaces } from "node:os";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import {
  CloseReason,
  screenUpdateHeaderBytes,
  UpdateCodec,
  writeScreenUpdateHeader,
} from "@wavry/rift-core";
import { createIdentity, type Identity } from "@wavry/rift-crypto";
import { nodeSuite as suite } from "@wavry/rift-crypto/node";
import {
  type Admission,
  type BindOptions,
  ConnectError,
  EndpointError,
  type RiftConnection,
  RiftEndpoint,
} from "@wavry/rift-udp";

const hostIdentity = createIdentity(suite);
const clientIdentity = createIdentity(suite);

const HAS_IPV6 = Object.values(networkInterfaces()).some((entries) =>
  entries?.some((entry) => entry.address === "::1"),
);

/** Waits for a condition, with a generous limit. */
async function until(condition: () => boolean): Promise<void> {
  const deadline = performance.now() + 20_000;
  while (!condition()) {
    assert.ok(performance.now() < deadline, "the condition never held");
    await sleep(2);
  }
}

function admitting(...identities: Identity[]): Admission {
  return { pairedStatics: () => identities, pairingSecrets: () => [], onPaired: () => undefined };
}

async function bindHost(options: Partial<BindOptions> = {}): Promise<RiftEndpoint> {
  const admission = admitting(clientIdentity);
  return await RiftEndpoint.bind({ identity: hostIdentity, suite, admission, ...options });
}

async function bindClient(identity: Identity = clientIdentity): Promise<RiftEndpoint> {
  return await RiftEndpoint.bind({ identity, suite });
}

function connect(
  client: RiftEndpoint,
  port: number,
  address = "127.0.0.1",
): Promise<RiftConnection> {
  return client.connect({
    addresses: [{ address, port }],
    remote: { wavryId: hostIdentity.wavryId, staticKey: hostIdentity.staticKey },
  });
}

function update(bytes: number): Uint8Array {
  const out = new Uint8Array(screenUpdateHeaderBytes(1) + bytes).fill(7);
  writeScreenUpdateHeader(out, 0, {
    codec: UpdateCodec.h264,
    keyframe: true,
    display: 0,
    screen: { width: 8, height: 8 },
    rects: [{ x: 0, y: 0, width: 8, height: 8 }],
    capturedAt: 0,
    captureMicros: 0,
    convertMicros: 0,
    encodeMicros: 0,
  });
  return out;
}

for (const [name, bindAddress, address, prefer] of [
  ["IPv4", "127.0.0.1", "127.0.0.1", "best"],
  ["IPv6", "::1", "::1", "best"],
  ["IPv4 on a socket for both", undefined, "127.0.0.1", "best"],
  ["IPv6 on a socket for both", undefined, "::1", "best"],
  ["IPv4 and node:dgram", "127.0.0.1", "127.0.0.1", "plain"],
  ["IPv6 and node:dgram", undefined, "::1", "plain"],
] as const)
  test(`every kind of message crosses a real socket over ${name}`, {
    skip: address === "::1" && !HAS_IPV6 ? "this machine has no ::1" : false,
  }, async () => {
    await using host = await bindHost({ address: bindAddress, prefer });
    await using client = await bindClient();
    let hosted: RiftConnection | undefined;
    const seen: string[] = [];
    host.onConnection = (connection) => {
      hosted = connection;
      connection.onControl = (message) => seen.push(`host control ${message.body.case}`);
      connection.onInput = (datagram) => {
        seen.push(`input ${datagram.join()}`);
        connection.acknowledgeInput(datagram[0]!);
      };
      connection.onKeyframeRequested = () => seen.push("keyframe requested");
      connection.sendControl({ body: { case: "notice", value: { code: "early", text: "" } } });
    };
    const connection = await connect(client, host.address.port, address);
    assert.equal(connection.remote.address, address);
    // Set late on purpose: what came before is kept.
    await sleep(20);
    connection.onControl = (message) => seen.push(`client control ${message.body.case}`);
    connection.onInputAcknowledged = (sequence) => seen.push(`acknowledged ${sequence}`);
    connection.onCursor = ({ x }) => seen.push(`cursor ${x}`);
    connection.onUpdate = (bytes, { frameId }) => seen.push(`update ${frameId} ${bytes.length}`);
    connection.sendControl({ body: { case: "hello", value: { deviceName: "test" } } });
    connection.sendInput(Uint8Array.of(9, 8));
    await until(() => hosted !== undefined && seen.includes("acknowledged 9"));
    hosted!.sendCursor({ display: 0, x: -4, y: 2, visible: true, shapeId: 1 });
    connection.requestKeyframe();
    await until(() => seen.includes("keyframe requested"));
    const big = update(300_000);
    assert.equal(hosted!.sendUpdate(big), 1);
    for (const wanted of [
      "client control notice",
      "host control hello",
      "input 9,8",
      "cursor -4",
      `update 1 ${big.length}`,
    ])
      await until(() => seen.includes(wanted));
    assert.ok(connection.stats().rttMicros > 0);
    connection.close(CloseReason.done, "enough");
    assert.deepEqual(await connection.closed, {
      reason: CloseReason.done,
      message: "enough",
      remote: false,
    });
    assert.deepEqual(await hosted!.closed, {
      reason: CloseReason.done,
      message: "enough",
      remote: true,
    });
    assert.equal(host.connections.length, 0);
    assert.equal(host.counters.sendErrors, 0);
  });

test("an input datagram is on the wire before the sending turn goes on", async () => {
  const secret = suite.randomBytes(16);
  const arrivals = new SharedArrayBuffer(4);
  const counter = new Int32Array(arrivals);
  const worker = new Worker(new URL("./host-worker.ts", import.meta.url), {
    workerData: { identity: hostIdentity, secret, arrivals },
  });
  try {
    const [address] = await once(worker, "message");
    await using client = await bindClient();
    const connection = await client.connect({
      addresses: [address],
      remote: { wavryId: hostIdentity.wavryId, pairingSecret: secret },
    });
    for (let i = 0; i < 20; i++) {
      connection.sendInput(Uint8Array.of(i));
      // This thread's loop does not turn while it waits here.
      assert.notEqual(Atomics.wait(counter, 0, i, 20_000), "timed-out");
    }
  } finally {
    worker.postMessage("close");
    await once(worker, "exit");
  }
});

test("several clients are connected at once, and each gets its own", async () => {
  const identities = [0, 1, 2].map(() => createIdentity(suite));
  await using host = await bindHost({ admission: admitting(...identities) });
  host.onConnection = (connection) => {
    connection.onInput = (datagram) => connection.acknowledgeInput(datagram[0]!);
  };
  await Promise.all(
    identities.map(async (identity, i) => {
      await using client = await bindClient(identity);
      const connection = await connect(client, host.address.port);
      const acknowledged = Promise.withResolvers<number>();
      connection.onInputAcknowledged = acknowledged.resolve;
      connection.sendInput(Uint8Array.of(i + 1));
      assert.equal(await acknowledged.promise, i + 1);
    }),
  );
  assert.equal(host.counters.handshakesCompleted, 3);
});

test("a port in use is an EndpointError that says what to do", async () => {
  await using host = await bindHost();
  await assert.rejects(
    bindHost({ port: host.address.port }),
    (error) =>
      error instanceof EndpointError &&
      error.code === "port-in-use" &&
      error.message.includes(String(host.address.port)) &&
      error.message.includes("choose another port"),
  );
});

test("an address that the machine does not have is an EndpointError", async () => {
  await assert.rejects(bindHost({ address: "192.0.2.1" }), { code: "address-unavailable" });
});

test("connecting to a host that is not there, or that does not know us, times out", async () => {
  await using host = await bindHost({ admission: admitting() });
  await using client = await bindClient();
  const silent = createSocket("udp4");
  const received: Uint8Array[] = [];
  silent.bind(0, "127.0.0.1");
  silent.on("message", (datagram) => received.push(datagram));
  await once(silent, "listening");
  await assert.rejects(
    client.connect({
      addresses: [
        { address: "127.0.0.1", port: host.address.port },
        { address: "127.0.0.1", port: silent.address().port },
        { address: "127.0.0.1", port: 1 },
        { address: "2001:db8::1", port: 1 },
      ],
      remote: { wavryId: hostIdentity.wavryId, staticKey: hostIdentity.staticKey },
      timeoutMicros: 600_000,
    }),
    (error) => error instanceof ConnectError && error.code === "timeout",
  );
  assert.ok(received.length >= 2 && received.every(({ length }) => length === 256));
  assert.ok(host.counters.unproven >= 2);
  silent.close();
});

test("connecting to a name instead of a numeric address is a TypeError", async () => {
  await using client = await bindClient();
  await assert.rejects(connect(client, 1, "localhost"), TypeError);
});

test("aborting a connect rejects with aborted", async () => {
  await using client = await bindClient();
  const controller = new AbortController();
  const attempt = client.connect({
    addresses: [{ address: "127.0.0.1", port: 1 }],
    remote: { wavryId: hostIdentity.wavryId, staticKey: hostIdentity.staticKey },
    signal: controller.signal,
  });
  controller.abort();
  await assert.rejects(attempt, { code: "aborted" });
});

test("closing an endpoint tells every peer, frees the port, and is idempotent", async () => {
  const host = await bindHost();
  await using client = await bindClient();
  const connection = await connect(client, host.address.port);
  const { port } = host.address;
  await Promise.all([host.close(CloseReason.shutdown, "going down"), host.close()]);
  assert.deepEqual(await connection.closed, {
    reason: CloseReason.shutdown,
    message: "going down",
    remote: true,
  });
  connection.sendInput(Uint8Array.of(1));
  connection.sendControl({ body: { case: "hello", value: {} } });
  await using again = await bindHost({ port });
  assert.equal(again.address.port, port);
});

test("a client reconnects on a new socket, and its old connection ends as replaced", async () => {
  await using host = await bindHost();
  const hosted: RiftConnection[] = [];
  host.onConnection = (connection) => hosted.push(connection);
  await using first = await bindClient();
  const old = await connect(first, host.address.port);
  await using second = await bindClient();
  await connect(second, host.address.port);
  assert.equal((await old.closed).reason, CloseReason.replaced);
  assert.equal((await hosted[0]!.closed).reason, CloseReason.replaced);
  assert.equal(host.connections.length, 1);
});

test("garbage from a stranger is counted and not answered", async () => {
  await using host = await bindHost();
  const stranger = createSocket("udp4");
  let answers = 0;
  stranger.on("message", () => answers++);
  stranger.bind(0, "127.0.0.1");
  await once(stranger, "listening");
  for (let i = 0; i < 500; i++)
    stranger.send(suite.randomBytes(1 + ((i * 7) % 1400)), host.address.port, "127.0.0.1");
  const total = (): number => {
    const { malformed, unsupported, unknownConnection, unproven } = host.counters;
    return malformed + unsupported + unknownConnection + unproven;
  };
  await until(() => total() >= 400);
  assert.equal(answers, 0);
  stranger.close();
});
