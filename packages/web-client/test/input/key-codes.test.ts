import assert from "node:assert/strict";
import { test } from "node:test";
import { usageOfCode } from "../../src/input/key-codes.ts";
import { US_LAYOUT } from "../../src/input/keyboard-layout.ts";
import { shortcutUsages } from "../../src/input/shortcut.ts";

/** All of "UI Events KeyboardEvent code Values" (W3C), by its sections. */
const WRITING =
  "Backquote Backslash BracketLeft BracketRight Comma Digit0 Digit1 Digit2 Digit3 Digit4 Digit5 Digit6 Digit7 Digit8 Digit9 Equal IntlBackslash IntlRo IntlYen KeyA KeyB KeyC KeyD KeyE KeyF KeyG KeyH KeyI KeyJ KeyK KeyL KeyM KeyN KeyO KeyP KeyQ KeyR KeyS KeyT KeyU KeyV KeyW KeyX KeyY KeyZ Minus Period Quote Semicolon Slash";
const FUNCTIONAL =
  "AltLeft AltRight Backspace CapsLock ContextMenu ControlLeft ControlRight Enter MetaLeft MetaRight ShiftLeft ShiftRight Space Tab Convert KanaMode Lang1 Lang2 Lang3 Lang4 Lang5 NonConvert";
const CONTROL =
  "Delete End Help Home Insert PageDown PageUp ArrowDown ArrowLeft ArrowRight ArrowUp Escape F1 F2 F3 F4 F5 F6 F7 F8 F9 F10 F11 F12 F13 F14 F15 F16 F17 F18 F19 F20 F21 F22 F23 F24 PrintScreen ScrollLock Pause";
const NUMPAD =
  "NumLock Numpad0 Numpad1 Numpad2 Numpad3 Numpad4 Numpad5 Numpad6 Numpad7 Numpad8 Numpad9 NumpadAdd NumpadBackspace NumpadClear NumpadClearEntry NumpadComma NumpadDecimal NumpadDivide NumpadEnter NumpadEqual NumpadHash NumpadMemoryAdd NumpadMemoryClear NumpadMemoryRecall NumpadMemoryStore NumpadMemorySubtract NumpadMultiply NumpadParenLeft NumpadParenRight NumpadStar NumpadSubtract";
const MEDIA =
  "BrowserBack BrowserForward BrowserHome BrowserRefresh BrowserSearch BrowserStop Eject LaunchApp2 MediaPlayPause MediaStop MediaTrackNext MediaTrackPrevious Power Sleep AudioVolumeDown AudioVolumeMute AudioVolumeUp";
const LEGACY = "Abort Again Copy Cut Find Open Paste Props Select Undo Hiragana Katakana";
/** The page has no usage for them. */
const WITHOUT =
  "Unidentified Fn FnLock BrowserFavorites LaunchApp1 LaunchMail MediaSelect WakeUp Hyper Super Turbo Resume Suspend";

test("every key of the standard has a usage, but for those that the page does not have", () => {
  const all = [WRITING, FUNCTIONAL, CONTROL, NUMPAD, MEDIA, LEGACY].join(" ").split(" ");
  for (const code of all) {
    const usage = usageOfCode(code);
    assert.ok(usage !== undefined && usage >= 4 && usage <= 255, code);
  }
  for (const code of ["", ...WITHOUT.split(" ")]) assert.equal(usageOfCode(code), undefined, code);
});

test("no two keys have one usage, but for other names of the same", () => {
  const seen = new Map<number, string>();
  for (const code of [WRITING, FUNCTIONAL, CONTROL, NUMPAD, MEDIA].join(" ").split(" ")) {
    if (code === "NumpadStar") continue;
    const usage = usageOfCode(code) ?? 0;
    assert.equal(seen.get(usage), undefined, `${code} and ${seen.get(usage)}`);
    seen.set(usage, code);
  }
});

test("places are those of the HID usage tables, and old names of browsers lead there too", () => {
  const expected = { KeyA: 4, KeyZ: 29, Digit1: 30, Digit0: 39, Enter: 40, Backslash: 0x31 };
  const more = { IntlBackslash: 0x64, IntlRo: 0x87, IntlYen: 0x89, Numpad0: 0x62, AltRight: 0xe6 };
  for (const [code, usage] of Object.entries({ ...expected, ...more }))
    assert.equal(usageOfCode(code), usage, code);
  assert.equal(usageOfCode("OSLeft"), 0xe3);
  assert.equal(usageOfCode("VolumeUp"), usageOfCode("AudioVolumeUp"));
});

test("a shortcut's keys are codes, modifiers without a side, letters and digits; others are refused", () => {
  assert.deepEqual(shortcutUsages(["Control", "Alt", "Delete"]), [0xe0, 0xe2, 0x4c]);
  assert.deepEqual(shortcutUsages(["Meta", "l"]), [0xe3, 0x0f]);
  assert.deepEqual(shortcutUsages(["AltGr", "7", "F4", "KeyC"]), [0xe6, 0x24, 0x3d, 0x06]);
  assert.throws(() => shortcutUsages(["Control", "Nothing"]), /there is no key "Nothing"/);
});

test("every key of the on-screen keyboard is one, and is there once", () => {
  const codes = US_LAYOUT.flat().map(({ code }) => code);
  assert.equal(new Set(codes).size, codes.length);
  for (const { code, label } of US_LAYOUT.flat()) {
    assert.ok(usageOfCode(code) !== undefined, code);
    assert.notEqual(label, "");
  }
});
