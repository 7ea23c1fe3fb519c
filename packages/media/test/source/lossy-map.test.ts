import assert from "node:assert/strict";
import { test } from "node:test";
import type { Rect } from "@wavry/rift-core";
import fc from "fast-check";
import { LossyMap } from "../../src/source/lossy-map.ts";

const SCREEN = { width: 300, height: 170 };
const rect = fc
  .tuple(
    fc.nat(299),
    fc.nat(169),
    fc.integer({ min: 1, max: 300 }),
    fc.integer({ min: 1, max: 170 }),
  )
  .map(([x, y, width, height]) => ({
    x,
    y,
    width: Math.min(width, SCREEN.width - x),
    height: Math.min(height, SCREEN.height - y),
  }));
const steps = fc.array(fc.record({ lossy: fc.boolean(), rect }), { maxLength: 30 });

function each({ x, y, width, height }: Rect, visit: (index: number) => void): void {
  for (let row = y; row < y + height; row++)
    for (let column = x; column < x + width; column++) visit(row * SCREEN.width + column);
}

test("no pixel that was last painted with loss is ever forgotten", () => {
  fc.assert(
    fc.property(steps, (list) => {
      const map = new LossyMap(SCREEN);
      const pixels = new Uint8Array(SCREEN.width * SCREEN.height);
      for (const { lossy, rect: area } of list) {
        if (lossy) map.mark(area, 5);
        else map.clear(area);
        each(area, (index) => {
          pixels[index] = lossy ? 1 : 0;
        });
      }
      const covered = new Uint8Array(pixels.length);
      for (const area of map.region(8)) each(area, (index) => covered.fill(1, index, index + 1));
      assert.ok(pixels.every((value, index) => value <= (covered[index] ?? 0)));
      assert.equal(map.isEmpty, map.oldest() === undefined);
    }),
  );
});

test("sending run after run without loss ends with an exact picture", () => {
  fc.assert(
    fc.property(
      fc.array(rect, { maxLength: 10 }),
      fc.integer({ min: 1, max: 4 }),
      (list, tiles) => {
        const map = new LossyMap(SCREEN);
        for (const area of list) map.mark(area, 1);
        let sent = 0;
        for (let run = map.nextRun(1, tiles); run !== undefined; run = map.nextRun(1, tiles)) {
          assert.ok(run.x + run.width <= SCREEN.width && run.y + run.height <= SCREEN.height);
          map.clear(run);
          assert.ok(++sent <= 15);
        }
        assert.ok(map.isEmpty);
      },
    ),
  );
});

test("tiles that changed a moment ago are left alone", () => {
  const map = new LossyMap(SCREEN);
  map.mark({ x: 0, y: 0, width: 64, height: 64 }, 100);
  map.mark({ x: 64, y: 0, width: 64, height: 64 }, 200);
  assert.deepEqual(map.nextRun(150, 4), { x: 0, y: 0, width: 64, height: 64 });
  assert.equal(map.oldest(), 100);
});
