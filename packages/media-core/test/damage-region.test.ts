import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { DamageRegion } from "../src/index.ts";

const SCREEN = { width: 321, height: 203 };
const rect = fc.record({
  x: fc.integer({ min: -20, max: 330 }),
  y: fc.integer({ min: -20, max: 210 }),
  width: fc.integer({ min: 0, max: 120 }),
  height: fc.integer({ min: 0, max: 120 }),
});

test("a region covers every pixel that was added, with few even rectangles inside the screen", () => {
  fc.assert(
    fc.property(
      fc.array(rect, { maxLength: 60 }),
      fc.integer({ min: 1, max: 16 }),
      (rects, max) => {
        const region = new DamageRegion(SCREEN, max);
        region.addAll(rects);
        const covered = new Uint8Array(SCREEN.width * SCREEN.height);
        assert.ok(region.rects.length <= max);
        let pixels = 0;
        for (const { x, y, width, height } of region.rects) {
          assert.ok(x >= 0 && y >= 0 && width > 0 && height > 0);
          assert.ok(x + width <= SCREEN.width && y + height <= SCREEN.height);
          assert.equal((x | y) & 1, 0);
          assert.ok((width & 1) === 0 || x + width === SCREEN.width);
          assert.ok((height & 1) === 0 || y + height === SCREEN.height);
          pixels += width * height;
          for (let row = y; row < y + height; row++)
            covered.fill(1, row * SCREEN.width + x, row * SCREEN.width + x + width);
        }
        assert.equal(region.pixelCount, pixels);
        assert.ok(pixels <= SCREEN.width * SCREEN.height);
        for (const { x, y, width, height } of rects)
          for (let row = Math.max(0, y); row < Math.min(SCREEN.height, y + height); row++)
            for (let column = Math.max(0, x); column < Math.min(SCREEN.width, x + width); column++)
              assert.equal(covered[row * SCREEN.width + column], 1);
      },
    ),
  );
});

test("rectangles far apart stay apart, neighbours become one", () => {
  const region = new DamageRegion({ width: 1920, height: 1080 });
  region.add({ x: 0, y: 0, width: 20, height: 20 });
  region.add({ x: 1800, y: 1000, width: 20, height: 20 });
  assert.equal(region.rects.length, 2);
  assert.equal(region.pixelCount, 800);
  region.add({ x: 20, y: 0, width: 20, height: 20 });
  assert.deepEqual(region.rects.at(-1), { x: 0, y: 0, width: 40, height: 20 });
});

test("taking the rectangles leaves the region empty", () => {
  const region = new DamageRegion(SCREEN);
  region.addScreen();
  assert.deepEqual(region.take(), [{ x: 0, y: 0, ...SCREEN }]);
  assert.ok(region.isEmpty);
  assert.equal(region.pixelCount, 0);
});
