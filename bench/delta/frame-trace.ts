/** The sizes that a real encoder gives its frames, at several rates, so that a simulated one can play them. */

import type { FrameSizes } from "@wavry/rift-core/testing";
import { openConverter } from "../../packages/media/src/convert/picture-converter.ts";
import { createScreenImage } from "../../packages/media/src/convert/screen-image.ts";
import { openEncoder } from "../../packages/media/src/encode/open-encoder.ts";
import { paintTexture, panOffset } from "../glass/picture.ts";

const SIZE = { width: 1920, height: 1080 };
const FPS = 60;
/** The first frames are the encoder's start, not its course. */
const SETTLING = 30;
const FRAMES = 180;
const RATES_BPS: readonly number[] = [500_000, 2_000_000, 8_000_000, 16_000_000];

/**
 * Encodes the picture once a rate (some seconds of work) and keeps the sizes as shares of their mean: an encoder with a
 * rate buffer of one frame stays a little below its rate, for which its host makes up.
 */
export async function recordFrameTrace(): Promise<FrameSizes> {
  const wide = { width: SIZE.width * 2, height: SIZE.height * 2 };
  const texture = new Uint32Array(wide.width * wide.height);
  paintTexture(texture, wide.width, 1);
  const image = createScreenImage(SIZE);
  const whole = [{ x: 0, y: 0, ...SIZE }];
  using converter = openConverter();
  const shares: Float64Array[] = [];
  for (const bitrateBps of RATES_BPS) {
    using encoder = await openEncoder({ size: SIZE, bitrateBps, frameRate: FPS });
    const share = new Float64Array(FRAMES);
    for (let frame = 0; frame < FRAMES; frame++) {
      const at = panOffset(2 * frame, wide.width - SIZE.width, wide.height - SIZE.height);
      for (let row = 0; row < SIZE.height; row++) {
        const from = (at.y + row) * wide.width + at.x;
        image.pixels.set(texture.subarray(from, from + SIZE.width), row * SIZE.width);
      }
      converter.convert(image, whole, encoder.picture);
      const { bytes } = encoder.encode({ keyframe: frame === 0, changed: whole });
      share[frame] = bytes.length;
    }
    const course = share.subarray(SETTLING);
    const mean = course.reduce((sum, size) => sum + size, 0) / course.length;
    shares.push(course.map((size) => size / mean));
  }
  return {
    frameBytes: (bitrateBps, fps, index) => {
      let best = 0;
      for (let rate = 1; rate < RATES_BPS.length; rate++)
        if (distance(RATES_BPS[rate]!, bitrateBps) < distance(RATES_BPS[best]!, bitrateBps))
          best = rate;
      const share = shares[best]![index % (FRAMES - SETTLING)]!;
      return Math.max(64, Math.round((share * bitrateBps) / fps / 8));
    },
  };
}

function distance(a: number, b: number): number {
  return Math.abs(Math.log(a / b));
}
