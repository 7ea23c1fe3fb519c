import assert from "node:assert/strict";
import { test } from "node:test";
import { screenUpdateHeaderBytes, UpdateCodec, writeScreenUpdateHeader } from "@wavry/rift-core";
import type { Address } from "@wavry/rift-session";
import { Pair } from "./pair.ts";

const DELAY_MICROS = 20_000;
const FRAME_MICROS = 16_667;
/** As long as a real one. */
const INPUT_BYTES = 60;

function update(keyframe: boolean): Uint8Array {
  const out = new Uint8Array(screenUpdateHeaderBytes(1) + 3_000);
  writeScreenUpdateHeader(out, 0, {
    codec: UpdateCodec.h264,
    keyframe,
    display: 0,
    screen: { width: 64, height: 64 },
    rects: [{ x: 0, y: 0, width: 64, height: 64 }],
    capturedAt: 1,
    captureMicros: 0,
    convertMicros: 0,
    encodeMicros: 0,
  });
  return out;
}

/** A session with a stream of 60 frames a second in which the client keeps talking. */
class Stream {
  readonly pair = new Pair({ link: { delayMicros: DELAY_MICROS } });
  readonly host = this.pair.establish().host;
  /** Where the client seems to be. */
  clientAt: Address = this.pair.client.address;
  #wantsKeyframe = true;

  constructor() {
    this.pair.host.onEvent = (event) => {
      if (event.type === "keyframe-requested") this.#wantsKeyframe = true;
    };
    this.pair.tap = (datagram) => {
      if (datagram.from.address === this.pair.client.address.address) datagram.from = this.clientAt;
      // The old binding is gone.
      else if (
        datagram.to.port !== this.clientAt.port ||
        datagram.to.address !== this.clientAt.address
      )
        return false;
      else datagram.to = this.pair.client.address;
      return true;
    };
  }

  run(frames: number): void {
    for (let frame = 0; frame < frames; frame++) {
      this.host.sendUpdate(update(this.#wantsKeyframe), this.pair.now);
      this.#wantsKeyframe = false;
      this.pair.client.connection.sendInput(new Uint8Array(INPUT_BYTES));
      this.pair.drain();
      this.pair.runFor(FRAME_MICROS);
    }
  }

  get pictures(): number {
    return this.pair.client.of("update").length;
  }
}

for (const [what, moved] of [
  ["another port of its address", { address: "10.0.0.2", port: 8123 }],
  ["another address", { address: "10.77.0.9", port: 4711 }],
] as const)
  test(`a client that comes from ${what} has its picture back within a round trip and a frame`, () => {
    const stream = new Stream();
    stream.run(30);
    stream.clientAt = moved;
    const movedAt = stream.pair.now;
    const before = stream.pictures;
    let backAt = Infinity;
    for (let step = 0; step < 20 && backAt === Infinity; step++) {
      stream.run(1);
      const fresh = stream.pair.client.of("update").slice(before);
      if (fresh.some(({ update: { keyframe } }) => keyframe)) backAt = stream.pair.now;
    }
    assert.deepEqual(stream.host.remote, moved);
    // The packet that shows the new address, the challenge, the answer, the picture: four ways; two of them are the round
    // trip that any path needs, and steps here are a frame long.
    const ways = 4 * DELAY_MICROS + 3 * FRAME_MICROS;
    assert.ok(backAt - movedAt <= ways, `${backAt - movedAt} µs`);
    assert.equal(stream.pair.host.of("path-changed").length, 1);
  });

test("a stranger who sends the client's packets on from elsewhere gets one small question and no picture", () => {
  const stream = new Stream();
  stream.run(10);
  const stranger = { address: "10.66.6.6", port: 666 };
  const { pair } = stream;
  const tap = pair.tap!;
  let sent = 0;
  let got = 0;
  let largest = 0;
  let smallest = Infinity;
  pair.tap = (datagram) => {
    if (datagram.to.address === stranger.address) {
      got++;
      largest = Math.max(largest, datagram.bytes.length);
      return false;
    }
    // Every third packet of the client's is held back and comes from the stranger instead.
    if (datagram.from.address === pair.client.address.address && sent++ % 3 === 0) {
      smallest = Math.min(smallest, datagram.bytes.length);
      datagram.from = stranger;
      return true;
    }
    return tap(datagram);
  };
  const before = stream.pictures;
  stream.run(300);
  assert.deepEqual(stream.host.remote, pair.client.address);
  assert.equal(pair.host.of("path-changed").length, 0);
  assert.ok(stream.pictures > before + 280);
  assert.ok(got > 0 && got * 3 < sent, `${got} questions for ${sent} packets`);
  assert.ok(largest <= 42);
});

test("a client keeps moving about and is found each time", () => {
  const stream = new Stream();
  stream.run(10);
  for (let port = 9_001; port < 9_010; port++) {
    stream.clientAt = { address: "10.0.0.2", port };
    stream.run(20);
    assert.equal(stream.host.remote.port, port);
  }
});

/** Holds back one of the client's packets of so many bytes, sends it on from elsewhere; gives what came back there. */
function holdBack(payloadBytes: number): { sentBytes: number; answers: number[] } {
  const stream = new Stream();
  stream.run(10);
  const { pair } = stream;
  const stranger = { address: "10.66.6.6", port: 666 };
  const answers: number[] = [];
  let sentBytes = 0;
  const tap = pair.tap!;
  pair.tap = (datagram) => {
    if (datagram.to.address === stranger.address) {
      answers.push(datagram.bytes.length);
      return false;
    }
    const isClients = datagram.from.address === pair.client.address.address;
    if (isClients && sentBytes === 0 && datagram.bytes[1] === 2) {
      sentBytes = datagram.bytes.length;
      datagram.from = stranger;
      return true;
    }
    return tap(datagram);
  };
  pair.client.connection.sendInput(new Uint8Array(payloadBytes));
  pair.drain();
  pair.runFor(50_000);
  stream.run(120);
  assert.deepEqual(stream.host.remote, pair.client.address);
  return { sentBytes, answers };
}

test("one packet from elsewhere is asked back no more bytes than it had, and a short one nothing", () => {
  assert.deepEqual(holdBack(1), { sentBytes: 33, answers: [] });
  assert.deepEqual(holdBack(9), { sentBytes: 41, answers: [] });
  assert.deepEqual(holdBack(10), { sentBytes: 42, answers: [42] });
  assert.deepEqual(holdBack(60), { sentBytes: 92, answers: [42, 42] });
  assert.deepEqual(holdBack(1_168), { sentBytes: 1_200, answers: [42, 42, 42, 42, 42] });
});

test("a client on another path has that path's round trip at once, and on another port the one that it had", () => {
  for (const [moved, least, most] of [
    [{ address: "10.77.0.9", port: 4711 }, 120_000, 130_000],
    [{ address: "10.0.0.2", port: 8123 }, 40_000, 42_000],
  ] as const) {
    const stream = new Stream();
    stream.run(60);
    const { minRttMicros } = stream.host.stats();
    assert.ok(minRttMicros >= 40_000 && minRttMicros < 45_000);
    stream.clientAt = moved;
    for (const link of [stream.pair.toHost, stream.pair.toClient])
      link.conditions = { ...link.conditions, delayMicros: 60_000 };
    stream.run(40);
    assert.deepEqual(stream.host.remote, moved);
    const after = stream.host.stats().minRttMicros;
    assert.ok(after >= least && after < most, `${after}`);
  }
});
