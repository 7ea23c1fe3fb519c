import { evdevOfUsage } from "@wavry/input";
import { FakeInput, Poll, type XConnection } from "@wavry/x11";

const EVDEV_TO_X = 8;
/** Windows take a key that comes back within about 2 ms for automatic repetition. */
const STROKE_MICROS = 5_000;
/** USB HID usages (page 7) of what lies apart from letters and digits on a US keyboard. */
const OTHER_USAGES: Readonly<Record<string, number>> = {
  "\n": 0x28,
  "-": 0x2d,
  " ": 0x2c,
  "/": 0x38,
  ".": 0x37,
  "0": 0x27,
};

/** Types small letters, digits, blanks, `-`, `/`, `.` and line ends on a display with a US keyboard, as a person would. */
export function typeText(connection: XConnection, text: string): void {
  const keyboard = new FakeInput(connection);
  const pause = new Poll([]);
  for (const character of text) {
    const keycode = evdevOfUsage(usageOf(character));
    if (keycode === undefined) throw new RangeError(`there is no key for ${character}`);
    keyboard.key(keycode + EVDEV_TO_X, true);
    keyboard.key(keycode + EVDEV_TO_X, false);
    connection.sync();
    pause.wait(STROKE_MICROS);
  }
}

function usageOf(character: string): number {
  const other = OTHER_USAGES[character];
  if (other !== undefined) return other;
  if (/^[a-z]$/.test(character)) return 0x04 + character.charCodeAt(0) - "a".charCodeAt(0);
  if (/^[1-9]$/.test(character)) return 0x1e + character.charCodeAt(0) - "1".charCodeAt(0);
  throw new RangeError(`there is no key for ${character}`);
}
