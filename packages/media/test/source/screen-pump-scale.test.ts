import assert from "node:assert/strict";
import { test } from "node:test";
import type { PixelImage } from "@wavry/media-core";
import { type ScreenUpdate, UpdateCodec } from "@wavry/rift-core";
import { monotonicMicros } from "../../src/capture/clock.ts";
import { pictureSizeOf } from "../../src/convert/picture-scale.ts";
import { openPainter } from "../../src/decode/open-painter.ts";
import { SwscalePainter } from "../../src/decode/swscale-painter.ts";
import type { EncodeRequest, VideoEncoder } from "../../src/encode/video-encoder.ts";
import { ApplierClient } from "../helpers/applier-client.ts";
import { PumpBench, type PumpBenchOptions } from "../helpers/pump-bench.ts";
import { sameColours, TestClient } from "../helpers/test-client.ts";

/** The mean difference of all colour samples of two pictures of the same size. */
function meanError(a: PixelImage, b: PixelImage): number {
  assert.deepEqual([a.width, a.height], [b.width, b.height]);
  let sum = 0;
  for (let y = 0; y < a.height; y++)
    for (let x = 0; x < a.width; x++) {
      const p = a.pixels[y * a.stridePixels + x] ?? 0;
      const q = b.pixels[y * b.stridePixels + x] ?? 0;
      for (const shift of [0, 8, 16]) sum += Math.abs(((p >> shift) & 255) - ((q >> shift) & 255));
    }
  return sum / (a.width * a.height * 3);
}

type Bench = PumpBench<ApplierClient>;

function openBench(options?: PumpBenchOptions): Bench {
  return new PumpBench(new ApplierClient(openPainter()), options);
}

/** Large boxes in other places and colours for each seed: every picture differs much from the one before. */
function boxes(bench: Bench, seed: number): void {
  for (let index = 0; index < 12; index++)
    bench.controls.fill(
      {
        x: (index * 131 + seed * 29) % 400,
        y: (index * 71 + seed * 17) % 240,
        width: 101,
        height: 75,
      },
      (Math.imul(seed * 991 + index, 0x9e3779b1) >>> 8) & 0x7f7f7f,
    );
}

const keyframesOf = (updates: readonly ScreenUpdate[]): number =>
  updates.filter(({ keyframe }) => keyframe).length;

for (const [name, open] of [
  ["the fastest painter", openPainter],
  ["swscale", () => new SwscalePainter()],
] as const)
  test(`a scaled picture shows the screen about right through ${name}, and full size is exact again`, async () => {
    using bench = new PumpBench(new ApplierClient(open()));
    bench.pump.setPatches(false);
    await bench.runUntil(bench.now + 150_000);
    for (const [scale, width, height] of [
      [0.5, 256, 160],
      [0.75, 384, 240],
      [1, 512, 320],
    ] as const) {
      const { length } = bench.client.updates;
      const opened = bench.encoders.length;
      bench.pump.setScale(scale);
      for (let frame = 0; frame < 12; frame++) {
        boxes(bench, frame + 100 * scale);
        await bench.runUntil(bench.now + 16_667);
        const error = meanError(bench.client.image, bench.capture.image);
        assert.ok(error < 4, `${error} at ${scale}`);
      }
      assert.deepEqual(bench.encoders.slice(opened), [{ width, height }]);
      const updates = bench.client.updates.slice(length);
      assert.equal(updates[0]?.keyframe, true);
      assert.equal(keyframesOf(updates), 1);
      assert.ok(updates.every(({ screen }) => screen.width === 512 && screen.height === 320));
    }
    bench.pump.setPatches(true);
    await bench.runUntil(bench.now + 4_000_000);
    assert.ok(sameColours(bench.client.image, bench.capture.image));
  });

test("patches of a scaled screen stay without loss, and refinement makes even that exact", async () => {
  using bench = openBench();
  bench.pump.setScale(0.5);
  await bench.runUntil(bench.now + 4_000_000);
  assert.ok(sameColours(bench.client.image, bench.capture.image));
  bench.controls.fill({ x: 101, y: 33, width: 17, height: 9 }, 0xff8000);
  await bench.runUntil(bench.now + 20_000);
  assert.equal(bench.client.updates.at(-1)?.codec, UpdateCodec.patch);
  assert.ok(sameColours(bench.client.image, bench.capture.image));
});

test("small changes of a scaled screen reach the client, whatever their place", async () => {
  using bench = openBench({ patches: false, size: { width: 333, height: 201 } });
  bench.pump.setScale(0.75);
  await bench.runUntil(bench.now + 50_000);
  for (let frame = 0; frame < 40; frame++) {
    const place = { x: (frame * 53) % 320, y: (frame * 31) % 190, width: 11, height: 11 };
    bench.controls.fill(place, Math.imul(frame + 1, 0x9e3779b1) >>> 8);
    await bench.runUntil(bench.now + 33_000);
  }
  await bench.runUntil(bench.now + 500_000);
  assert.ok(meanError(bench.client.image, bench.capture.image) < 4);
});

test("what goes away leaves no trace around it, though a scaled picture spreads it", async () => {
  using bench = openBench({ patches: false });
  const box = { x: 151, y: 101, width: 87, height: 63 };
  bench.controls.fill({ x: 0, y: 0, width: 512, height: 320 }, 0);
  bench.controls.fill(box, 0xffffff);
  bench.pump.setScale(0.5);
  await bench.runUntil(bench.now + 20_000);
  bench.controls.fill(box, 0);
  await bench.runUntil(bench.now + 20_000);
  const { image } = bench.client;
  let brightest = 0;
  for (let y = 80; y < 180; y++)
    for (let x = 130; x < 260; x++)
      brightest = Math.max(brightest, (image.pixels[y * image.stridePixels + x] ?? 0) & 255);
  assert.ok(brightest < 24, `${brightest}`);
});

test("the encoder is told of changes in its own picture's pixels, grown to even ones", async () => {
  const requests: EncodeRequest[] = [];
  const wrap = (encoder: VideoEncoder): VideoEncoder => ({
    name: encoder.name,
    picture: encoder.picture,
    setBitrate: (bps) => encoder.setBitrate(bps),
    [Symbol.dispose]: () => encoder[Symbol.dispose](),
    encode: (request) => {
      requests.push(request);
      return encoder.encode(request);
    },
  });
  using bench = openBench({ wrap, patches: false });
  bench.pump.setScale(0.5);
  await bench.runUntil(bench.now + 50_000);
  assert.deepEqual(requests[0]?.changed, [{ x: 0, y: 0, width: 256, height: 160 }]);
  requests.length = 0;
  bench.controls.fill({ x: 102, y: 50, width: 20, height: 10 }, 0xffffff);
  await bench.runUntil(bench.now + 1_000);
  assert.deepEqual(requests[0]?.changed, [{ x: 48, y: 22, width: 16, height: 10 }]);
});

test("a display that is resized while scaled goes on at that scale", async () => {
  using bench = openBench({ patches: false });
  bench.pump.setScale(0.5);
  await bench.runUntil(bench.now + 50_000);
  bench.controls.resize({ width: 301, height: 203 });
  await bench.runUntil(bench.now + 50_000);
  bench.controls.fill({ x: 20, y: 20, width: 70, height: 90 }, 0x2060c0);
  await bench.runUntil(bench.now + 300_000);
  assert.deepEqual(bench.encoders, [
    { width: 256, height: 160 },
    { width: 152, height: 102 },
  ]);
  assert.equal(bench.client.image.width, 301);
  assert.ok(meanError(bench.client.image, bench.capture.image) < 4);
});

test("resizes and changes of scale in the same moment end with the last of both", async () => {
  using bench = openBench({ patches: false });
  await bench.runUntil(bench.now + 150_000);
  for (let round = 0; round < 12; round++) {
    const size = { width: 257 + ((round * 37) % 200), height: 131 + ((round * 53) % 150) };
    const scale = ([0.5, 1, 0.75] as const)[round % 3] ?? 1;
    if (round % 2 === 0) bench.pump.setScale(scale);
    bench.controls.resize(size);
    if (round % 4 === 1) await bench.runUntil(bench.now + 1);
    bench.controls.fill({ x: 3, y: 5, width: 120, height: 90 }, 0x104080 + round * 7);
    if (round % 2 === 1) bench.pump.setScale(scale);
    await bench.runUntil(bench.now + (round % 3) * 60_000 + 1);
    bench.noise(round);
    await bench.runUntil(bench.now + 130_000);
    bench.noise(round + 1);
    await bench.runUntil(bench.now + 20_000);
    assert.deepEqual(bench.encoders.at(-1), pictureSizeOf(size, scale));
    assert.equal(bench.client.image.width, size.width);
    assert.equal(bench.client.image.height, size.height);
  }
  bench.pump.setPatches(true);
  await bench.runUntil(bench.now + 4_000_000);
  assert.ok(sameColours(bench.client.image, bench.capture.image));
});

/** The payloads of ten pictures, at a scale that is set again before each. */
async function payloads(scale: 1 | undefined): Promise<readonly Buffer[]> {
  using bench = new PumpBench(await TestClient.open(), { threads: 1 });
  for (let frame = 0; frame < 10; frame++) {
    if (scale !== undefined) bench.pump.setScale(scale);
    bench.noise(frame);
    await bench.runUntil(bench.now + 16_667);
  }
  assert.equal(bench.encoders.length, 1);
  return bench.client.updates.map(({ payload }) => Buffer.from(payload));
}

test("the scale that already holds changes nothing: no encoder, no keyframe, not one byte", async () => {
  const [told, untold] = [await payloads(1), await payloads(undefined)];
  assert.ok(untold.length >= 9);
  assert.equal(told.length, untold.length);
  for (const [index, payload] of untold.entries())
    assert.ok(payload.equals(told[index] ?? Buffer.alloc(0)), `update ${index}`);
});

test("several changes of scale before the next picture cost one encoder and one keyframe", async () => {
  using bench = openBench({ patches: false });
  await bench.runUntil(bench.now + 200_000);
  const { length } = bench.client.updates;
  for (const scale of [0.75, 1, 0.75, 0.5] as const) bench.pump.setScale(scale);
  boxes(bench, 1);
  await bench.runUntil(bench.now + 50_000);
  assert.equal(bench.encoders.length, 2);
  assert.equal(keyframesOf(bench.client.updates.slice(length)), 1);
});

test("a scale that changes with every picture costs no more than ten keyframes a second", async () => {
  using bench = openBench({ patches: false });
  await bench.runUntil(bench.now + 200_000);
  const { length } = bench.client.updates;
  for (let frame = 0; frame < 60; frame++) {
    bench.pump.setScale(frame % 2 === 0 ? 0.5 : 1);
    boxes(bench, frame);
    await bench.runUntil(bench.now + 16_667);
  }
  const updates = bench.client.updates.slice(length);
  assert.ok(updates.length >= 45, `${updates.length} updates`);
  const keyframes = keyframesOf(updates);
  assert.ok(keyframes >= 2 && keyframes <= 11, `${keyframes} keyframes`);
});

test("a screen that is shown exactly takes another scale without a byte, until a picture is due", async () => {
  using bench = openBench();
  await bench.runUntil(bench.now + 4_000_000);
  const { length } = bench.client.updates;
  for (const scale of [0.5, 0.75, 1, 0.5] as const) {
    bench.pump.setScale(scale);
    await bench.runUntil(bench.now + 300_000);
  }
  bench.controls.fill({ x: 40, y: 40, width: 9, height: 15 }, 0x00ff00);
  await bench.runUntil(bench.now + 300_000);
  assert.deepEqual(
    bench.client.updates.slice(length).map(({ codec }) => codec),
    [UpdateCodec.patch],
  );
  bench.pump.requestKeyframe();
  await bench.runUntil(bench.now + 1_000);
  assert.deepEqual(bench.encoders.at(-1), { width: 256, height: 160 });
});

test("a still screen without patches becomes sharp by itself once it may be full again", async () => {
  using bench = openBench({ patches: false });
  bench.noise(1);
  bench.pump.setScale(0.5);
  await bench.runUntil(bench.now + 3_000_000);
  const coarse = meanError(bench.client.image, bench.capture.image);
  bench.pump.setScale(1);
  await bench.runUntil(bench.now + 3_000_000);
  assert.deepEqual(bench.encoders.at(-1), { width: 512, height: 320 });
  const fine = meanError(bench.client.image, bench.capture.image);
  assert.ok(fine < coarse / 2, `${fine} after ${coarse}`);
});

test("the wait for another scale's keyframe counts as delay of the change that called for it", async () => {
  using bench = openBench({ patches: false });
  await bench.runUntil(bench.now + 200_000);
  bench.pump.setScale(0.5);
  boxes(bench, 3);
  assert.equal(bench.capture.wait(0, true), "damage");
  // The capture's clock is the real one.
  const noticedBy = monotonicMicros();
  const { length } = bench.client.updates;
  await bench.runUntil(bench.now + 20_000);
  const update = bench.client.updates[length];
  assert.equal(update?.keyframe, true);
  assert.ok(update.capturedAt <= noticedBy);
});
