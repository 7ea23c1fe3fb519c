import assert from "node:assert/strict";
import { test } from "node:test";
import {
  Channel,
  SECOND,
  screenUpdateHeaderBytes,
  UpdateCodec,
  writeScreenUpdateHeader,
} from "@wavry/rift-core";
import { seededBytes } from "@wavry/rift-core/testing";
import { Pair } from "./pair.ts";

const FRAME_MICROS = 16_667;

function update(seed: number, bytes = 12_000): Uint8Array {
  const out = new Uint8Array(screenUpdateHeaderBytes(1) + bytes);
  const at = writeScreenUpdateHeader(out, 0, {
    codec: UpdateCodec.h264,
    keyframe: seed === 1,
    display: 0,
    screen: { width: 64, height: 64 },
    rects: [{ x: 0, y: 0, width: 64, height: 64 }],
    capturedAt: 1,
    captureMicros: 0,
    convertMicros: 0,
    encodeMicros: 0,
  });
  out.set(seededBytes(seed)(bytes), at);
  return out;
}

/** Streams `frames` updates; gives those that came whole, checked byte by byte. */
function stream(pair: Pair, frames: number): number {
  const { host } = pair.establish();
  pair.runFor(SECOND);
  for (let frame = 1; frame <= frames; frame++) {
    host.sendUpdate(update(frame), pair.now);
    pair.drain();
    pair.runFor(FRAME_MICROS);
  }
  pair.runFor(SECOND);
  const updates = pair.client.of("update");
  for (const { update: got } of updates) assert.deepEqual(got.bytes, update(got.frameId));
  return updates.length;
}

test("a lost fragment is sent again in time, and no keyframe is asked for", () => {
  const pair = new Pair({ link: { delayMicros: 8_000 } });
  const { host } = pair.establish();
  pair.runFor(SECOND);
  let swallow = 0;
  pair.tap = ({ bytes }) => !(bytes[1] === Channel.video && swallow-- > 0);
  for (let frame = 1; frame <= 60; frame++) {
    if (frame % 7 === 0) swallow = 2;
    host.sendUpdate(update(frame), pair.now);
    pair.drain();
    pair.runFor(FRAME_MICROS);
  }
  pair.runFor(SECOND);
  const ids = pair.client.of("update").map((event) => event.update.frameId);
  assert.deepEqual(
    ids,
    Array.from({ length: 60 }, (_, index) => index + 1),
  );
  assert.equal(pair.host.of("keyframe-requested").length, 0);
});

for (const [delayMicros, least] of [
  [2_500, 0.995],
  [15_000, 0.985],
] as const)
  test(`with 3 % of packets lost and ${(2 * delayMicros) / 1000} ms of round trip, ${least * 100} % of the updates come whole`, () => {
    const pair = new Pair({ seed: 5, link: { delayMicros, lossRatio: 0.03 } });
    const whole = stream(pair, 600);
    assert.ok(whole >= least * 600, `${whole} of 600`);
  });

test("with a round trip that leaves no time to ask, repair packets go ahead once losses are seen", () => {
  const lossRatio = 0.03;
  const pair = new Pair({ seed: 3, link: { delayMicros: 75_000, lossRatio } });
  let repairs = 0;
  pair.tap = ({ bytes }) => {
    if (bytes[1] === Channel.repair) repairs++;
    return true;
  };
  const whole = stream(pair, 600);
  assert.ok(repairs > 100, `${repairs} repair packets`);
  // Unmended, 0.97^11 of them would.
  assert.ok(whole > 0.9 * 600, `${whole} of 600`);
});

test("a link without losses carries no repair packet and no repeat", () => {
  const pair = new Pair({ link: { delayMicros: 15_000 } });
  let video = 0;
  pair.tap = ({ bytes }) => {
    assert.notEqual(bytes[1], Channel.repair);
    if (bytes[1] === Channel.video) video++;
    return true;
  };
  assert.equal(stream(pair, 100), 100);
  assert.equal(video, 100 * Math.ceil(update(1).length / 1156));
});
