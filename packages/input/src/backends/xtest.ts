import { FakeInput, X11Error, XConnection } from "@wavry/x11";
import { ClickWheel } from "../click-wheel.ts";
import type { InputBackend } from "../input-backend.ts";
import { InputError, type InputErrorCode } from "../input-error.ts";
import { evdevOfUsage } from "../key-table.ts";
import { XtestTypist } from "./xtest-typist.ts";

/** X keycodes are evdev codes and 8, wherever the server uses the evdev rules (every Linux server since 2009). */
const KEYCODE_OFFSET = 8;
/** X button by HID button; 4 to 7 are the wheel. */
const BUTTONS = [0, 1, 3, 2, 8, 9];
const WHEEL_UP = 4;
const WHEEL_DOWN = 5;
const WHEEL_LEFT = 6;
const WHEEL_RIGHT = 7;
/** Events that nobody wants still come (keyboard mappings, errors) and are thrown away now and then. */
const FLUSHES_PER_DRAIN = 64;

/** Injects into an X display through the XTEST extension. */
export class XtestBackend implements InputBackend {
  readonly name = "xtest";
  readonly outlivesProcess = true;
  readonly losesUnread = true;
  readonly #connection: XConnection;
  readonly #input: FakeInput;
  readonly #horizontal = new ClickWheel();
  readonly #vertical = new ClickWheel();
  readonly #typist: XtestTypist;
  #flushes = 0;

  /** Connects to `display` ($DISPLAY if undefined). Throws InputError. */
  constructor(display?: string) {
    let connection: XConnection | undefined;
    try {
      connection = XConnection.open(display);
      this.#input = new FakeInput(connection);
      this.#connection = connection;
      this.#typist = new XtestTypist(connection, this.#input);
    } catch (error) {
      connection?.[Symbol.dispose]();
      throw toInputError(error);
    }
  }

  key(usage: number, down: boolean): boolean {
    const evdev = evdevOfUsage(usage);
    if (evdev === undefined) return false;
    this.#input.key(evdev + KEYCODE_OFFSET, down);
    return true;
  }

  button(button: number, down: boolean): boolean {
    const number = BUTTONS[button];
    if (number === undefined || number === 0) return false;
    this.#input.button(number, down);
    return true;
  }

  moveAbsolute(x: number, y: number): void {
    this.#input.moveTo(toI16(x), toI16(y));
  }

  moveRelative(dx: number, dy: number): void {
    this.#input.moveBy(toI16(dx), toI16(dy));
  }

  scroll(dx120: number, dy120: number): void {
    this.#click(this.#horizontal.turn(dx120), WHEEL_RIGHT, WHEEL_LEFT);
    this.#click(this.#vertical.turn(dy120), WHEEL_UP, WHEEL_DOWN);
  }

  typeText(text: string): number {
    try {
      return this.#typist.type(text, performance.now());
    } catch (error) {
      throw toInputError(error);
    }
  }

  flush(): void {
    this.#connection.flush();
    if (++this.#flushes % FLUSHES_PER_DRAIN === 0)
      while (this.#connection.pollEvent() !== undefined);
    if (this.#connection.isClosed)
      throw new InputError("display-closed", "the X server has gone away");
  }

  settle(): void {
    this.#connection.flush();
    if (this.#connection.isClosed) return;
    try {
      this.#connection.sync();
    } catch {
      // The display has gone, and everything that was pressed with it.
    }
  }

  close(): void {
    this.#typist.restore();
    this.settle();
    this.#connection[Symbol.dispose]();
  }

  #click(notches: number, positive: number, negative: number): void {
    const button = notches > 0 ? positive : negative;
    for (let left = Math.abs(notches); left > 0; left--) {
      this.#input.button(button, true);
      this.#input.button(button, false);
    }
  }
}

const CODES: Readonly<Record<string, InputErrorCode>> = {
  "no-display": "no-display",
  "display-closed": "display-closed",
  "extension-missing": "not-supported",
  "library-missing": "library-missing",
  "request-failed": "no-permission",
};

function toInputError(error: unknown): unknown {
  if (!(error instanceof X11Error)) return error;
  return new InputError(CODES[error.code] ?? "not-supported", error.message, { cause: error });
}

function toI16(value: number): number {
  return Math.max(-32_768, Math.min(32_767, Math.round(value)));
}
