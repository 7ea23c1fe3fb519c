import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { textKeysyms } from "../src/backends/keysym.ts";

test("Latin-1 is its own keysym, other characters are their Unicode number, line ends are Enter", () => {
  const keysyms = Array.from(textKeysyms("aé€😀\r\n\n\r\t\b"), ({ keysym }) => keysym);
  assert.deepEqual(
    keysyms,
    [0x61, 0xe9, 0x0100_20ac, 0x0101_f600].concat([0xff0d, 0xff0d, 0xff0d, 0xff09, 0xff08]),
  );
});

test("controls and half surrogate pairs are passed over", () => {
  const all = [...textKeysyms("\u0000a\u001b\u007f\u0085b\ud83d")];
  assert.deepEqual(
    all.filter(({ keysym }) => keysym !== undefined).map(({ keysym }) => keysym),
    [0x61, 0x62],
  );
});

test("the lengths add up to the text's, whatever it is", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      let length = 0;
      for (const each of textKeysyms(text)) length += each.length;
      assert.equal(length, text.length);
    }),
  );
});
