import { usageOfName } from "@wavry/rift-core/input";

/** Names that browsers give, or gave, to keys that have another name in the standard, or do the same. */
const ALIASES: Readonly<Record<string, string>> = {
  OSLeft: "MetaLeft",
  OSRight: "MetaRight",
  VolumeMute: "AudioVolumeMute",
  VolumeUp: "AudioVolumeUp",
  VolumeDown: "AudioVolumeDown",
  MediaPlay: "MediaPlayPause",
  MediaPause: "MediaPlayPause",
  BrowserHome: "LaunchBrowser",
  LaunchCalculator: "LaunchApp2",
  NumpadStar: "NumpadMultiply",
  Katakana: "Lang3",
  Hiragana: "Lang4",
};

/** Keys of big number blocks (HID Usage Tables 1.5, page 7), which no system's table of the host has to know. */
const RARE: Readonly<Record<string, number>> = {
  Abort: 0x9b,
  NumpadParenLeft: 0xb6,
  NumpadParenRight: 0xb7,
  NumpadBackspace: 0xbb,
  NumpadHash: 0xcc,
  NumpadMemoryStore: 0xd0,
  NumpadMemoryRecall: 0xd1,
  NumpadMemoryClear: 0xd2,
  NumpadMemoryAdd: 0xd3,
  NumpadMemorySubtract: 0xd4,
  NumpadClear: 0xd8,
  NumpadClearEntry: 0xd9,
};

/**
 * The USB HID usage (page 7) of a `KeyboardEvent.code`, which names the place of a key whatever the layout; undefined
 * for "", "Unidentified" and keys that have none, such as Fn.
 */
export function usageOfCode(code: string): number | undefined {
  return usageOfName(ALIASES[code] ?? code) ?? RARE[code];
}
