import assert from "node:assert/strict";
import { test } from "node:test";
import { libyuv } from "../../src/convert/libyuv.ts";
import { LibyuvConverter } from "../../src/convert/libyuv-converter.ts";
import type { PictureConverter } from "../../src/convert/picture-converter.ts";
import { createScreenImage, type ScreenImage } from "../../src/convert/screen-image.ts";
import { SwscaleConverter } from "../../src/convert/swscale-converter.ts";
import { YuvPicture } from "../../src/convert/yuv-picture.ts";

function painted(width: number, height: number): ScreenImage {
  const image = createScreenImage({ width, height });
  // Blocks of 8 by 8, so that a chroma sample never mixes colours.
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      image.pixels[y * width + x] = Math.imul((x >> 3) * 31 + (y >> 3) * 17 + 5, 0x9e3779b1) >>> 0;
  return image;
}

/** BT.601 at full range (ITU-T T.871 §7). */
function expected(pixel: number): [number, number, number] {
  const [r, g, b] = [(pixel >> 16) & 255, (pixel >> 8) & 255, pixel & 255];
  return [
    0.299 * r + 0.587 * g + 0.114 * b,
    128 - 0.168736 * r - 0.331264 * g + 0.5 * b,
    128 + 0.5 * r - 0.418688 * g - 0.081312 * b,
  ];
}

function contract(name: string, open: () => PictureConverter, skip: string | false): void {
  test(`${name}: a screen becomes full-range BT.601 within four steps a sample`, { skip }, () => {
    for (const [width, height] of [
      [64, 48],
      [71, 33],
    ] as const) {
      const image = painted(width, height);
      using converter = open();
      using picture = new YuvPicture(image);
      converter.convert(image, [{ x: 0, y: 0, width, height }], picture);
      const [yPlane, uPlane, vPlane] = picture.planes;
      for (let y = 0; y < height; y++)
        for (let x = 0; x < width; x++) {
          const want = expected(image.pixels[y * width + x] ?? 0);
          const chroma = (y >> 1) * uPlane.stride + (x >> 1);
          const got = [
            yPlane.bytes[y * yPlane.stride + x],
            uPlane.bytes[chroma],
            vPlane.bytes[chroma],
          ];
          for (const [index, value] of want.entries())
            assert.ok(
              Math.abs(value - (got[index] ?? 0)) <= 4,
              `${x},${y}: ${got} instead of ${want}`,
            );
        }
    }
  });

  test(`${name}: after a change, converting its rectangle gives what converting all would`, {
    skip,
  }, () => {
    const image = painted(128, 64);
    using converter = open();
    using partly = new YuvPicture(image);
    using whole = new YuvPicture(image);
    const all = { x: 0, y: 0, width: 128, height: 64 };
    converter.convert(image, [all], partly);
    const rect = { x: 38, y: 10, width: 26, height: 22 };
    for (let y = rect.y; y < rect.y + rect.height; y++)
      image.pixels.fill(0xff30a0f0, y * 128 + rect.x, y * 128 + rect.x + rect.width);
    converter.convert(image, [rect], partly);
    converter.convert(image, [all], whole);
    for (const [index, plane] of partly.planes.entries())
      assert.deepEqual(plane.bytes, whole.planes[index]?.bytes);
  });
}

const native = libyuv();
contract(
  "libyuv",
  () => new LibyuvConverter(native ?? assert.fail()),
  native === undefined && "libyuv is not installed",
);
contract("swscale", () => new SwscaleConverter(), false);
