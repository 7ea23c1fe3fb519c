import assert from "node:assert/strict";
import { test } from "node:test";
import { fractionToPixel } from "@wavry/rift-core/input";
import fc from "fast-check";
import { containedBox, fractionsAt } from "../../src/input/picture-place.ts";

test("a picture of another shape than its element has bars on two sides", () => {
  const box = { x: 10, y: 20, width: 400, height: 400 };
  const wide = containedBox(box, { width: 1600, height: 900 });
  assert.deepEqual(wide, { x: 10, y: 107.5, width: 400, height: 225 });
  const high = containedBox(box, { width: 900, height: 1600 });
  assert.deepEqual(high, { x: 97.5, y: 20, width: 225, height: 400 });
  assert.deepEqual(containedBox(box, { width: 0, height: 0 }), {
    x: 10,
    y: 20,
    width: 0,
    height: 0,
  });
});

test("at its own size each point of the picture is its own pixel, wherever the picture stands", () => {
  const size = fc.integer({ min: 1, max: 8192 });
  fc.assert(
    fc.property(size, size, fc.nat(), fc.nat(), fc.integer({ min: -500, max: 500 }), (...args) => {
      const [width, height, px, py, shift] = args;
      const place = { box: { x: shift, y: shift, width, height }, screen: { width, height } };
      const at = fractionsAt(place, (px % width) + shift, (py % height) + shift);
      assert.ok(at !== undefined);
      assert.equal(fractionToPixel(at.x, width), px % width);
      assert.equal(fractionToPixel(at.y, height), py % height);
    }),
  );
});

test("a point beside the picture is its nearest edge", () => {
  const screen = { width: 640, height: 480 };
  const place = { box: { x: 100, y: 50, width: 320, height: 240 }, screen };
  const pixel = (x: number, y: number): number[] => {
    const at = fractionsAt(place, x, y) ?? { x: -1, y: -1 };
    return [fractionToPixel(at.x, 640), fractionToPixel(at.y, 480)];
  };
  assert.deepEqual(pixel(0, 0), [0, 0]);
  assert.deepEqual(pixel(1e9, 1e9), [639, 479]);
  assert.deepEqual(pixel(105, 60), [10, 20]);
});

test("while nothing is shown no point is anywhere", () => {
  const box = { x: 0, y: 0, width: 0, height: 0 };
  assert.equal(fractionsAt({ box, screen: { width: 640, height: 480 } }, 1, 1), undefined);
});
