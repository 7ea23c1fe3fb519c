import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { pictureFit } from "@wavry/media-core";

describe("how a picture covers a screen", () => {
  const screen = { width: 1001, height: 601 };

  it("is pixel by pixel up to what fills the last macroblocks", () => {
    for (const [width, height] of [
      [1001, 601],
      [1002, 602],
      [1008, 608],
    ] as const)
      assert.equal(pictureFit({ width, height }, screen), "exact");
    assert.equal(pictureFit({ width: 1009, height: 601 }, screen), undefined);
    assert.equal(pictureFit({ width: 1001, height: 609 }, screen), undefined);
  });

  it("is scaled where it is shorter on a side and longer on none", () => {
    assert.equal(pictureFit({ width: 750, height: 450 }, screen), "scaled");
    assert.equal(pictureFit({ width: 1001, height: 450 }, screen), "scaled");
    assert.equal(pictureFit({ width: 1002, height: 450 }, screen), undefined);
  });

  it("is none below a quarter of a side", () => {
    assert.equal(pictureFit({ width: 252, height: 152 }, screen), "scaled");
    assert.equal(pictureFit({ width: 250, height: 152 }, screen), undefined);
    assert.equal(pictureFit({ width: 252, height: 150 }, screen), undefined);
  });
});
