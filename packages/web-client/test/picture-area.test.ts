import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { pictureArea } from "../src/picture-area.ts";

describe("where a picture lies in its element", () => {
  it("is the middle, as large as its shape allows", () => {
    const area = pictureArea({ width: 1000, height: 400 }, { width: 320, height: 200 }, 1);
    assert.deepEqual(area, { x: 180, y: 0, width: 640, height: 400 });
  });

  it("is pixel by pixel where it nearly is", () => {
    const area = pictureArea({ width: 1290, height: 730 }, { width: 1280, height: 720 }, 1);
    assert.deepEqual(area, { x: 5, y: 5, width: 1280, height: 720 });
    const dense = pictureArea({ width: 641, height: 361 }, { width: 1280, height: 720 }, 2);
    assert.deepEqual([dense.width, dense.height], [640, 360]);
  });

  it("never leaves the element by more than a rounding", () => {
    const side = fc.integer({ min: 1, max: 8192 });
    fc.assert(
      fc.property(side, side, side, side, fc.constantFrom(1, 1.25, 2, 3), (w, h, pw, ph, ratio) => {
        const { x, y, width, height } = pictureArea(
          { width: w, height: h },
          { width: pw, height: ph },
          ratio,
        );
        assert.ok(x >= -1 && y >= -1 && x + width <= w + 1 && y + height <= h + 1);
        assert.ok(Math.abs(width * ph - height * pw) <= 1e-6 * (width * ph + 1));
      }),
    );
  });

  it("is the whole element before there is a picture", () => {
    const element = { width: 10, height: 20 };
    assert.deepEqual(pictureArea(element, { width: 0, height: 0 }, 1), { x: 0, y: 0, ...element });
  });
});
