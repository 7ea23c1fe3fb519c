import assert from "node:assert/strict";
import { test } from "node:test";
import {
  fractionToPixel,
  pixelToFraction,
  usageFromSdlScancode,
  usageName,
  usageOfName,
} from "../../src/input/index.ts";

test("names and usages belong together one to one", () => {
  const named: number[] = [];
  for (let usage = 0; usage < 256; usage++) {
    const back = usageOfName(usageName(usage));
    if (back === undefined) assert.match(usageName(usage), /^usage 0x[0-9a-f]{2}$/);
    else {
      assert.equal(back, usage);
      named.push(usage);
    }
  }
  assert.ok(named.length >= 104);
});

test("some names stand where the usage tables have them", () => {
  const expected = { KeyA: 0x04, KeyZ: 0x1d, Digit0: 0x27, Space: 0x2c, F12: 0x45, ArrowUp: 0x52 };
  const more = { Numpad0: 0x62, IntlBackslash: 0x64, F24: 0x73, Find: 0x7e, Lang5: 0x94 };
  const rest = { IntlYen: 0x89, ControlLeft: 0xe0, MetaRight: 0xe7, MediaTrackNext: 0xeb };
  for (const [name, usage] of Object.entries({ ...expected, ...more, ...rest }))
    assert.equal(usageOfName(name), usage, name);
});

test("SDL's media keys have usages and its other scancodes are usages", () => {
  assert.equal(usageFromSdlScancode(4), 4);
  assert.equal(usageFromSdlScancode(231), 231);
  assert.equal(usageName(usageFromSdlScancode(261)!), "MediaPlayPause");
  for (const none of [0, 3, 232, 257, 263, 500])
    assert.equal(usageFromSdlScancode(none), undefined);
});

test("every pixel of every usual side survives its way through a fraction", () => {
  for (const size of [1, 2, 599, 720, 1080, 1366, 2160, 3840, 7680, 65_536])
    for (let pixel = 0; pixel < size; pixel++)
      assert.equal(fractionToPixel(pixelToFraction(pixel, size), size), pixel);
  assert.equal(pixelToFraction(-5, 100), pixelToFraction(0, 100));
  assert.equal(fractionToPixel(65_535, 1080), 1079);
});
