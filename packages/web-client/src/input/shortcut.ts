import { usageOfCode } from "./key-codes.ts";

/** Names of keys that are not those of a place, and the place that stands for them. */
const PLACES: Readonly<Record<string, string>> = {
  Control: "ControlLeft",
  Ctrl: "ControlLeft",
  Shift: "ShiftLeft",
  Alt: "AltLeft",
  AltGraph: "AltRight",
  AltGr: "AltRight",
  Meta: "MetaLeft",
  Super: "MetaLeft",
  Win: "MetaLeft",
  Command: "MetaLeft",
  Option: "AltLeft",
  Del: "Delete",
  Esc: "Escape",
  " ": "Space",
};

/**
 * The usages of a shortcut's keys, each a `KeyboardEvent.code` ("KeyC", "F4"), a modifier without a side ("Control"),
 * a letter or a digit. Throws RangeError on a name that is no key's.
 */
export function shortcutUsages(keys: readonly string[]): number[] {
  return keys.map((key) => {
    const code = /^[a-z]$/i.test(key)
      ? `Key${key.toUpperCase()}`
      : /^[0-9]$/.test(key)
        ? `Digit${key}`
        : (PLACES[key] ?? key);
    const usage = usageOfCode(code);
    if (usage === undefined) throw new RangeError(`there is no key "${key}"`);
    return usage;
  });
}
