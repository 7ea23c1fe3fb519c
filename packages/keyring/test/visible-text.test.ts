import assert from "node:assert/strict";
import { test } from "node:test";
import { visibleText } from "@wavry/keyring";
import fc from "fast-check";

test("text of another device cannot drive a terminal or turn its line around", () => {
  assert.equal(visibleText("\u001b[2J\u001b]0;mine\u0007den\u009b1m", 64), "[2J]0;mineden1m");
  assert.equal(visibleText("ab\u202edc\u2066e\ufeff", 64), "abdce");
  assert.equal(visibleText("one\r\n\ttwo\u2028\u202e \u2028three\u0000", 64), "one two three");
});

test("what people write in their languages stays", () => {
  for (const text of ["Größe 12″", "机器", "日本語の名前", "café 😀", "it's (mine) & #1"])
    assert.equal(visibleText(text, 64), text);
});

test("any text becomes one line of at most so many code points, and stays so", () => {
  const unit = fc.integer({ min: 0, max: 0x10ffff });
  const texts = fc.array(unit).map((units) => String.fromCodePoint(...units).toWellFormed());
  fc.assert(
    fc.property(texts, fc.nat(20), (text, maxLength) => {
      const visible = visibleText(text, maxLength);
      assert.ok([...visible].length <= maxLength);
      assert.doesNotMatch(visible, /\p{C}|[\n\r\u2028\u2029]/u);
      assert.equal(visibleText(visible, maxLength), visible);
    }),
  );
});
