/** Keysyms (X11 protocol, appendix A): Latin-1 as it is, other characters by their Unicode numbers, keys from 0xff00. */

const UNICODE = 0x0100_0000;
const KEYS: Readonly<Record<string, number>> = {
  "\b": 0xff08,
  "\t": 0xff09,
  "\n": 0xff0d,
  "\r\n": 0xff0d,
  "\r": 0xff0d,
};

/** A character, how many UTF-16 units it has, and its keysym; undefined where it cannot be typed. */
export interface TextKeysym {
  readonly keysym: number | undefined;
  readonly length: number;
}

/** A text's characters. Controls other than "\n", "\r", "\t" and "\b", and half surrogate pairs, have no keysym. */
export function* textKeysyms(text: string): Generator<TextKeysym> {
  for (const [character] of text.matchAll(/\r\n|./gsu))
    yield { keysym: KEYS[character] ?? keysymOf(character), length: character.length };
}

function keysymOf(character: string): number | undefined {
  const code = character.codePointAt(0) ?? 0;
  if (/[\p{Cc}\p{Cs}]/u.test(character)) return undefined;
  return code <= 0xff ? code : UNICODE + code;
}
