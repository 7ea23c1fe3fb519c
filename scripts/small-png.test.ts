import assert from "node:assert/strict";
import { test } from "node:test";
import { deflateSync } from "node:zlib";
import { type Picture, readPng, writeSmallPng } from "./small-png.ts";

/** A PNG in true colour, all rows by one filter. */
function trueColour({ width, height, pixels }: Picture, filter: number): Uint8Array {
  const stride = width * 3;
  const rows = new Uint8Array((stride + 1) * height);
  for (let y = 0; y < height; y++) {
    rows[y * (stride + 1)] = filter;
    for (let x = 0; x < stride; x++) {
      const left = x >= 3 ? pixels[y * stride + x - 3]! : 0;
      const above = y > 0 ? pixels[(y - 1) * stride + x]! : 0;
      const base =
        filter === 1 ? left : filter === 2 ? above : filter === 3 ? (left + above) >> 1 : 0;
      rows[y * (stride + 1) + 1 + x] = pixels[y * stride + x]! - base;
    }
  }
  const chunk = (type: string, data: Uint8Array) => {
    const out = Buffer.alloc(data.length + 12);
    out.writeUInt32BE(data.length, 0);
    out.write(type, 4, "latin1");
    out.set(data, 8);
    return out;
  };
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2, 0, 0, 0], 8);
  return Buffer.concat([Buffer.alloc(8), chunk("IHDR", header), chunk("IDAT", deflateSync(rows))]);
}

/** The colours of rows, where the picture of them has a palette. */
function coloursOf(png: Uint8Array, pixels: Uint8Array): Set<number> {
  assert.deepEqual([png[24], png[25]], [8, 3]);
  const colours = new Set<number>();
  for (let at = 0; at < pixels.length; at += 3)
    colours.add((pixels[at]! << 16) | (pixels[at + 1]! << 8) | pixels[at + 2]!);
  return colours;
}

test("rows are read by each filter that browsers write", () => {
  const pixels = Uint8Array.from({ length: 7 * 5 * 3 }, (_, index) => (index * 37) & 255);
  const picture = { width: 7, height: 5, pixels };
  for (const filter of [0, 1, 2, 3])
    assert.deepEqual(readPng(trueColour(picture, filter)), picture, `filter ${filter}`);
});

test("a palette has each colour of a picture of few, and at most 256 of one of many", () => {
  const paletteOf = (png: Uint8Array) => {
    const length = Buffer.from(png).readUInt32BE(33);
    assert.equal(Buffer.from(png.subarray(37, 41)).toString(), "PLTE");
    return Array.from({ length: length / 3 }, (_, index) => {
      const at = 41 + index * 3;
      return (png[at]! << 16) | (png[at + 1]! << 8) | png[at + 2]!;
    });
  };
  const few = Uint8Array.from({ length: 30 * 3 }, (_, index) => (index % 3) * 40 + (index >> 4));
  const small = writeSmallPng({ width: 6, height: 5, pixels: few });
  assert.deepEqual(new Set(paletteOf(small)), coloursOf(small, few));
  const many = Uint8Array.from({ length: 64 * 64 * 3 }, (_, index) => (index * 2_654_435) >>> 8);
  assert.ok(paletteOf(writeSmallPng({ width: 64, height: 64, pixels: many })).length <= 256);
});
