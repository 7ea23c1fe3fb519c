import assert from "node:assert/strict";
import { test } from "node:test";
import { UpdateCodec } from "@wavry/rift-core";
import type { VideoEncoder } from "../../src/encode/video-encoder.ts";
import { MediaError } from "../../src/media-error.ts";
import { PumpBench } from "../helpers/pump-bench.ts";
import { sameColours, TestClient } from "../helpers/test-client.ts";

test("an encoder that fails once is opened anew and goes on with a keyframe", async () => {
  let failures = 1;
  const wrap = (encoder: VideoEncoder): VideoEncoder => ({
    name: encoder.name,
    picture: encoder.picture,
    setBitrate: (bps) => encoder.setBitrate(bps),
    [Symbol.dispose]: () => encoder[Symbol.dispose](),
    encode: (request) => {
      if (!request.keyframe && failures-- > 0) throw new MediaError("codec", "made to fail");
      return encoder.encode(request);
    },
  });
  using bench = new PumpBench(await TestClient.open(), { wrap, patches: false });
  await bench.runUntil(bench.now + 200_000);
  bench.noise(1);
  await bench.runUntil(bench.now + 200_000);
  assert.equal(bench.encoders.length, 2);
  assert.deepEqual(
    bench.client.updates.slice(0, 2).map(({ keyframe }) => keyframe),
    [true, true],
  );
});

test("warming up sends nothing, and the keyframe after it shows what changed since", async () => {
  using bench = new PumpBench(await TestClient.open(), { patches: false });
  bench.pump.pause();
  await bench.runUntil(bench.now + 50_000);
  bench.controls.fill({ x: 0, y: 0, width: 512, height: 320 }, 0x204060);
  bench.pump.warmUp();
  await bench.runUntil(bench.now + 500_000);
  assert.deepEqual(bench.sentAt, []);
  bench.controls.fill({ x: 100, y: 100, width: 64, height: 64 }, 0xc02010);
  bench.pump.resume();
  await bench.runUntil(bench.now + 1_000);
  assert.deepEqual(
    bench.client.updates.map(({ keyframe }) => keyframe),
    [true],
  );
  bench.pump.setPatches(true);
  await bench.runUntil(bench.now + 4_000_000);
  assert.ok(sameColours(bench.client.image, bench.capture.image));
  // Who watches already is not disturbed.
  const { length } = bench.sentAt;
  bench.pump.warmUp();
  await bench.runUntil(bench.now + 500_000);
  assert.equal(bench.sentAt.length, length);
});

test("an encoder that fails while it is warmed up is opened anew, and the next keyframe goes out", async () => {
  let failures = 1;
  const wrap = (encoder: VideoEncoder): VideoEncoder => ({
    name: encoder.name,
    picture: encoder.picture,
    setBitrate: (bps) => encoder.setBitrate(bps),
    [Symbol.dispose]: () => encoder[Symbol.dispose](),
    encode: (request) => {
      if (failures-- > 0) throw new MediaError("codec", "made to fail");
      return encoder.encode(request);
    },
  });
  using bench = new PumpBench(await TestClient.open(), { wrap });
  bench.pump.pause();
  await bench.runUntil(bench.now + 50_000);
  bench.pump.warmUp();
  await bench.runUntil(bench.now + 50_000);
  bench.pump.resume();
  await bench.runUntil(bench.now + 50_000);
  assert.equal(bench.encoders.length, 2);
  assert.equal(bench.client.updates[0]?.keyframe, true);
});

test("an encoder that keeps failing ends the pump with encoder-failed", async () => {
  const wrap = (encoder: VideoEncoder): VideoEncoder => ({
    name: encoder.name,
    picture: encoder.picture,
    setBitrate: () => {},
    [Symbol.dispose]: () => encoder[Symbol.dispose](),
    encode: () => {
      throw new MediaError("codec", "made to fail");
    },
  });
  using bench = new PumpBench(await TestClient.open(), { wrap });
  await assert.rejects(
    bench.runUntil(bench.now + 1_000_000),
    (error) => error instanceof MediaError && error.code === "encoder-failed",
  );
  assert.equal(bench.encoders.length, 2);
});

test("sixty frames a second go out at once, and a faster source is held to about that", async () => {
  using bench = new PumpBench(await TestClient.open(), { patches: false });
  await bench.runUntil(bench.now + 50_000);
  const before = bench.sentAt.length;
  const start = bench.now;
  for (let frame = 0; frame < 120; frame++) {
    const at = start + Math.round(frame * 16_667) + ((frame * 37) % 5) * 1_000;
    await bench.runUntil(at);
    bench.noise(frame);
    await bench.runUntil(at + 1);
  }
  assert.equal(bench.sentAt.length - before, 120);
  const fast = bench.sentAt.length;
  const fastStart = bench.now;
  while (bench.now < fastStart + 1_000_000) {
    bench.noise(bench.now);
    await bench.runUntil(bench.now + 4_000);
  }
  const sent = bench.sentAt.length - fast;
  assert.ok(sent >= 60 && sent <= 67, `${sent} frames in a second`);
});

test("while one part moves, another that came to rest still becomes exact", async () => {
  using bench = new PumpBench(await TestClient.open());
  await bench.runUntil(bench.now + 50_000);
  const resting = { x: 0, y: 256, width: 512, height: 64 };
  for (let frame = 0; frame < 120; frame++) {
    for (let index = 0; index < 250; index++)
      bench.controls.fill(
        { x: (index * 31) % 500, y: (index * 47) % 180, width: 9, height: 7 },
        Math.imul(frame * 251 + index, 0x9e3779b1) >>> 8,
      );
    await bench.runUntil(bench.now + 16_667);
  }
  const row = (image: { pixels: Uint32Array; stridePixels: number }, y: number): Uint32Array =>
    image.pixels
      .slice(y * image.stridePixels, y * image.stridePixels + 512)
      .map((pixel) => pixel & 0xffffff);
  for (let y = resting.y; y < resting.y + resting.height; y++)
    assert.deepEqual(row(bench.client.image, y), row(bench.capture.image, y));
  assert.ok(bench.client.updates.at(-1) !== undefined);
  assert.ok(bench.client.updates.some(({ codec }) => codec === UpdateCodec.h264));
});

test("refining stays within the bitrate and ends with an exact, silent screen", async () => {
  using bench = new PumpBench(await TestClient.open());
  await bench.runUntil(bench.now + 50_000);
  for (let frame = 0; frame < 20; frame++) {
    bench.noise(frame);
    await bench.runUntil(bench.now + 16_667);
  }
  const before = bench.client.updates.length;
  const start = bench.now;
  await bench.runUntil(start + 3_000_000);
  assert.ok(sameColours(bench.client.image, bench.capture.image));
  const bits = bench.client.updates
    .slice(before)
    .reduce((sum, { payload }) => sum + payload.length * 8, 0);
  const seconds = ((bench.sentAt.at(-1) ?? start) - start) / 1_000_000;
  assert.ok(bits <= 10_000_000 * (seconds + 0.1), `${bits} bits in ${seconds} s`);
  const count = bench.client.updates.length;
  await bench.runUntil(bench.now + 5_000_000);
  assert.equal(bench.client.updates.length, count);
});

test("typing beside a picture that is still lossy calls for no more whole pictures", async () => {
  using bench = new PumpBench(await TestClient.open());
  bench.pump.setBitrate(1_000_000);
  await bench.runUntil(bench.now + 50_000);
  for (let frame = 0; frame < 20; frame++) {
    bench.noise(frame);
    await bench.runUntil(bench.now + 16_667);
  }
  await bench.runUntil(bench.now + 50_000);
  const before = bench.client.updates.length;
  for (let key = 0; key < 30; key++) {
    bench.controls.fill({ x: 8 * key, y: 300, width: 8, height: 16 }, 0xf0f0f0);
    await bench.runUntil(bench.now + 130_000);
  }
  const pictures = bench.client.updates
    .slice(before)
    .filter(({ codec }) => codec === UpdateCodec.h264);
  assert.ok(pictures.length <= 6, `${pictures.length} whole pictures`);
});
