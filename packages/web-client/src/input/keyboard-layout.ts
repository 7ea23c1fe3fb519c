/** A key of the on-screen keyboard. */
export interface LayoutKey {
  /** `KeyboardEvent.code` */
  readonly code: string;
  /** What is printed on it. */
  readonly label: string;
  /** What is printed on it while Shift is held, where that is another. */
  readonly shifted?: string;
  /** In quarters of a plain key; default 4. */
  readonly width?: number;
  /** What screen readers say, where the print says too little; a `KeyboardEvent.key`. */
  readonly name?: string;
}

/** "code label shifted width", apart by spaces; "-" leaves one out. */
function row(...keys: string[]): readonly LayoutKey[] {
  return keys.map((text) => {
    const [code = "", label = "", shifted = "-", width = "4", name = "-"] = text.split(" ");
    return {
      code,
      label,
      width: Number(width),
      ...(shifted !== "-" && { shifted }),
      ...(name !== "-" && { name }),
    };
  });
}

function letters(run: string): string[] {
  return Array.from(
    run,
    (letter) => `Key${letter.toUpperCase()} ${letter} ${letter.toUpperCase()}`,
  );
}

/** Places of keys as on a keyboard of 60 %, with the print of a US one; what they make is up to the host's layout. */
export const US_LAYOUT: readonly (readonly LayoutKey[])[] = [
  row(
    "Escape Esc - 4 Escape",
    ...Array.from({ length: 12 }, (_, index) => `F${index + 1} F${index + 1}`),
    "PrintScreen PrtSc - 4 PrintScreen",
    "Delete Del - 4 Delete",
  ),
  row(
    "Backquote ` ~",
    ...Array.from("1!2@3#4$5%6^7&8*9(0)".matchAll(/../g), ([pair]) => {
      const [digit = "", shifted = ""] = pair;
      return `Digit${digit} ${digit} ${shifted}`;
    }),
    "Minus - _",
    "Equal = +",
    "Backspace ⌫ - 8 Backspace",
  ),
  row(
    "Tab ⇥ - 6 Tab",
    ...letters("qwertyuiop"),
    "BracketLeft [ {",
    "BracketRight ] }",
    "Backslash \\ | 6",
  ),
  row(
    "CapsLock ⇪ - 7 CapsLock",
    ...letters("asdfghjkl"),
    "Semicolon ; :",
    `Quote ' "`,
    "Enter ⏎ - 9 Enter",
  ),
  row(
    "ShiftLeft ⇧ - 9 Shift",
    ...letters("zxcvbnm"),
    "Comma , <",
    "Period . >",
    "Slash / ?",
    "Home Home - 4 Home",
    "ArrowUp ↑ - 4 ArrowUp",
    "End End - 3 End",
  ),
  row(
    "ControlLeft Ctrl - 5 Control",
    "MetaLeft ❖ - 4 Meta",
    "AltLeft Alt - 4 Alt",
    "Space ␣ - 18 Space",
    "AltRight AltGr - 5 AltGraph",
    "ContextMenu ☰ - 4 ContextMenu",
    "PageUp PgUp - 4 PageUp",
    "PageDown PgDn - 4 PageDown",
    "ArrowLeft ← - 4 ArrowLeft",
    "ArrowDown ↓ - 4 ArrowDown",
    "ArrowRight → - 4 ArrowRight",
  ),
];

/** The modifiers, which latch. */
export const LATCHING: ReadonlySet<string> = new Set([
  ...["ShiftLeft", "ControlLeft", "MetaLeft", "AltLeft", "AltRight"],
]);
