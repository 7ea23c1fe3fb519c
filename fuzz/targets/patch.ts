import assert from "node:assert/strict";
import { PatchDecoder, PatchEncoder, patchMaxBytes } from "@wavry/media-core";
import type { FuzzTarget } from "../engine/target.ts";
import { valueOrRefusal } from "./refusals.ts";

const WIDTH = 40;
const HEIGHT = 24;
const STRIDE = 48;
const GUARD = 0x12345678;

/** The first two bytes choose the rectangle; the rest are patches. */
export const patch: FuzzTarget = {
  name: "patch",
  summary:
    "lossless patches: never a pixel outside the rectangle, and what was drawn is encoded and drawn the same",
  maxBytes: 1024,
  run(input) {
    if (input.length < 2) return;
    const x = input[0]! & 15;
    const y = input[0]! >> 4;
    const width = 1 + ((input[1]! & 15) % (WIDTH - x));
    const height = 1 + ((input[1]! >> 4) % (HEIGHT - y));
    const rect = { x, y, width, height };
    const pixels = new Uint32Array(STRIDE * HEIGHT).fill(GUARD);
    const image = { width: WIDTH, height: HEIGHT, stridePixels: STRIDE, pixels };
    const end = valueOrRefusal(() => new PatchDecoder().decode(input, 2, image, rect));
    for (let row = 0, at = 0; row < HEIGHT; row++)
      for (let column = 0; column < STRIDE; column++, at++)
        if (row < y || row >= y + height || column < x || column >= x + width)
          assert.equal(pixels[at], GUARD, "a pixel outside the rectangle has changed");
    if (end === undefined) return;
    assert.ok(end > 2 && end <= input.length);
    const encoded = new Uint8Array(patchMaxBytes(width * height));
    const bytes = new PatchEncoder().encode(image, rect, encoded, 0);
    const again = { ...image, pixels: new Uint32Array(STRIDE * HEIGHT).fill(GUARD) };
    assert.equal(new PatchDecoder().decode(encoded, 0, again, rect), bytes);
    assert.deepEqual(again.pixels, pixels);
  },
  seeds: () => {
    const drawn = (draw: (x: number, y: number) => number): Uint8Array => {
      const pixels = Uint32Array.from({ length: 16 * 16 }, (_, at) => draw(at & 15, at >> 4));
      const image = { width: 16, height: 16, stridePixels: 16, pixels };
      const out = new Uint8Array(2 + patchMaxBytes(256));
      out[1] = 0xff;
      return out.slice(
        0,
        new PatchEncoder().encode(image, { x: 0, y: 0, width: 16, height: 16 }, out, 2),
      );
    };
    return [
      drawn(() => 0xffffff),
      drawn((x) => (x > 3 && x < 9 ? 0x102030 : 0xf0f0f0)),
      drawn((x, y) => x * 3 + y * 0x10101),
      drawn((x, y) => Math.imul(x * 31 + y, 0x9e3779b1) & 0xffffff),
    ];
  },
};
