import type { Text } from "../text/text.ts";

/** Keys that the person's own system or browser takes for itself, by their places (KeyboardEvent.code). */
export const SHORTCUTS: readonly {
  readonly name: keyof Text["screen"]["keyNames"];
  readonly keys: readonly string[];
}[] = [
  { name: "ctrlAltDelete", keys: ["ControlLeft", "AltLeft", "Delete"] },
  { name: "meta", keys: ["MetaLeft"] },
  { name: "altTab", keys: ["AltLeft", "Tab"] },
  { name: "altF4", keys: ["AltLeft", "F4"] },
  { name: "escape", keys: ["Escape"] },
  { name: "printScreen", keys: ["PrintScreen"] },
];
