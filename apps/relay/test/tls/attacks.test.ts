import assert from "node:assert/strict";
import { once } from "node:events";
import type { Socket } from "node:net";
import { test } from "node:test";
import type { RelayPipe } from "@wavry/rift-udp/paths";
import { WebSocket } from "ws";
import type { TlsCounters } from "../../src/index.ts";
import { until } from "../helpers.ts";
import { CERTIFICATE, carry, closed, frame, TlsScene, UPGRADE } from "./scene.ts";

const BINARY = 2;
const TEXT = 1;
const CONTINUATION = 0;
const PING = 9;
/** A hello of TLS 1.2 or 1.3: record head of 5 bytes, of which the rest never comes. */
const HALF_HELLO = Buffer.from("16030102000100", "hex");
const MANY = { burst: 1_000_000, perSecond: 1_000_000 };

/** What is counted now, apart from what is. */
function counted(scene: TlsScene, names: readonly (keyof TlsCounters)[]): number[] {
  const { counters } = scene.door.status;
  return names.map((name) => counters[name]);
}

test("slow TLS clients are cut in time, at whatever step they dawdle, and a session goes on beside them", async () => {
  await using scene = await TlsScene.open({ handshakeMillis: 4_000, strangerMillis: 6_000 });
  const [client, host] = await scene.session("tls", "udp");
  const silent = scene.tcp();
  const halfHello = scene.tcp();
  halfHello.write(HALF_HELLO);
  const [noRequest, halfHead, drippingHead, unfinishedBody] = [
    ...[await scene.tls(), await scene.tls(), await scene.tls(), await scene.tls()],
  ] as const;
  halfHead!.write(UPGRADE.slice(0, -4));
  unfinishedBody!.write("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n\r\n");
  // As slowloris does it: there is always a further header to come.
  const drip = setInterval(() => drippingHead!.write("X-A: b\r\n"), 200);
  drippingHead!.write("GET /relay HTTP/1.1\r\n");
  const neverAdmitted = await scene.rawWebSocket();
  const drippingMessage = await scene.rawWebSocket();
  const slow = frame(BINARY, Buffer.alloc(1_000));
  let at = 0;
  const dripMore = setInterval(() => drippingMessage.write(slow.subarray(at, ++at)), 100);
  try {
    const attackers = [silent, halfHello, noRequest!, halfHead!, drippingHead!, unfinishedBody!];
    await Promise.all([...attackers, neverAdmitted, drippingMessage].map(closed));
  } finally {
    clearInterval(drip);
    clearInterval(dripMore);
  }
  assert.equal(counted(scene, ["cutStranger"])[0], 2);
  await until(() => scene.door.status.connections === 1, "only the session's is left");
  await carry(client, host, 3);
  await carry(host, client, 3);
});

test("half-open handshakes beyond a number push each other out, and those who were admitted stay", async () => {
  await using scene = await TlsScene.open({ strangers: 8 });
  const [client, host] = await scene.session("tls", "udp");
  const first: Socket[] = [];
  const { accepted } = scene.door.status.counters;
  for (let i = 0; i < 24; i++) {
    const socket = scene.tcp();
    socket.write(HALF_HELLO);
    first.push(socket);
    await until(() => scene.door.status.counters.accepted > accepted + i, "it was taken");
  }
  await Promise.all(first.slice(0, 16).map(closed));
  assert.equal(counted(scene, ["cutPushedOut"])[0], 16);
  assert.equal(scene.door.status.admitted, 1);
  await carry(client, host, 3);
  await scene.rawWebSocket();
});

test("one network has so many connections and no more, and gets a new one when one is over", async () => {
  await using scene = await TlsScene.open({ connectionsOfNetwork: 4 });
  const [client, host] = await scene.session("tls", "tls");
  const { accepted } = scene.door.status.counters;
  const two = [await scene.rawWebSocket(), await scene.rawWebSocket()];
  const beyond = [scene.tcp(), scene.tcp(), scene.tcp()];
  await Promise.all(beyond.map(closed));
  assert.deepEqual(counted(scene, ["accepted", "refusedNetwork"]), [accepted + 2, 3]);
  two[0]!.destroy();
  await until(() => scene.door.status.connections === 3, "one has gone");
  await scene.rawWebSocket();
  await carry(client, host, 3);
});

test("all together have so many connections, and so many arrive at once", async () => {
  await using few = await TlsScene.open({ connections: 3 });
  const kept = [few.tcp(), few.tcp(), few.tcp()];
  await until(() => few.door.status.connections === 3, "three are here");
  await closed(few.tcp());
  assert.deepEqual(counted(few, ["accepted", "refusedFull"]), [3, 1]);
  assert.ok(kept.every((socket) => !socket.destroyed));
  for (const name of ["arrivals", "arrivalsOfNetwork"] as const) {
    await using slow = await TlsScene.open({ [name]: { burst: 2, perSecond: 0.001 } });
    await Promise.all([slow.tcp(), slow.tcp(), slow.tcp(), slow.tcp()].map(reachedOrClosed));
    await until(() => counted(slow, ["refusedRate"])[0] === 2, "two were refused");
    assert.equal(counted(slow, ["accepted"])[0], 2);
  }
});

function reachedOrClosed(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    socket.once("connect", () => resolve());
    socket.once("close", () => resolve());
  });
}

test("what is no datagram ends its connection: too large, announced too large, text, pieces, without a mask", async () => {
  await using scene = await TlsScene.open();
  const [client, host] = await scene.session("tls", "udp");
  const piece = frame(BINARY, Buffer.of(1), { isFinal: false });
  const more = frame(CONTINUATION, Buffer.of(1), { isFinal: false });
  const empty = frame(CONTINUATION, Buffer.alloc(0), { isFinal: false });
  const wrong: readonly (readonly [Buffer, number])[] = [
    [frame(BINARY, Buffer.alloc(1_205)), 1009],
    [frame(BINARY, Buffer.alloc(10), { announced: 2 ** 40 }), 1009],
    [frame(BINARY, Buffer.alloc(10), { announced: 2 ** 31 }), 1009],
    [frame(TEXT, Buffer.from("hello")), 1003],
    [Buffer.concat([piece, ...Array<Buffer>(64).fill(more)]), 1008],
    [Buffer.concat([piece, ...Array<Buffer>(64).fill(empty)]), 1008],
    [frame(BINARY, Buffer.alloc(32), { isMasked: false }), 1002],
    [Buffer.of(0xff, 0xff, 0xff, 0xff), 1002],
  ];
  for (const [bytes, code] of wrong) {
    const socket = await scene.rawWebSocket();
    let got = Buffer.alloc(0);
    socket.on("data", (chunk: Buffer) => {
      got = Buffer.concat([got, chunk]);
    });
    socket.write(bytes);
    await closed(socket);
    assert.deepEqual([got[0], got.readUInt16BE(2)], [0x88, code], `${got.toString("hex")} ${code}`);
  }
  assert.equal(counted(scene, ["cutUnruly"])[0], wrong.length);
  assert.equal(scene.server.status.counters.malformed, 0);
  await carry(client, host, 3);
});

/** Writes the same again and again, as fast as it is taken, until it is over. */
function flood(socket: Socket, bytes: Buffer): void {
  const write = (): void => {
    while (!socket.destroyed && socket.write(bytes));
  };
  socket.on("drain", write);
  write();
}

test("a stranger that floods is read slowly and then cut, and a session keeps its packets", async () => {
  await using scene = await TlsScene.open({ strangerMillis: 5_000 });
  const [client, host] = await scene.session("tls", "udp");
  const floods = [
    frame(BINARY, Buffer.alloc(1_204, 0x44)),
    frame(BINARY, Buffer.alloc(0)),
    frame(PING, Buffer.alloc(125)),
    frame(PING, Buffer.alloc(0)),
  ].map((one) => Buffer.concat(Array<Buffer>(200).fill(one)));
  const sockets: Socket[] = [];
  for (const bytes of floods) {
    const socket = await scene.rawWebSocket();
    sockets.push(socket);
    // It reads nothing of what comes back.
    socket.pause();
    flood(socket, bytes);
  }
  await until(() => counted(scene, ["paused"])[0]! >= 4, "each has been paused");
  await carry(client, host, 10);
  await carry(host, client, 10);
  const { received } = scene.door.status.counters;
  await until(() => counted(scene, ["cutStranger"])[0] === 4, "all are cut");
  await until(() => scene.door.status.connections === 1, "only the session's is left");
  // 32 KiB a second and what one read brings: not what a line carries.
  assert.ok(received < 40_000, `${received} messages were taken`);
  for (const socket of sockets) socket.destroy();
});

/** A pipe whose reader can stop. */
async function connectStopping(url: string): Promise<{ socket: WebSocket; pipe: RelayPipe }> {
  const socket = new WebSocket(url, { ca: CERTIFICATE.cert });
  socket.on("error", () => undefined);
  await once(socket, "open");
  const { promise: closed, resolve } = Promise.withResolvers<void>();
  socket.once("close", () => resolve());
  const pipe: RelayPipe = {
    send: (bytes, length) => socket.send(bytes.slice(0, length)),
    ...{ onDatagram: undefined, dropped: 0, closed, close: () => socket.terminate() },
  };
  socket.on("message", (data) => pipe.onDatagram?.(data as Buffer));
  return { socket, pipe };
}

test("a side that does not read loses datagrams and then its connection, and its relay keeps next to nothing for it", async () => {
  await using scene = await TlsScene.open({ stalledMillis: 3_000 });
  const sockets: WebSocket[] = [];
  const [client, host] = await scene.session("tls", "udp", async (url) => {
    const { socket, pipe } = await connectStopping(url);
    sockets.push(socket);
    return pipe;
  });
  await carry(host, client, 3);
  sockets.at(-1)!.pause();
  const rift = Buffer.alloc(1_200, 5);
  const before = process.memoryUsage().arrayBuffers;
  let most = 0;
  await until(() => {
    for (let i = 0; i < 100; i++) host.send(rift);
    most = Math.max(most, process.memoryUsage().arrayBuffers - before);
    return scene.door.status.counters.cutStalled === 1;
  }, "it is cut");
  assert.ok(scene.door.status.counters.dropped > 100);
  assert.ok(most < 64 * 1_048_576, `${most} bytes`);
  assert.equal(scene.server.status.sessions, 1);
  assert.equal(host.leg.state, "ready");
  assert.ok("pipe" in client);
  await client.pipe.closed;
});

test("an admitted side that sends more than its rate is not read faster than it may send", async () => {
  await using scene = await TlsScene.open();
  const [client, host] = await scene.session("tls", "udp");
  const rift = Buffer.alloc(1_200, 5);
  await until(() => {
    for (let i = 0; i < 50; i++) client.send(rift);
    return counted(scene, ["paused"])[0]! > 2;
  }, "reading is paused, and goes on");
  // The table drops what is over the rate of the lease; what is read beyond that is a share of it.
  const { forwarded, overRate } = scene.server.status.counters;
  assert.ok(forwarded > 0 && overRate < 20 * forwarded, `${overRate} beside ${forwarded}`);
  await carry(host, client, 3);
});

test("a connection on which a session ended is a stranger's again", async () => {
  await using scene = await TlsScene.open({ strangerMillis: 3_000, arrivals: MANY });
  const [client, host] = await scene.session("tls", "udp");
  host.leg.close();
  host.drain();
  await until(() => client.leg.state === "ended", "the session has ended");
  assert.ok("pipe" in client);
  await client.pipe.closed;
  assert.equal(counted(scene, ["cutStranger"])[0], 1);
});
