/**
 * Names of keys. The wire counts keys by USB HID usage (HID Usage Tables 1.5, page 7), which says where a key is, not
 * what is printed on it. Usages 0xE8 and above, which the page leaves free, are the media keys that Linux puts there.
 */

/** First usage and the names from it on (W3C UI Events KeyboardEvent code values); "-" leaves a usage out. */
const RUNS: readonly (readonly [number, string])[] = [
  [
    0x04,
    "KeyA KeyB KeyC KeyD KeyE KeyF KeyG KeyH KeyI KeyJ KeyK KeyL KeyM KeyN KeyO KeyP KeyQ KeyR KeyS KeyT KeyU KeyV",
  ],
  [0x1a, "KeyW KeyX KeyY KeyZ"],
  [0x1e, "Digit1 Digit2 Digit3 Digit4 Digit5 Digit6 Digit7 Digit8 Digit9 Digit0"],
  [
    0x28,
    "Enter Escape Backspace Tab Space Minus Equal BracketLeft BracketRight Backslash IntlHash",
  ],
  [0x33, "Semicolon Quote Backquote Comma Period Slash CapsLock"],
  [0x3a, "F1 F2 F3 F4 F5 F6 F7 F8 F9 F10 F11 F12"],
  [0x46, "PrintScreen ScrollLock Pause Insert Home PageUp Delete End PageDown"],
  [0x4f, "ArrowRight ArrowLeft ArrowDown ArrowUp"],
  [0x53, "NumLock NumpadDivide NumpadMultiply NumpadSubtract NumpadAdd NumpadEnter"],
  [0x59, "Numpad1 Numpad2 Numpad3 Numpad4 Numpad5 Numpad6 Numpad7 Numpad8 Numpad9 Numpad0"],
  [0x63, "NumpadDecimal IntlBackslash ContextMenu Power NumpadEqual"],
  [0x68, "F13 F14 F15 F16 F17 F18 F19 F20 F21 F22 F23 F24"],
  [0x74, "Open Help Props Select - Again Undo Cut Copy Paste Find"],
  [0x7f, "AudioVolumeMute AudioVolumeUp AudioVolumeDown"],
  [0x85, "NumpadComma - IntlRo KanaMode IntlYen Convert NonConvert"],
  [0x90, "Lang1 Lang2 Lang3 Lang4 Lang5"],
  [0xe0, "ControlLeft ShiftLeft AltLeft MetaLeft ControlRight ShiftRight AltRight MetaRight"],
  [0xe8, "MediaPlayPause MediaStop MediaTrackPrevious MediaTrackNext Eject"],
  [0xf0, "LaunchBrowser BrowserBack BrowserForward BrowserStop BrowserSearch"],
  [0xf8, "Sleep - BrowserRefresh LaunchApp2"],
];

const names: (string | undefined)[] = [];
const usages = new Map<string, number>();
for (const [first, run] of RUNS) {
  for (const [index, name] of run.split(" ").entries()) {
    if (name === "-") continue;
    names[first + index] = name;
    usages.set(name, first + index);
  }
}

/** The name of a usage, for logs and help: "KeyA"; "usage 0x99" where it has none. */
export function usageName(usage: number): string {
  return names[usage] ?? `usage 0x${usage.toString(16).padStart(2, "0")}`;
}

/** The usage of a W3C KeyboardEvent code, if there is one. */
export function usageOfName(name: string): number | undefined {
  return usages.get(name);
}

/** SDL 2 counts media keys apart from page 7 (SDL_SCANCODE_AUDIONEXT and on). */
const SDL_MEDIA: Readonly<Record<number, string>> = {
  258: "MediaTrackNext",
  259: "MediaTrackPrevious",
  260: "MediaStop",
  261: "MediaPlayPause",
  262: "AudioVolumeMute",
  264: "LaunchBrowser",
  266: "LaunchApp2",
  268: "BrowserSearch",
  270: "BrowserBack",
  271: "BrowserForward",
  272: "BrowserStop",
  273: "BrowserRefresh",
  281: "Eject",
  282: "Sleep",
};

/** The usage of an SDL 2 scancode, which up to 231 is the usage itself; undefined for those that have none. */
export function usageFromSdlScancode(scancode: number): number | undefined {
  if (scancode >= 4 && scancode <= 0xe7) return scancode;
  const name = SDL_MEDIA[scancode];
  return name === undefined ? undefined : usages.get(name);
}
