import assert from "node:assert/strict";
import { test } from "node:test";
import type { Rect } from "@wavry/rift-core";
import fc from "fast-check";
import {
  barsAround,
  intersect,
  pictureArea,
  scaleRect,
  subtract,
} from "../../src/present/geometry.ts";

const side = fc.integer({ min: 1, max: 40 });
const rect = fc.record({
  x: fc.nat(30),
  y: fc.nat(30),
  width: side,
  height: side,
}) satisfies fc.Arbitrary<Rect>;

function covers({ x, y, width, height }: Rect, px: number, py: number): boolean {
  return px >= x && px < x + width && py >= y && py < y + height;
}

test("a rectangle less a hole covers each point outside the hole once", () => {
  fc.assert(
    fc.property(rect, rect, (whole, hole) => {
      const parts = subtract(whole, hole);
      for (let x = 0; x < 72; x++)
        for (let y = 0; y < 72; y++) {
          const expected = covers(whole, x, y) && !covers(hole, x, y) ? 1 : 0;
          assert.equal(parts.filter((part) => covers(part, x, y)).length, expected);
        }
    }),
    { numRuns: 30 },
  );
});

test("the intersection holds exactly the points of both", () => {
  fc.assert(
    fc.property(rect, rect, fc.nat(71), fc.nat(71), (a, b, x, y) => {
      const common = intersect(a, b);
      const inside = common !== undefined && covers(common, x, y);
      assert.equal(inside, covers(a, x, y) && covers(b, x, y));
    }),
  );
});

test("the picture keeps its aspect, is centred and as large as the window allows", () => {
  assert.deepEqual(pictureArea({ width: 1000, height: 1000 }, { width: 1920, height: 1080 }), {
    x: 0,
    y: 218,
    width: 1000,
    height: 563,
  });
  const wide = pictureArea({ width: 1000, height: 100 }, { width: 400, height: 400 });
  assert.deepEqual(wide, { x: 450, y: 0, width: 100, height: 100 });
  assert.deepEqual(barsAround({ width: 1000, height: 100 }, wide), [
    { x: 0, y: 0, width: 450, height: 100 },
    { x: 550, y: 0, width: 450, height: 100 },
  ]);
});

test("a scaled change stays inside the scaled picture and covers the change", () => {
  fc.assert(
    fc.property(
      fc.record({
        width: fc.integer({ min: 64, max: 4000 }),
        height: fc.integer({ min: 64, max: 4000 }),
      }),
      rect,
      fc.integer({ min: 1, max: 4000 }),
      fc.integer({ min: 1, max: 4000 }),
      (picture, change, width, height) => {
        fc.pre(change.x + change.width <= picture.width);
        fc.pre(change.y + change.height <= picture.height);
        const scaled = scaleRect(change, picture, { width, height });
        assert.ok(scaled.x >= 0 && scaled.y >= 0 && scaled.width > 0 && scaled.height > 0);
        assert.ok(scaled.x + scaled.width <= width && scaled.y + scaled.height <= height);
        assert.ok(scaled.x <= (change.x * width) / picture.width);
        assert.ok(
          scaled.x + scaled.width >=
            Math.min(width, ((change.x + change.width) * width) / picture.width),
        );
      },
    ),
  );
});
