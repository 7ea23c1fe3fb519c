import {
  type FakeInput,
  FIRST_KEYCODE,
  type KeyboardMapping,
  mapKeycode,
  pressedKeycodes,
  queryPointer,
  readKeyboardMapping,
  type XConnection,
} from "@wavry/x11";
import { textKeysyms } from "./keysym.ts";

const CAPS_LOCK = 66;
const SHIFT_LEFT = 50;
const SHIFT_RIGHT = 62;
const LOCK_MASK = 2;
const GROUP_SHIFT = 13;
/** Clients ask for a changed mapping a little after the key; until then it must stay. */
const REUSE_AFTER_MILLIS = 250;

/** A keycode that was free and makes a keysym of ours for now. */
interface Borrowed {
  keysym: number;
  usedAtMillis: number;
}

/** A key that makes a keysym in the mapping as it is. */
interface Place {
  readonly keycode: number;
  readonly shift: boolean;
}

/**
 * Types text into an X display: what the layout has by its keys, everything else by keycodes without a key, which get
 * the keysym as long as there is use for it.
 */
export class XtestTypist {
  readonly #connection: XConnection;
  readonly #input: FakeInput;
  readonly #borrowed = new Map<number, Borrowed>();

  /** Borrows both. */
  constructor(connection: XConnection, input: FakeInput) {
    this.#connection = connection;
    this.#input = input;
  }

  /** Types the start of a text, as much as there are keycodes for; how many UTF-16 units that was. Throws X11Error. */
  type(text: string, nowMillis: number): number {
    const mapping = readKeyboardMapping(this.#connection);
    const { mask } = queryPointer(this.#connection);
    const pressed = pressedKeycodes(this.#connection);
    const places = placesOf(mapping, (mask >> GROUP_SHIFT) & 3, pressed);
    const free = this.#freeKeycodes(mapping);
    const heldShifts = pressed.filter((code) => code === SHIFT_LEFT || code === SHIFT_RIGHT);
    const isLocked = (mask & LOCK_MASK) !== 0;

    if (isLocked) this.#tap(CAPS_LOCK);
    for (const code of heldShifts) this.#input.key(code, false);
    let typed = 0;
    for (const { keysym, length } of textKeysyms(text)) {
      if (keysym !== undefined) {
        const place = places.get(keysym) ?? this.#borrow(keysym, free, nowMillis);
        if (place === undefined) break;
        if (place.shift) this.#input.key(SHIFT_LEFT, true);
        this.#tap(place.keycode);
        if (place.shift) this.#input.key(SHIFT_LEFT, false);
      }
      typed += length;
    }
    for (const code of heldShifts) this.#input.key(code, true);
    if (isLocked) this.#tap(CAPS_LOCK);
    return typed;
  }

  /** Gives the keycodes back. */
  restore(): void {
    for (const keycode of this.#borrowed.keys()) mapKeycode(this.#connection, keycode, []);
    this.#borrowed.clear();
  }

  #tap(keycode: number): void {
    this.#input.key(keycode, true);
    this.#input.key(keycode, false);
  }

  /** Keycodes without keysyms; forgets those of ours that have others now, as after a change of the layout. */
  #freeKeycodes({ columns, keysyms }: KeyboardMapping): number[] {
    const free: number[] = [];
    for (let start = 0; start + columns <= keysyms.length; start += columns) {
      const keycode = FIRST_KEYCODE + start / columns;
      if (keysyms[start] !== this.#borrowed.get(keycode)?.keysym) this.#borrowed.delete(keycode);
      if (keysyms.subarray(start, start + columns).every((keysym) => keysym === 0))
        free.push(keycode);
    }
    return free;
  }

  #borrow(keysym: number, free: number[], nowMillis: number): Place | undefined {
    for (const [keycode, borrowed] of this.#borrowed)
      if (borrowed.keysym === keysym) return this.#use(keycode, borrowed, nowMillis);
    const keycode = free.pop() ?? this.#longestUnused(nowMillis);
    if (keycode === undefined) return undefined;
    // With and without Shift, or the server takes it for a letter that has another case.
    mapKeycode(this.#connection, keycode, [keysym, keysym]);
    return this.#use(keycode, { keysym, usedAtMillis: nowMillis }, nowMillis);
  }

  /** Keeps the map in the order of use. */
  #use(keycode: number, borrowed: Borrowed, nowMillis: number): Place {
    borrowed.usedAtMillis = nowMillis;
    this.#borrowed.delete(keycode);
    this.#borrowed.set(keycode, borrowed);
    return { keycode, shift: false };
  }

  #longestUnused(nowMillis: number): number | undefined {
    for (const [keycode, { usedAtMillis }] of this.#borrowed)
      return nowMillis - usedAtMillis >= REUSE_AFTER_MILLIS ? keycode : undefined;
    return undefined;
  }
}

/** The first key for each keysym that the group in force has, without Shift where there is a choice. */
function placesOf(
  { columns, keysyms }: KeyboardMapping,
  group: number,
  pressed: readonly number[],
): ReadonlyMap<number, Place> {
  const places = new Map<number, Place>();
  // The core mapping shows two groups.
  if (group > 1) return places;
  for (const level of [0, 1])
    for (let start = 0; start + columns <= keysyms.length; start += columns) {
      const keycode = FIRST_KEYCODE + start / columns;
      const own = group * 2 + level < columns ? keysyms[start + group * 2 + level] : 0;
      const keysym = own === 0 ? keysyms[start + level] : own;
      if (keysym === undefined || keysym === 0 || pressed.includes(keycode)) continue;
      if (!places.has(keysym)) places.set(keysym, { keycode, shift: level === 1 });
    }
  return places;
}
