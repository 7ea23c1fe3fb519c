import assert from "node:assert/strict";
import { test } from "node:test";
import { findSps, h264CodecString, NalType, nalUnits } from "@wavry/media-core";
import type { Rect } from "@wavry/rift-core";
import { openConverter } from "../../src/convert/picture-converter.ts";
import { createScreenImage, type ScreenImage } from "../../src/convert/screen-image.ts";
import { openEncoder } from "../../src/encode/open-encoder.ts";
import type { VideoEncoder } from "../../src/encode/video-encoder.ts";
import { MediaError } from "../../src/media-error.ts";
import { psnr, TestDecoder } from "../helpers/test-decoder.ts";

const SIZE = { width: 640, height: 360 };
const ALL: Rect = { x: 0, y: 0, ...SIZE };
const FRAME_RATE = 60;

/** A smooth picture with detail on top that moves with `step`. */
function paint(image: ScreenImage, step: number): void {
  const { width, height, pixels } = image;
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const wave = 128 + 70 * Math.sin((x + step * 9) / 31) * Math.cos((y + step * 5) / 23);
      const texture = (((x + step * 9) * 7) ^ ((y + step * 5) * 13)) & 31;
      const level = Math.round(wave + texture);
      pixels[y * width + x] =
        0xff000000 | (level << 16) | ((255 - level) << 8) | ((x + step) & 255);
    }
}

async function open(bitrateBps: number): Promise<{
  encoder: VideoEncoder;
  show(step: number): void;
  image: ScreenImage;
}> {
  const encoder = await openEncoder({ size: SIZE, bitrateBps, frameRate: FRAME_RATE });
  const converter = openConverter();
  const image = createScreenImage(SIZE);
  return {
    encoder,
    image,
    show: (step) => {
      paint(image, step);
      converter.convert(image, [ALL], encoder.picture);
    },
  };
}

test("each picture gives one access unit at once, which decodes to what was shown", async () => {
  const { encoder, show, image } = await open(8_000_000);
  using _ = encoder;
  using decoder = await TestDecoder.open();
  for (let step = 0; step < 12; step++) {
    show(step);
    const { bytes, keyframe } = encoder.encode({ keyframe: step === 0 });
    assert.equal(keyframe, step === 0);
    const shown = decoder.decode(bytes);
    assert.ok(psnr(shown, image, ALL) > 25);
  }
});

test("a keyframe on request carries its parameter sets and starts a decoder afresh", async () => {
  const { encoder, show, image } = await open(8_000_000);
  using _ = encoder;
  for (let step = 0; step < 5; step++) {
    show(step);
    encoder.encode({ keyframe: step === 0 });
  }
  const { bytes, keyframe } = encoder.encode({ keyframe: true });
  assert.ok(keyframe);
  const types = [...nalUnits(bytes)].map((unit) => unit.type);
  assert.ok(types.includes(NalType.sps) && types.includes(NalType.pps));
  using decoder = await TestDecoder.open();
  assert.ok(psnr(decoder.decode(bytes), image, ALL) > 25);
});

test("the stream says full-range BT.601, no reordering, and its exact codec string", async () => {
  const { encoder, show } = await open(4_000_000);
  using _ = encoder;
  show(0);
  const sps = findSps(encoder.encode({ keyframe: true }).bytes);
  assert.ok(sps !== undefined);
  assert.deepEqual([sps.width, sps.height, sps.chromaFormat], [640, 360, 1]);
  assert.deepEqual([sps.fullRange, sps.matrix], [true, 5]);
  assert.equal(sps.reorderFrames, 0);
  assert.match(h264CodecString(sps), /^avc1\.42C0[0-9A-F]{2}$/);
});

test("no picture takes much more than its share of the bitrate, and a change holds within four frames", async () => {
  const { encoder, show } = await open(8_000_000);
  using _ = encoder;
  const sizes: number[] = [];
  const encodeAt = (step: number): number => {
    show(step);
    return encoder.encode({ keyframe: step === 0 }).bytes.length;
  };
  for (let step = 0; step < 20; step++) sizes.push(encodeAt(step));
  const share = 8_000_000 / FRAME_RATE / 8;
  for (const size of sizes.slice(1)) assert.ok(size < share * 1.5, `${size} of ${share}`);
  encoder.setBitrate(1_500_000);
  for (let step = 20; step < 24; step++) encodeAt(step);
  const after = [24, 25, 26, 27, 28, 29].map(encodeAt);
  const mean = after.reduce((sum, size) => sum + size, 0) / after.length;
  assert.ok(mean < (1_500_000 / FRAME_RATE / 8) * 1.3, `${mean}`);
});

test("with a hint of what changed, the rest of the picture stays and the change arrives", async () => {
  const { encoder, show, image } = await open(8_000_000);
  using _ = encoder;
  using converter = openConverter();
  using decoder = await TestDecoder.open();
  show(0);
  decoder.decode(encoder.encode({ keyframe: true }).bytes);
  for (let step = 0; step < 10; step++)
    decoder.decode(encoder.encode({ keyframe: false, changed: [] }).bytes);
  const rect = { x: 100, y: 50, width: 64, height: 40 };
  for (let y = rect.y; y < rect.y + rect.height; y++)
    image.pixels.fill(0xff2060c0, y * SIZE.width + rect.x, y * SIZE.width + rect.x + rect.width);
  converter.convert(image, [rect], encoder.picture);
  const shown = decoder.decode(encoder.encode({ keyframe: false, changed: [rect] }).bytes);
  assert.ok(psnr(shown, image, rect) > 30);
  assert.ok(psnr(shown, image, ALL) > 28);
});

test("odd sizes are encoded with the sides rounded up", async () => {
  using encoder = await openEncoder({
    size: { width: 321, height: 201 },
    bitrateBps: 1_000_000,
    frameRate: 60,
  });
  const sps = findSps(encoder.encode({ keyframe: true }).bytes);
  assert.deepEqual([sps?.width, sps?.height], [322, 202]);
});

test("an encoder that is missing or closed says so", async () => {
  await assert.rejects(
    openEncoder({ size: SIZE, bitrateBps: 1e6, frameRate: 60, prefer: "h264_videotoolbox" }),
    (error) => error instanceof MediaError && error.code === "unavailable",
  );
  const { encoder } = await open(1_000_000);
  encoder[Symbol.dispose]();
  encoder[Symbol.dispose]();
  assert.throws(
    () => encoder.encode({ keyframe: true }),
    (error) => error instanceof MediaError && error.code === "codec",
  );
});
