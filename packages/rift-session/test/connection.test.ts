import assert from "node:assert/strict";
import { test } from "node:test";
import {
  CloseReason,
  MAX_FRAGMENT_BYTES,
  MAX_PAYLOAD_BYTES,
  PacketType,
  SECOND,
  screenUpdateHeaderBytes,
  UpdateCodec,
  writeScreenUpdateHeader,
} from "@wavry/rift-core";
import { seededBytes, seededRandom } from "@wavry/rift-core/testing";
import { TIMES } from "@wavry/rift-session";
import { type Datagram, Pair } from "./pair.ts";

const screen = { width: 640, height: 480 };

function update(bytes: number, keyframe = false, seed = 1): Uint8Array {
  const out = new Uint8Array(screenUpdateHeaderBytes(1) + bytes);
  const at = writeScreenUpdateHeader(out, 0, {
    codec: UpdateCodec.h264,
    keyframe,
    display: 0,
    screen,
    rects: [{ x: 0, y: 0, ...screen }],
    capturedAt: 1,
    captureMicros: 2,
    convertMicros: 3,
    encodeMicros: 4,
  });
  out.set(seededBytes(seed)(bytes), at);
  return out;
}

test("control messages arrive once and in order over a link that loses, doubles and reorders", () => {
  for (let seed = 1; seed <= 10; seed++) {
    const pair = new Pair({
      seed,
      link: {
        lossRatio: 0.2,
        duplicateRatio: 0.2,
        reorderRatio: 0.2,
        delayMicros: 10_000,
        jitterMicros: 3_000,
      },
    });
    const { host, client } = pair.establish();
    const random = seededRandom(seed);
    const sent: string[] = [];
    for (let i = 0; i < 60; i++) {
      const text = `${i}:`.padEnd(Math.floor(random() * 9_000), "x");
      sent.push(text);
      host.sendControl({ body: { case: "notice", value: { code: "test", text } } }, pair.now);
      client.sendControl({ body: { case: "notice", value: { code: "test", text } } }, pair.now);
      pair.runFor(5_000);
    }
    const texts = (side: Pair["host"]): string[] =>
      side.of("control").map(({ message }) => (message.body.value as { text: string }).text);
    pair.runUntil(
      () => pair.client.of("control").length === 60 && pair.host.of("control").length === 60,
    );
    assert.deepEqual(texts(pair.client), sent);
    assert.deepEqual(texts(pair.host), sent);
    pair.runUntil(() => host.stats().controlBytesQueued === 0);
  }
});

test("a control message of a whole MiB crosses a lossy link", () => {
  const pair = new Pair({ link: { lossRatio: 0.02, delayMicros: 5_000 } });
  const { client } = pair.establish();
  const text = "m".repeat((1 << 20) - 64);
  client.sendControl({ body: { case: "notice", value: { code: "big", text } } }, pair.now);
  pair.runUntil(() => pair.host.of("control").length === 1);
  const { message } = pair.host.of("control")[0]!;
  assert.equal((message.body.value as { text: string }).text.length, text.length);
});

test("a peer that does not take control messages closes the connection instead of filling memory", () => {
  const pair = new Pair();
  const { host } = pair.establish();
  pair.tap = () => false;
  const text = "m".repeat(900_000);
  for (let i = 0; i < 6; i++)
    host.sendControl({ body: { case: "notice", value: { code: "big", text } } }, pair.now);
  pair.drain();
  assert.equal(pair.host.of("closed")[0]?.reason, CloseReason.overflow);
});

test("input goes out before a screen update that was queued earlier", () => {
  const pair = new Pair();
  const { host } = pair.establish();
  pair.runFor(SECOND);
  const order: number[] = [];
  pair.tap = ({ bytes }) => {
    order.push(bytes[1]!);
    return true;
  };
  host.sendUpdate(update(20_000), pair.now);
  host.sendInput(Uint8Array.of(1));
  pair.drain();
  assert.equal(order[0], 2);
  assert.ok(order.length > 15 && order.slice(1).every((channel) => channel === 3));
});

test("input arrives as it was sent, and its acknowledgement comes back", () => {
  const pair = new Pair();
  const { client, host } = pair.establish();
  pair.host.onEvent = (event) => {
    if (event.type === "input") event.connection.acknowledgeInput(event.datagram[3]!, pair.now);
  };
  for (let i = 1; i <= 100; i++) {
    client.sendInput(Uint8Array.of(0, 0, 0, i));
    pair.drain();
    pair.runFor(1_000);
  }
  pair.runFor(100_000);
  assert.equal(pair.host.of("input").length, 100);
  const acknowledged = pair.client.of("input-acknowledged").map(({ sequence }) => sequence);
  assert.equal(acknowledged.at(-1), 100);
  assert.ok(acknowledged.length < 40, "acknowledgements are spaced out");
  assert.ok(host.stats().packetsSent < 60);
});

test("an empty or an over-long input datagram is a RangeError", () => {
  const { client } = new Pair().establish();
  assert.throws(() => client.sendInput(new Uint8Array(0)), RangeError);
  assert.throws(() => client.sendInput(new Uint8Array(MAX_PAYLOAD_BYTES + 1)), RangeError);
});

test("an update arrives whole, in one turn, in datagrams of equal size but for a few bytes of the last", () => {
  const pair = new Pair();
  const { host } = pair.establish();
  pair.runFor(SECOND);
  const lengths: number[] = [];
  pair.tap = ({ bytes }) => {
    if (bytes[1] === 3) lengths.push(bytes.length);
    return true;
  };
  const bytes = update(MAX_FRAGMENT_BYTES * 6, true);
  assert.equal(host.sendUpdate(bytes, pair.now), 1);
  pair.drain();
  const piece = Math.ceil(bytes.length / 7);
  assert.deepEqual(lengths.slice(0, -1), new Array(6).fill(44 + piece));
  assert.equal(lengths.at(-1), 44 + bytes.length - 6 * piece);
  assert.ok(lengths[0]! - lengths.at(-1)! < 7);
  pair.runFor(10_000);
  const got = pair.client.of("update")[0]!.update;
  assert.deepEqual(got.bytes, bytes);
  assert.equal(pair.client.of("update")[0]?.update.contiguous, true);
  assert.equal(pair.client.of("update")[0]?.update.keyframe, true);
  pair.runFor(10_000);
  assert.equal(host.stats().updatesReported, 1);
});

test("updates survive reordering and duplication without a loss", () => {
  const pair = new Pair({
    link: { reorderRatio: 0.3, reorderMicros: 1_500, duplicateRatio: 0.2 },
  });
  const { host } = pair.establish();
  for (let i = 0; i < 100; i++) {
    host.sendUpdate(update(8_000, i === 0, i), pair.now);
    pair.drain();
    pair.runFor(16_667);
  }
  const updates = pair.client.of("update").map((event) => event.update);
  assert.deepEqual(
    updates.map(({ frameId }) => frameId),
    Array.from({ length: 100 }, (_, i) => i + 1),
  );
  assert.ok(updates.every(({ contiguous }) => contiguous));
});

test("where there is no time to ask for a fragment, the next update says that one is lost, and a keyframe is asked for until one arrives", () => {
  const pair = new Pair({ link: { delayMicros: 75_000 } });
  const { host, client } = pair.establish();
  host.sendUpdate(update(5_000, true), pair.now);
  pair.drain();
  pair.runFor(SECOND);
  let swallow = 1;
  pair.tap = ({ bytes }) => !(bytes[1] === 3 && swallow-- > 0);
  let keyframes = 0;
  pair.host.onEvent = (event) => {
    if (event.type !== "keyframe-requested" || ++keyframes > 2) return;
    // The first keyframe is lost as well.
    if (keyframes === 1) swallow = 1;
    host.sendUpdate(update(4_000, true), pair.now);
  };
  host.sendUpdate(update(5_000), pair.now);
  pair.drain();
  const lostAt = pair.now;
  pair.runFor(5_000);
  host.sendUpdate(update(5_000), pair.now);
  pair.drain();
  pair.runUntil(() => keyframes === 1);
  assert.ok(pair.now - lostAt < 190_000, `the wish took ${pair.now - lostAt} µs`);
  pair.runFor(SECOND);
  const updates = pair.client.of("update").map((event) => event.update);
  assert.deepEqual(
    updates.map(({ frameId, contiguous, keyframe }) => [frameId, contiguous, keyframe]),
    [
      [1, true, true],
      [3, false, false],
      [5, false, true],
    ],
  );
  assert.equal(keyframes, 2);
  assert.equal(client.stats().updatesLost, 2);
  pair.runFor(SECOND);
  assert.equal(keyframes, 2, "the wish ends with the keyframe");
});

test("the very last update on a still screen, lost as a whole, is sent again within a few round trips", () => {
  const pair = new Pair({ link: { delayMicros: 5_000 } });
  const { host } = pair.establish();
  pair.runFor(SECOND);
  let lose = true;
  pair.tap = ({ bytes }) => !(lose && bytes[1] === 3);
  host.sendUpdate(update(5_000, true), pair.now);
  pair.drain();
  lose = false;
  const sentAt = pair.now;
  pair.runUntil(() => pair.client.of("update").length > 0);
  assert.ok(pair.now - sentAt < 100_000, `it took ${pair.now - sentAt} µs`);
});

test("a client may ask for a keyframe by itself", () => {
  const pair = new Pair();
  const { host, client } = pair.establish();
  client.requestKeyframe(pair.now);
  pair.runUntil(() => pair.host.of("keyframe-requested").length > 0);
  host.sendUpdate(update(100, true), pair.now);
  pair.drain();
  pair.runFor(100_000);
  const requests = pair.host.of("keyframe-requested").length;
  pair.runFor(SECOND);
  assert.equal(pair.host.of("keyframe-requested").length, requests);
});

test("the newest cursor position wins, also when its first sending is lost", () => {
  const pair = new Pair();
  const { host } = pair.establish();
  let lose = 0;
  pair.tap = ({ bytes }) => !(bytes[1] === 5 && lose-- > 0);
  const at = (x: number): Parameters<typeof host.sendCursor>[0] => ({
    display: 0,
    x,
    y: -5,
    visible: true,
    shapeId: 9,
  });
  for (let x = 0; x < 10; x++) {
    host.sendCursor(at(x));
    pair.drain();
    pair.runFor(100);
  }
  lose = 1;
  host.sendCursor(at(10));
  pair.drain();
  pair.runFor(SECOND);
  const last = pair.client.of("cursor").at(-1)?.position;
  assert.deepEqual({ ...last, sequence: 0 }, { ...at(10), sequence: 0 });
  const sequences = pair.client.of("cursor").map(({ position }) => position.sequence);
  assert.deepEqual(
    sequences,
    [...new Set(sequences)].sort((a, b) => a - b),
  );
});

test("garbage, truncated, replayed, changed and re-addressed datagrams change nothing but counters", () => {
  const pair = new Pair();
  const { host, client } = pair.establish();
  const recorded: Datagram[] = [];
  pair.tap = (datagram) => {
    recorded.push(datagram);
    return true;
  };
  client.sendInput(Uint8Array.of(1, 2, 3));
  pair.drain();
  pair.runFor(SECOND);
  const toHost = recorded.filter(({ to }) => to.address === pair.host.address.address);
  const events = pair.host.events.length;
  const random = seededRandom(4);
  const stranger = { address: "10.9.9.9", port: 99 };
  for (const { bytes } of toHost) {
    pair.injectHost(bytes, stranger);
    for (let length = 0; length < bytes.length; length += 7)
      pair.injectHost(bytes.subarray(0, length), stranger);
    for (let i = 0; i < 40; i++) {
      const changed = bytes.slice();
      changed[Math.floor(random() * bytes.length)]! ^= 1 << Math.floor(random() * 8);
      pair.injectHost(changed, stranger);
    }
    for (let type = 0; type < 256; type++) {
      const changed = bytes.slice();
      changed[0] = type;
      if (type !== PacketType.transport) pair.injectHost(changed, stranger);
    }
  }
  for (let i = 0; i < 2_000; i++)
    pair.injectHost(seededBytes(i)(Math.floor(random() * 1300)), stranger);
  assert.equal(pair.host.events.length, events);
  assert.deepEqual(host.remote, pair.client.address);
  const { counters } = pair.host.endpoint;
  assert.ok(counters.replayed >= toHost.length);
  assert.ok(counters.unauthentic > 0 && counters.malformed > 0 && counters.unsupported > 0);
  assert.ok(counters.unknownConnection > 0);
  client.sendInput(Uint8Array.of(4));
  pair.drain();
  pair.runFor(SECOND);
  assert.equal(pair.host.of("input").length, 2);
});

test("a close arrives with its reason and text, and both sides forget the connection", () => {
  const pair = new Pair();
  const { host } = pair.establish();
  host.close(CloseReason.forgotten, "bye\u0007\u001b[31m", pair.now);
  pair.drain();
  assert.equal(pair.host.of("closed")[0]?.remote, false);
  pair.runUntil(() => pair.host.endpoint.isIdle && pair.client.endpoint.isIdle);
  const [closed] = pair.client.of("closed");
  assert.equal(closed?.reason, CloseReason.forgotten);
  assert.equal(closed?.message, "bye  [31m");
  assert.equal(closed?.remote, true);
  assert.equal(pair.client.endpoint.pollTimeout(), undefined);
  assert.equal(pair.host.endpoint.pollTimeout(), undefined);
});

test("a close gets through when its first two sendings are lost, and ends when none does", () => {
  const pair = new Pair();
  const { host } = pair.establish();
  pair.runFor(SECOND);
  let lose = 2;
  pair.tap = ({ from }) => !(from.address === pair.host.address.address && lose-- > 0);
  host.close(CloseReason.done, "", pair.now);
  pair.runUntil(() => pair.client.of("closed").length > 0);
  const deaf = new Pair();
  deaf.establish().host.close(CloseReason.done, "", deaf.now);
  deaf.tap = () => false;
  deaf.runFor(SECOND);
  assert.ok(deaf.host.endpoint.isIdle);
});

test("silence suspends a connection, packets resume it, and long silence ends it", () => {
  const pair = new Pair();
  pair.establish();
  pair.runFor(SECOND);
  pair.tap = () => false;
  pair.runFor(TIMES.suspendMicros + 100_000);
  assert.equal(pair.host.of("suspended").length, 1);
  assert.equal(pair.client.of("suspended").length, 1);
  pair.tap = undefined;
  pair.runFor(SECOND);
  assert.equal(pair.host.of("resumed").length, 1);
  assert.equal(pair.client.of("resumed").length, 1);
  pair.tap = () => false;
  pair.runFor(TIMES.timeoutMicros + SECOND);
  for (const side of [pair.host, pair.client]) {
    assert.equal(side.of("closed")[0]?.reason, CloseReason.timeout);
    assert.ok(side.endpoint.isIdle);
    assert.equal(side.endpoint.pollTimeout(), undefined);
  }
});

test("an idle connection stays open for an hour on under 5 kbit/s each way", () => {
  const pair = new Pair();
  const { host, client } = pair.establish();
  const sent = host.stats().bytesSent;
  pair.runFor(3600 * SECOND);
  assert.equal(pair.host.of("closed").length, 0);
  assert.equal(client.isSuspended, false);
  const packets = client.stats().packetsSent;
  const bits = (host.stats().bytesSent - sent + packets * 28) * 8;
  assert.ok(bits / 3600 < 5_000, `${bits / 3600} bit/s`);
});

test("the same device connecting anew replaces its old connection", () => {
  const pair = new Pair();
  const first = pair.establish();
  pair.connect();
  pair.runUntil(() => pair.client.of("connected").length === 2);
  pair.runFor(SECOND);
  const [closed] = pair.host.of("closed");
  assert.equal(closed?.connection, first.host);
  assert.equal(closed?.reason, CloseReason.replaced);
  assert.equal(pair.client.of("closed")[0]?.reason, CloseReason.replaced);
  assert.equal(pair.host.endpoint.connections.length, 1);
  pair.client.connection.sendInput(Uint8Array.of(1));
  pair.drain();
  pair.runFor(10_000);
  assert.equal(pair.host.of("input").length, 1);
});

test("round trip and clock offset are measured", () => {
  const pair = new Pair({ link: { delayMicros: 12_000, jitterMicros: 500 } });
  const { client, host } = pair.establish();
  pair.runFor(10 * SECOND);
  for (const stats of [client.stats(), host.stats()]) {
    assert.ok(stats.minRttMicros >= 24_000 && stats.minRttMicros < 25_000);
    assert.ok(Math.abs(stats.rttMicros - 24_500) < 1_000);
    assert.ok(Math.abs(stats.clockOffsetMicros) < 500);
  }
});

test("the loss ratio follows the link", () => {
  const pair = new Pair({ link: { delayMicros: 5_000 } });
  const { host, client } = pair.establish();
  pair.toClient.conditions = { ...pair.toClient.conditions, lossRatio: 0.1 };
  for (let i = 0; i < 300; i++) {
    host.sendUpdate(update(20_000, true), pair.now);
    pair.drain();
    pair.runFor(16_667);
  }
  assert.ok(Math.abs(client.stats().lossRatio - 0.1) < 0.04, `${client.stats().lossRatio}`);
  assert.ok(host.stats().peerPacketsLost > 300);
});
