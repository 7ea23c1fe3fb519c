import assert from "node:assert/strict";
import { test } from "node:test";
import type { Rect } from "@wavry/rift-core";
import { WireError } from "@wavry/rift-core";
import fc from "fast-check";
import { PatchDecoder, PatchEncoder, type PixelImage, patchMaxBytes } from "../src/index.ts";
import { decodeSlowly } from "./patch-twin.ts";

const FILLER = 0xdeadbeef;

function blank(width: number, height: number, stridePixels = width): PixelImage {
  const pixels = new Uint32Array(stridePixels * height).fill(FILLER);
  return { width, height, stridePixels, pixels };
}

/** Pictures as screens have them: few colours, gradients, repeated rows, or noise. */
const scene = fc
  .record({
    width: fc.integer({ min: 1, max: 300 }),
    height: fc.integer({ min: 1, max: 60 }),
    pad: fc.integer({ min: 0, max: 5 }),
    kind: fc.constantFrom("flat", "few", "gradient", "rows", "noise"),
    seed: fc.infiniteStream(fc.integer({ min: 0, max: 0xffffffff })),
    corner: fc.tuple(
      fc.double({ min: 0, max: 0.99, noNaN: true }),
      fc.double({ min: 0, max: 0.99, noNaN: true }),
    ),
    extent: fc.tuple(
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.double({ min: 0, max: 1, noNaN: true }),
    ),
  })
  .map(({ width, height, pad, kind, seed, corner, extent }) => {
    const image = blank(width, height, width + pad);
    const values = Array.from({ length: 64 }, () => seed.next().value as number);
    for (let y = 0; y < height; y++)
      for (let x = 0; x < width; x++) {
        const index = y * width + x;
        const value =
          kind === "flat"
            ? values[0]
            : kind === "few"
              ? values[(values[index % 64] ?? 0) & 3]
              : kind === "gradient"
                ? ((values[0] ?? 0) + x * 0x010203 + y * 0x030101) >>> 0
                : kind === "rows"
                  ? values[x % 64]
                  : ((values[index % 64] ?? 0) * (index + 1)) >>> 0;
        image.pixels[y * image.stridePixels + x] = value ?? 0;
      }
    const x = Math.floor(corner[0] * width);
    const y = Math.floor(corner[1] * height);
    const rect: Rect = {
      x,
      y,
      width: Math.max(1, Math.floor(extent[0] * (width - x))),
      height: Math.max(1, Math.floor(extent[1] * (height - y))),
    };
    return { image, rect };
  });

test("a patch comes back exactly, in its own rectangle only, and within its bound", () => {
  fc.assert(
    fc.property(scene, ({ image, rect }) => {
      const out = new Uint8Array(patchMaxBytes(rect.width * rect.height) + 3);
      const end = new PatchEncoder().encode(image, rect, out, 3);
      assert.ok(end > 3 && end <= out.length);
      const target = blank(image.width, image.height, image.stridePixels);
      assert.equal(new PatchDecoder().decode(out.subarray(0, end), 3, target, rect), end);
      for (let index = 0; index < target.pixels.length; index++) {
        const x = (index % image.stridePixels) - rect.x;
        const y = Math.floor(index / image.stridePixels) - rect.y;
        const inside = x >= 0 && x < rect.width && y >= 0 && y < rect.height;
        const expected = inside ? ((image.pixels[index] ?? 0) | 0xff000000) >>> 0 : FILLER;
        assert.equal(target.pixels[index], expected);
      }
    }),
  );
});

test("the encoder's bytes mean the same to the plain decoder", () => {
  fc.assert(
    fc.property(scene, ({ image, rect }) => {
      const out = new Uint8Array(patchMaxBytes(rect.width * rect.height));
      const end = new PatchEncoder().encode(image, rect, out, 0);
      const { colours, used } = decodeSlowly([...out.subarray(0, end)], rect.width, rect.height);
      assert.equal(used, end);
      colours.forEach(([r, g, b], index) => {
        const row = rect.y + Math.floor(index / rect.width);
        const pixel = image.pixels[row * image.stridePixels + rect.x + (index % rect.width)] ?? 0;
        assert.equal((r << 16) | (g << 8) | b, pixel & 0xffffff);
      });
    }),
  );
});

test("any bytes draw what the plain decoder draws, or give a WireError where it refuses", () => {
  const op = fc.oneof(
    { weight: 3, arbitrary: fc.integer({ min: 0, max: 254 }) },
    { weight: 1, arbitrary: fc.integer({ min: 0xc0, max: 0xff }) },
  );
  const bytes = fc.array(op, { maxLength: 200 });
  const side = fc.integer({ min: 1, max: 24 });
  fc.assert(
    fc.property(bytes, side, side, (list, width, height) => {
      const rect = { x: 2, y: 1, width, height };
      const target = blank(width + 4, height + 3);
      let used: number | undefined;
      try {
        used = new PatchDecoder().decode(Uint8Array.from(list), 0, target, rect);
      } catch (error) {
        assert.ok(error instanceof WireError);
      }
      for (let y = 0; y < target.height; y++)
        for (let x = 0; x < target.width; x++)
          if (x < 2 || y < 1 || x >= 2 + width || y >= 1 + height)
            assert.equal(target.pixels[y * target.stridePixels + x], FILLER);
      if (used === undefined) {
        assert.throws(() => decodeSlowly(list, width, height));
        return;
      }
      const plain = decodeSlowly(list, width, height);
      assert.equal(plain.used, used);
      plain.colours.forEach(([r, g, b], index) => {
        const at = (1 + Math.floor(index / width)) * target.stridePixels + 2 + (index % width);
        assert.equal((target.pixels[at] ?? 0) & 0xffffff, (r << 16) | (g << 8) | b);
      });
    }),
    { numRuns: 400 },
  );
});

test("a patch cut short anywhere is refused", () => {
  fc.assert(
    fc.property(scene, fc.double({ min: 0, max: 0.999, noNaN: true }), ({ image, rect }, part) => {
      const out = new Uint8Array(patchMaxBytes(rect.width * rect.height));
      const end = new PatchEncoder().encode(image, rect, out, 0);
      const cut = out.subarray(0, Math.floor(end * part));
      assert.throws(() => new PatchDecoder().decode(cut, 0, image, rect), WireError);
    }),
  );
});

test("the encoder stops at its limit and never writes past it", () => {
  fc.assert(
    fc.property(scene, fc.nat({ max: 400 }), ({ image, rect }, limit) => {
      const out = new Uint8Array(limit + 50).fill(0x55);
      const end = new PatchEncoder().encode(image, rect, out, 0, limit);
      assert.ok(end <= limit);
      assert.ok(out.subarray(limit).every((byte) => byte === 0x55));
    }),
  );
});

test("a solid screen costs less than a kilobyte", () => {
  const image = blank(1920, 1080);
  const out = new Uint8Array(1024);
  const end = new PatchEncoder().encode(image, { x: 0, y: 0, width: 1920, height: 1080 }, out, 0);
  assert.ok(end > 0);
});

test("rectangles outside the picture are a caller's mistake for the encoder and a peer's for the decoder", () => {
  const image = blank(10, 10);
  for (const rect of [
    { x: 5, y: 0, width: 6, height: 1 },
    { x: 0, y: 9, width: 1, height: 2 },
    { x: -1, y: 0, width: 2, height: 2 },
    { x: 0, y: 0, width: 0, height: 1 },
  ]) {
    assert.throws(() => new PatchEncoder().encode(image, rect, new Uint8Array(999), 0), RangeError);
    assert.throws(() => new PatchDecoder().decode(new Uint8Array(99), 0, image, rect), WireError);
  }
});
