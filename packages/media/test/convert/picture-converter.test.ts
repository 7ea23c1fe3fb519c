import assert from "node:assert/strict";
import { test } from "node:test";
import type { Rect } from "@wavry/rift-core";
import { libyuv } from "../../src/convert/libyuv.ts";
import { LibyuvConverter } from "../../src/convert/libyuv-converter.ts";
import type { PictureConverter } from "../../src/convert/picture-converter.ts";
import { pictureSizeOf } from "../../src/convert/picture-scale.ts";
import {
  createScreenImage,
  type ScreenImage,
  screenImageOver,
} from "../../src/convert/screen-image.ts";
import { SwscaleConverter } from "../../src/convert/swscale-converter.ts";
import { YuvPicture } from "../../src/convert/yuv-picture.ts";
import { GuardedMemory } from "../helpers/guarded-memory.ts";

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
  test(`${name}: a closed picture is refused, as its memory is somebody else's`, { skip }, () => {
    using converter = open();
    const picture = new YuvPicture({ width: 64, height: 48 });
    picture[Symbol.dispose]();
    const rect = { x: 0, y: 0, width: 64, height: 48 };
    assert.throws(() => converter.convert(painted(64, 48), [rect], picture), {
      name: "MediaError",
      message: "the picture is closed",
    });
  });

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
    assertSame(partly, whole);
  });

  test(`${name}: a smaller picture is the screen scaled down, each of its places within eight steps`, {
    skip,
  }, () => {
    for (const scale of [0.75, 0.5] as const)
      for (const [width, height] of [
        [320, 192],
        [333, 201],
      ] as const) {
        const image = gradient(width, height);
        using converter = open();
        using picture = new YuvPicture(pictureSizeOf(image, scale));
        converter.convert(image, [{ x: 0, y: 0, width, height }], picture);
        const [yPlane, uPlane, vPlane] = picture.planes;
        for (let y = 0; y < picture.height; y++)
          for (let x = 0; x < picture.width; x++) {
            const want = expected(
              colourAt(
                ((x + 0.5) * width) / picture.width - 0.5,
                ((y + 0.5) * height) / picture.height - 0.5,
              ),
            );
            const chroma = (y >> 1) * uPlane.stride + (x >> 1);
            const got = [
              yPlane.bytes[y * yPlane.stride + x],
              uPlane.bytes[chroma],
              vPlane.bytes[chroma],
            ];
            for (const [index, value] of want.entries())
              assert.ok(
                Math.abs(value - (got[index] ?? 0)) <= 8,
                `${width}x${height} by ${scale} at ${x},${y}: ${got} instead of ${want}`,
              );
          }
      }
  });

  test(`${name}: after changes, converting their rectangles into a smaller picture gives what converting all would`, {
    skip,
  }, () => {
    for (const scale of [0.75, 0.5] as const) {
      const image = painted(333, 201);
      using converter = open();
      using partly = new YuvPicture(pictureSizeOf(image, scale));
      using whole = new YuvPicture(partly);
      const all = { x: 0, y: 0, width: 333, height: 201 };
      converter.convert(image, [all], partly);
      const rects = [
        { x: 38, y: 150, width: 26, height: 22 },
        { x: 300, y: 100, width: 33, height: 101 },
        { x: 2, y: 4, width: 2, height: 2 },
        { x: 60, y: 160, width: 40, height: 8 },
      ];
      for (const [index, rect] of rects.entries())
        for (let y = rect.y; y < rect.y + rect.height; y++)
          image.pixels.fill(
            0xff30a0f0 + index * 0x1707,
            y * 333 + rect.x,
            y * 333 + rect.x + rect.width,
          );
      converter.convert(image, rects, partly);
      converter.convert(image, [all], whole);
      assertSame(partly, whole);
    }
  });

  test(`${name}: nothing is read past the last pixel of the screen, at any scale`, {
    skip: skip || (process.platform !== "linux" && "only on Linux"),
  }, () => {
    for (const [width, height] of [
      [64, 48],
      [71, 33],
      [90, 81],
      [257, 131],
    ] as const)
      for (const scale of [1, 0.75, 0.5] as const) {
        using memory = new GuardedMemory(width * height * 4);
        const image = screenImageOver(memory.bytes, { width, height });
        using converter = open();
        using picture = new YuvPicture(pictureSizeOf(image, scale));
        for (let x = 0; x < width; x += 2)
          converter.convert(
            image,
            [{ x, y: height >> 1, width: width - x, height: height - (height >> 1) }].map(even),
            picture,
          );
      }
  });
}

/** Moves a rectangle's top to an even row. */
function even(rect: Rect): Rect {
  const up = rect.y & 1;
  return { ...rect, y: rect.y - up, height: rect.height + up };
}

/** What lies behind the end of a row does not count. */
function assertSame(a: YuvPicture, b: YuvPicture): void {
  for (const [index, plane] of a.planes.entries()) {
    const [width, height] = index === 0 ? [a.width, a.height] : [a.width >> 1, a.height >> 1];
    for (let y = 0; y < height; y++) {
      const row = (bytes: Buffer | undefined): Buffer =>
        (bytes ?? Buffer.alloc(0)).subarray(y * plane.stride, y * plane.stride + width);
      assert.ok(row(plane.bytes).equals(row(b.planes[index]?.bytes)), `plane ${index}, row ${y}`);
    }
  }
}

/** Colours that change slowly, so that every sound way of scaling gives about the same. */
function colourAt(x: number, y: number): number {
  const wave = (value: number, period: number): number =>
    Math.round(128 + 100 * Math.sin((value * 2 * Math.PI) / period));
  return (wave(x, 160) << 16) | (wave(y, 120) << 8) | wave(x + y, 200);
}

function gradient(width: number, height: number): ScreenImage {
  const image = createScreenImage({ width, height });
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) image.pixels[y * width + x] = colourAt(x, y);
  return image;
}

const native = libyuv();
contract(
  "libyuv",
  () => new LibyuvConverter(native ?? assert.fail()),
  native === undefined && "libyuv is not installed",
);
contract("swscale", () => new SwscaleConverter(), false);
