import assert from "node:assert/strict";
import { test } from "node:test";
import { evdevOfUsage, macKeyOfUsage, windowsScanCodeOfUsage } from "@wavry/input";
import { usageName, usageOfName } from "@wavry/rift-core";
import { bindLibrary } from "@wavry/x11";
import { startQuietDisplay, XObserver } from "./x-observer.ts";

const NON_US_HASH = 0x32;
const range = (first: number, last: number) =>
  Array.from({ length: last - first + 1 }, (_, index) => first + index);
/** The 104 keys of an American keyboard and the one more of a European one. */
const STANDARD = [...range(0x04, 0x31), ...range(0x33, 0x65), ...range(0xe0, 0xe7)];
const MEDIA = ["AudioVolumeMute", "AudioVolumeUp", "AudioVolumeDown", "MediaPlayPause"].concat([
  "MediaStop",
  "MediaTrackPrevious",
  "MediaTrackNext",
]);
const NO_MAC_KEY = ["PrintScreen", "ScrollLock", "Pause"];

for (const [system, lookup, least, most] of [
  ["Linux", evdevOfUsage, 1, 247],
  ["Windows", windowsScanCodeOfUsage, 1, 0xe0ff],
  ["macOS", macKeyOfUsage, 0, 126],
] as const) {
  test(`${system}: every key of a standard keyboard has a code`, () => {
    assert.equal(STANDARD.length, 105);
    const missing = STANDARD.filter((usage) => lookup(usage) === undefined).map(usageName);
    assert.deepEqual(missing, system === "macOS" ? NO_MAC_KEY : []);
  });

  test(`${system}: no two keys share a code and every code is in range`, () => {
    const owners = new Map<number, string>();
    for (const usage of range(0, 255)) {
      const code = lookup(usage);
      if (code === undefined || usage === NON_US_HASH) continue;
      assert.equal(owners.get(code), undefined, `${usageName(usage)} and ${owners.get(code)}`);
      assert.ok(code >= least && code <= most, usageName(usage));
      owners.set(code, usageName(usage));
    }
    assert.equal(lookup(NON_US_HASH), lookup(0x31));
  });
}

test("every key that can be injected has a name, and every named key can be injected on Linux", () => {
  for (const usage of range(0, 255))
    assert.equal(
      evdevOfUsage(usage) !== undefined,
      usageOfName(usageName(usage)) !== undefined,
      usageName(usage),
    );
});

test("media keys have codes on Linux and Windows", () => {
  for (const name of MEDIA) {
    const usage = usageOfName(name) ?? 0;
    assert.notEqual(evdevOfUsage(usage), undefined, name);
    assert.notEqual(windowsScanCodeOfUsage(usage), undefined, name);
  }
});

test("a real X server has under each keycode the symbol that is printed on the key", async () => {
  await using server = await startQuietDisplay();
  using observer = new XObserver(server.display);
  const { handle } = observer.connection;
  const xcb = bindLibrary("libxcb.so.1", "libxcb1", {
    xcb_get_keyboard_mapping: "uint32_t xcb_get_keyboard_mapping(void *c, uint8_t f, uint8_t n)",
    xcb_get_keyboard_mapping_reply:
      "void *xcb_get_keyboard_mapping_reply(void *c, uint32_t k, void *e)",
  });
  const cookie = xcb.xcb_get_keyboard_mapping(handle, 8, 248);
  const reply = observer.connection.takeReply(
    xcb.xcb_get_keyboard_mapping_reply(handle, cookie, null),
    "GetKeyboardMapping",
  );
  const symbols = new Uint32Array(reply.buffer, 32);
  const symbolOf = (name: string): number | undefined =>
    symbols[(evdevOfUsage(usageOfName(name) ?? 0) ?? -8) * (reply[1] ?? 0)];

  const expected: Record<string, number> = {
    ...Object.fromEntries(range(97, 122).map((c) => [`Key${String.fromCharCode(c - 32)}`, c])),
    ...Object.fromEntries(range(48, 57).map((c) => [`Digit${String.fromCharCode(c)}`, c])),
    ...Object.fromEntries(range(1, 12).map((n) => [`F${n}`, 0xffbd + n])),
    ...PRINTED,
  };
  for (const [name, symbol] of Object.entries(expected))
    assert.equal(symbolOf(name)?.toString(16), symbol.toString(16), name);
});

/** X keysyms (X11/keysymdef.h, XF86keysym.h) of the American layout. */
const PRINTED = {
  Enter: 0xff0d,
  Escape: 0xff1b,
  Backspace: 0xff08,
  Tab: 0xff09,
  Space: 0x20,
  Minus: 0x2d,
  Equal: 0x3d,
  BracketLeft: 0x5b,
  BracketRight: 0x5d,
  Backslash: 0x5c,
  Semicolon: 0x3b,
  Quote: 0x27,
  Backquote: 0x60,
  Comma: 0x2c,
  Period: 0x2e,
  Slash: 0x2f,
  CapsLock: 0xffe5,
  PrintScreen: 0xff61,
  ScrollLock: 0xff14,
  Pause: 0xff13,
  Insert: 0xff63,
  Home: 0xff50,
  PageUp: 0xff55,
  Delete: 0xffff,
  End: 0xff57,
  PageDown: 0xff56,
  ArrowRight: 0xff53,
  ArrowLeft: 0xff51,
  ArrowDown: 0xff54,
  ArrowUp: 0xff52,
  NumLock: 0xff7f,
  NumpadDivide: 0xffaf,
  NumpadMultiply: 0xffaa,
  NumpadSubtract: 0xffad,
  NumpadAdd: 0xffab,
  NumpadEnter: 0xff8d,
  Numpad1: 0xff9c,
  Numpad7: 0xff95,
  Numpad0: 0xff9e,
  NumpadDecimal: 0xff9f,
  ContextMenu: 0xff67,
  ControlLeft: 0xffe3,
  ShiftLeft: 0xffe1,
  AltLeft: 0xffe9,
  MetaLeft: 0xffeb,
  ControlRight: 0xffe4,
  ShiftRight: 0xffe2,
  AltRight: 0xffea,
  MetaRight: 0xffec,
  AudioVolumeMute: 0x1008ff12,
  AudioVolumeDown: 0x1008ff11,
  AudioVolumeUp: 0x1008ff13,
  MediaTrackNext: 0x1008ff17,
  MediaPlayPause: 0x1008ff14,
  MediaTrackPrevious: 0x1008ff16,
  MediaStop: 0x1008ff15,
};
