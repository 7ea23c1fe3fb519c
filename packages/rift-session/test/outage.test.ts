import assert from "node:assert/strict";
import { test } from "node:test";
import {
  SECOND,
  screenUpdateHeaderBytes,
  UpdateCodec,
  writeScreenUpdateHeader,
} from "@wavry/rift-core";
import { Pair } from "./pair.ts";

const FRAME_MICROS = 16_667;

function update(keyframe: boolean, bytes: number): Uint8Array {
  const out = new Uint8Array(screenUpdateHeaderBytes(1) + bytes);
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

for (const [seconds, delayMicros] of [
  [0.5, 20_000],
  [3, 20_000],
  [8, 20_000],
  [5, 75_000],
] as const)
  test(`after ${seconds} s without a network the picture is back within a second and a round trip of ${(2 * delayMicros) / 1000} ms`, () => {
    const pair = new Pair({ link: { delayMicros } });
    const { host } = pair.establish();
    let wantsKeyframe = true;
    pair.host.onEvent = (event) => {
      if (event.type === "keyframe-requested") wantsKeyframe = true;
    };
    const run = (until: number): void => {
      while (pair.now < until) {
        if (host.nextFrameAt(pair.now) <= pair.now) {
          host.sendUpdate(update(wantsKeyframe, 20_000), pair.now);
          wantsKeyframe = false;
        }
        pair.drain();
        pair.runFor(FRAME_MICROS);
      }
    };
    run(pair.now + 3 * SECOND);
    pair.tap = () => false;
    run(pair.now + seconds * SECOND);
    pair.tap = undefined;
    const backAt = pair.now;
    const before = pair.client.of("update").length;
    // A picture that can be shown: a keyframe, or one after which nothing was missing.
    const shown = (): boolean =>
      pair.client
        .of("update")
        .slice(before)
        .some(({ update: { keyframe, contiguous } }) => keyframe || contiguous);
    while (!shown() && pair.now < backAt + 10 * SECOND) run(pair.now + FRAME_MICROS);
    assert.ok(pair.now - backAt <= SECOND + 2 * delayMicros, `${pair.now - backAt} µs`);
    assert.equal(host.state, "open");
  });
