import assert from "node:assert/strict";
import { test } from "node:test";
import { encodeCloseCapsule } from "../src/http3/capsule.ts";
import { encodeFrame } from "../src/http3/frame-reader.ts";
import { Http3Code } from "../src/http3/http3-error.ts";
import { decodeSettings, SettingId } from "../src/http3/settings.ts";
import { FrameType, StreamType } from "../src/http3/stream-type.ts";
import { varintsThen } from "../src/http3/varint.ts";
import { RawClient, SESSION } from "./helpers/raw-client.ts";
import { serve } from "./helpers/serve.ts";

test("the server's settings offer WebTransport and a table", async () => {
  await using host = await serve();
  await using client = await RawClient.connect(host.port);
  await client.until(() => client.stream(3).bytes.length > 10, "settings");
  const [type, frame, length, ...payload] = client.stream(3).bytes;
  assert.deepEqual([type, frame, length], [StreamType.control, FrameType.settings, payload.length]);
  const settings = decodeSettings(Uint8Array.from(payload));
  assert.equal(settings.get(SettingId.enableConnectProtocol), 1);
  assert.equal(settings.get(SettingId.h3Datagram), 1);
  assert.equal(settings.get(SettingId.enableWebTransport), 1);
  assert.equal(settings.get(SettingId.qpackBlockedStreams), 0);
});

for (const [what, extra, status] of [
  ["the right path and origin", {}, "200"],
  ["a query behind the path", { ":path": "/wavry?session=1" }, "200"],
  ["another path", { ":path": "/other" }, "404"],
  ["a path that only begins alike", { ":path": "/wavry/x" }, "404"],
  ["another origin", { origin: "https://evil.example" }, "403"],
  ["no origin", { origin: undefined }, "403"],
  ["another protocol", { ":protocol": "websocket" }, "501"],
  ["a GET", { ":method": "GET", ":protocol": undefined }, "404"],
  ["no scheme", { ":scheme": undefined }, `reset ${Http3Code.messageError}`],
  ["a name with capitals", { Origin: "x" }, `reset ${Http3Code.messageError}`],
  ["a field of connections", { connection: "close" }, `reset ${Http3Code.messageError}`],
] as const)
  test(`a request with ${what} is answered with ${status}`, async () => {
    await using host = await serve();
    await using client = await RawClient.connect(host.port);
    client.sendSettings();
    assert.equal(await client.connectSession(0, extra), status);
    assert.equal(host.sessions.length, status === "200" ? 1 : 0);
  });

test("a request before the settings waits for them", async () => {
  await using host = await serve();
  await using client = await RawClient.connect(host.port);
  client.request(0, Object.entries(SESSION));
  const status = client.connectSession(4);
  await client.until(() => client.stream(3).bytes.length > 0, "the server's settings");
  assert.equal(host.sessions.length, 0);
  client.sendSettings();
  assert.equal(await status, "200");
  assert.equal(host.sessions.length, 2);
});

test("a client without datagrams gets no session", async () => {
  await using host = await serve();
  await using client = await RawClient.connect(host.port);
  client.sendSettings([]);
  assert.equal(await client.connectSession(0), "400");
});

const SETTINGS = encodeFrame(FrameType.settings, new Uint8Array(0));
const control = (...frames: Uint8Array[]): number[] => [0, ...frames.flatMap((f) => [...f])];
const frame = (type: number, ...payload: number[]): Uint8Array =>
  encodeFrame(type, Uint8Array.from(payload));

/** What is sent on streams in one direction, and the code that it ends the connection with. */
const BROKEN_RULES: readonly [what: string, streams: readonly number[][], code: number][] = [
  ["a control stream without settings", [control(frame(FrameType.goaway, 0))], 0x10a],
  ["settings twice", [control(SETTINGS, SETTINGS)], 0x105],
  ["a setting twice", [control(frame(FrameType.settings, 1, 0, 1, 0))], 0x109],
  ["a setting of HTTP/2", [control(frame(FrameType.settings, 2, 0))], 0x109],
  ["settings that are cut short", [control(frame(FrameType.settings, 1))], 0x106],
  ["a setting that is neither 0 nor 1", [control(frame(FrameType.settings, 0x33, 2))], 0x109],
  ["data on the control stream", [control(SETTINGS, frame(FrameType.data, 1))], 0x105],
  ["a frame of HTTP/2", [control(SETTINGS, frame(0x06))], 0x105],
  ["a number with something behind it", [control(SETTINGS, frame(FrameType.goaway, 0, 0))], 0x106],
  ["a push that is cancelled", [control(SETTINGS, frame(FrameType.cancelPush, 0))], 0x108],
  ["huge settings", [control(Uint8Array.of(4, 0x80, 1, 0, 0))], 0x107],
  ["two control streams", [control(SETTINGS), control(SETTINGS)], 0x103],
  ["a push stream", [[StreamType.push, 0]], 0x103],
  ["a table over what was offered", [[StreamType.qpackEncoder, 0x3f, 0xff, 0xff, 0x01]], 0x201],
  ["an entry over the table", [[StreamType.qpackEncoder, 0xc1, 0x01, 0x61]], 0x201],
  ["an acknowledgement of nothing", [[StreamType.qpackDecoder, 0x80]], 0x202],
  ["a stream of no session", [[0x40, StreamType.webTransport, 1]], 0x108],
];

for (const [what, streams, code] of BROKEN_RULES)
  test(`${what} ends the connection with 0x${code.toString(16)}`, async () => {
    await using host = await serve();
    await using client = await RawClient.connect(host.port);
    for (const bytes of streams) client.openUni(Uint8Array.from(bytes));
    await client.until(() => client.closedWith !== undefined, "the end");
    assert.equal(client.closedWith, code);
    assert.equal(host.server.counters.protocolErrors, 1);
  });

for (const [what, bytes, code] of [
  ["data before headers", frame(FrameType.data, 1), 0x105],
  ["settings in a request", SETTINGS, 0x105],
  ["headers of an unknown entry", frame(FrameType.headers, 2, 0, 0x80), 0x200],
  ["headers that are cut short", frame(FrameType.headers, 0, 0, 0x51), 0x200],
  ["huge headers", Uint8Array.of(1, 0x80, 1, 0, 0), 0x107],
] as const)
  test(`${what} end the connection with 0x${code.toString(16)}`, async () => {
    await using host = await serve();
    await using client = await RawClient.connect(host.port);
    client.sendSettings();
    client.write(0, bytes);
    await client.until(() => client.closedWith !== undefined, "the end");
    assert.equal(client.closedWith, code);
  });

test("closing a stream of HTTP/3 itself ends the connection", async () => {
  await using host = await serve();
  await using client = await RawClient.connect(host.port);
  client.openUni(Uint8Array.of(StreamType.qpackEncoder), true);
  await client.until(() => client.closedWith !== undefined, "the end");
  assert.equal(client.closedWith, Http3Code.closedCriticalStream);
});

test("unknown streams, frames, settings and capsules do no harm", async () => {
  await using host = await serve();
  await using client = await RawClient.connect(host.port);
  client.sendSettings([
    [SettingId.h3Datagram, 1],
    [0x21, 5],
  ]);
  client.openUni(varintsThen([0x21 + 0x1f * 7], new Uint8Array(100)));
  client.write(0, frame(0x21, 1, 2, 3));
  assert.equal(await client.connectSession(0), "200");
  client.write(0, frame(FrameType.data, ...frame(0x21 + 0x1f, 9, 9)));
  client.sendDatagram(0, 7);
  host.sessions[0]!.onDatagram = (bytes) => host.sessions[0]!.sendDatagram(bytes);
  client.sendDatagram(0, 8);
  await client.until(() => client.datagrams.length > 0, "a datagram");
  assert.equal(client.closedWith, undefined);
});

test("several sessions share a connection, and each gets its own datagrams", async () => {
  const got: string[] = [];
  await using host = await serve({
    limits: { sessionsPerConnection: 2 },
    onSession(session) {
      session.onDatagram = (bytes) => {
        got.push(`${session.path}:${bytes.join()}`);
        session.sendDatagram(bytes);
      };
    },
  });
  await using client = await RawClient.connect(host.port);
  client.sendSettings();
  assert.equal(await client.connectSession(0, { ":path": "/wavry?a" }), "200");
  assert.equal(await client.connectSession(4, { ":path": "/wavry?b" }), "200");
  assert.equal(await client.connectSession(8), `reset ${Http3Code.requestRejected}`);
  client.sendDatagram(0, 1);
  client.sendDatagram(1, 2);
  client.sendDatagram(5, 3);
  await client.until(() => client.datagrams.length === 2, "both datagrams");
  assert.deepEqual(got, ["/wavry?a:1", "/wavry?b:2"]);
  assert.deepEqual(
    client.datagrams.map((bytes) => bytes.join()),
    ["0,1", "1,2"],
  );
  assert.equal(host.server.counters.datagramsUnclaimed, 1);
});

test("a datagram without a stream's number ends the connection", async () => {
  await using host = await serve();
  await using client = await RawClient.connect(host.port);
  client.sendDatagram(0x40);
  await client.until(() => client.closedWith !== undefined, "the end");
  assert.equal(client.closedWith, Http3Code.datagramError);
});

test("a stream that comes before its session waits for it", async () => {
  const got: number[] = [];
  await using host = await serve({
    onSession(session) {
      session.onUni = (stream) => {
        stream.onData = (bytes) => got.push(...bytes);
      };
    },
  });
  await using client = await RawClient.connect(host.port);
  client.sendSettings();
  client.openUni(varintsThen([StreamType.webTransport, 4], Uint8Array.of(1, 2, 3)));
  assert.equal(await client.connectSession(0), "200");
  assert.deepEqual(got, []);
  assert.equal(await client.connectSession(4), "200");
  await client.until(() => got.length === 3, "the bytes");
  assert.deepEqual(got, [1, 2, 3]);
});

test("streams of a session that is gone, or not granted, are refused", async () => {
  await using host = await serve();
  await using client = await RawClient.connect(host.port);
  client.sendSettings();
  const head = varintsThen([FrameType.webTransportStream, 0], Uint8Array.of(1));
  client.write(4, head);
  assert.equal(await client.connectSession(0, { ":path": "/other" }), "404");
  client.write(8, head);
  for (const [id, code] of [
    [4, Http3Code.bufferedStreamRejected],
    [8, Http3Code.sessionGone],
  ] as const) {
    await client.until(() => client.stream(id).reset !== undefined, "the refusal");
    assert.equal(client.stream(id).reset, code);
  }
  assert.equal(host.server.counters.streamsRejected, 2);
});

test("no more than sixteen streams wait for a session that does not come", async () => {
  await using host = await serve();
  await using client = await RawClient.connect(host.port);
  client.sendSettings();
  const head = varintsThen([FrameType.webTransportStream, 400], Uint8Array.of(1));
  for (let n = 0; n < 17; n++) client.write(n * 4, head);
  await client.until(() => client.stream(64).reset !== undefined, "the refusal");
  assert.equal(client.stream(64).reset, Http3Code.bufferedStreamRejected);
  assert.equal(client.stream(60).reset, undefined);
});

test("headers may use the table that the client filled, and are acknowledged", async () => {
  await using host = await serve();
  await using client = await RawClient.connect(host.port);
  client.sendSettings();
  const text = (string: string): number[] => [string.length, ...Buffer.from(string)];
  // A table of 220 bytes; `origin` by the static name, and ":protocol" with a name of its own.
  const inserts = [0x3f, 0xbd, 0x01, 0xc0 | 0x3f, 90 - 63, ...text("https://good.example")];
  inserts.push(0x40 | 9, ...Buffer.from(":protocol"), ...text("webtransport"));
  client.openUni(Uint8Array.of(StreamType.qpackEncoder, ...inserts));
  await client.until(() => client.stream(11).bytes.length >= 2, "the count of insertions");
  assert.deepEqual(client.stream(11).bytes, [StreamType.qpackDecoder, 2]);
  const lines = [0xc0 | 15, 0x80, 0xc0 | 23, 0x50, ...text("wavry"), 0x51, ...text("/wavry"), 0x81];
  client.write(0, frame(FrameType.headers, 3, 0, ...lines));
  assert.equal(await client.status(0), "200");
  assert.equal(host.sessions[0]?.origin, "https://good.example");
  await client.until(() => client.stream(11).bytes.length === 3, "the acknowledgement");
  assert.equal(client.stream(11).bytes[2], 0x80);
});

test("a close capsule of the client ends its session alone, with code and reason", async () => {
  await using host = await serve();
  await using client = await RawClient.connect(host.port);
  client.sendSettings();
  await client.connectSession(0);
  await client.connectSession(4);
  client.write(0, encodeFrame(FrameType.data, encodeCloseCapsule(7, "tschüß")), true);
  assert.deepEqual(await host.sessions[0]!.closed, { code: 7, reason: "tschüß", by: "peer" });
  await client.until(() => client.stream(0).isEnd, "the end of the stream");
  assert.equal(host.server.sessions, 1);
  assert.equal(host.sessions[0]!.sendDatagram(Uint8Array.of(1)), false);
  assert.equal(host.sessions[0]!.openUni(), undefined);
  assert.equal(host.sessions[0]!.maxDatagramBytes, 0);
});

test("the end of the stream without a capsule is code 0; a reset is a loss", async () => {
  await using host = await serve();
  await using client = await RawClient.connect(host.port);
  client.sendSettings();
  await client.connectSession(0);
  await client.connectSession(4);
  client.write(0, new Uint8Array(0), true);
  client.reset(4, Http3Code.noError);
  assert.deepEqual(await host.sessions[0]!.closed, { code: 0, reason: "", by: "peer" });
  assert.deepEqual(await host.sessions[1]!.closed, { code: 0, reason: "", by: "lost" });
});

test("a session that goes on after its end is given up, and the connection stays", async () => {
  await using host = await serve();
  await using client = await RawClient.connect(host.port);
  client.sendSettings();
  await client.connectSession(0);
  const capsule = encodeFrame(FrameType.data, encodeCloseCapsule(0, ""));
  client.write(0, Buffer.concat([capsule, capsule]));
  await client.until(() => client.stoppedWith(0) !== undefined, "the reset");
  assert.equal(client.stoppedWith(0), Http3Code.messageError);
  assert.equal(await client.connectSession(4), "200");
});

test("closing a session tells code and reason, and gives up its streams", async () => {
  await using host = await serve({
    onSession(session) {
      session.onBidi = () => {};
    },
  });
  await using client = await RawClient.connect(host.port);
  client.sendSettings();
  await client.connectSession(0);
  client.write(4, varintsThen([FrameType.webTransportStream, 0], Uint8Array.of(1)));
  const session = host.sessions[0]!;
  const uni = session.openUni()!;
  uni.write(Uint8Array.of(1));
  await client.until(() => client.stream(uni.id).bytes.length > 0, "the stream");
  session.close(9, "done");
  await client.until(() => client.stream(0).isEnd, "the end of the session");
  const capsule = encodeCloseCapsule(9, "done");
  assert.deepEqual(client.stream(0).bytes.slice(-capsule.length), [...capsule]);
  await client.until(() => client.stream(uni.id).reset !== undefined, "the reset");
  assert.equal(client.stream(uni.id).reset, Http3Code.sessionGone);
  await client.until(() => client.stream(4).reset !== undefined, "the other reset");
  assert.equal(client.stream(4).reset, Http3Code.sessionGone);
  assert.deepEqual(await uni.closed, { reason: "closed", code: 0 });
  session.close(1, "again");
  assert.deepEqual(await session.closed, { code: 9, reason: "done", by: "local" });
});
