/** A key of the on-screen keyboard. */
export interface ScreenKey {
  /** What is on it, as on a keyboard of the United States: the host's own layout decides what it means. */
  readonly label: string;
  /** USB HID usage of the keyboard page (HID Usage Tables 1.5, §10). */
  readonly usage: number;
  /** It stays down until the next other key. */
  readonly holds?: true;
  /** How many keys wide it is. */
  readonly wide?: true;
}

const FIRST_LETTER = 0x04;
const FIRST_DIGIT = 0x1e;

function letters(text: string): ScreenKey[] {
  return [...text].map((label) => ({
    label,
    usage: FIRST_LETTER + label.charCodeAt(0) - "a".charCodeAt(0),
  }));
}

function key(label: string, usage: number, wide?: "wide"): ScreenKey {
  return { label, usage, ...(wide !== undefined && { wide: true }) };
}

function modifier(label: string, usage: number): ScreenKey {
  return { label, usage, holds: true };
}

/** The rows of the on-screen keyboard, from above. */
export const KEY_ROWS: readonly (readonly ScreenKey[])[] = [
  [key("Esc", 0x29), ...[..."1234567890"].map((label, index) => key(label, FIRST_DIGIT + index))],
  [key("⇥", 0x2b), ...letters("qwertyuiop"), key("⌫", 0x2a)],
  [...letters("asdfghjkl"), key(";", 0x33), key("'", 0x34), key("⏎", 0x28)],
  [
    modifier("⇧", 0xe1),
    ...letters("zxcvbnm"),
    ...[key(",", 0x36), key(".", 0x37), key("/", 0x38), key("-", 0x2d), key("=", 0x2e)],
  ],
  [
    ...[modifier("Ctrl", 0xe0), modifier("Alt", 0xe2), modifier("⌘", 0xe3)],
    key("␣", 0x2c, "wide"),
    ...[key("←", 0x50), key("↑", 0x52), key("↓", 0x51), key("→", 0x4f)],
  ],
];
