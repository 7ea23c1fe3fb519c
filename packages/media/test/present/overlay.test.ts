import assert from "node:assert/strict";
import { test } from "node:test";
import { glyphRows } from "../../src/present/bitmap-font.ts";
import { renderOverlay } from "../../src/present/overlay.ts";

test("every printable ASCII character has a glyph of its own", () => {
  const seen = new Map<string, string>();
  for (let code = 33; code < 127; code++) {
    const character = String.fromCharCode(code);
    const rows = glyphRows(character);
    assert.equal(rows.length, 7);
    assert.ok(rows.every((row) => row >= 0 && row < 32));
    const key = rows.join();
    assert.equal(seen.get(key), undefined, `${character} looks like ${seen.get(key)}`);
    seen.set(key, character);
  }
  assert.deepEqual(glyphRows("☃"), glyphRows("⛄"));
});

test("text stands where it should and grows with the scale", () => {
  const small = renderOverlay(["L"], 1);
  const large = renderOverlay(["L"], 2);
  assert.equal(large.width, small.width * 2);
  assert.equal(large.height, small.height * 2);
  const lit = (image: typeof small): number =>
    image.pixels.filter((pixel) => pixel !== image.pixels[0]).length;
  // An L is a stroke of seven dots and a foot of four more.
  assert.equal(lit(small), 11);
  assert.equal(lit(large), 44);
  assert.ok(renderOverlay(Array(500).fill("x".repeat(500)), 1).width < 700);
});
