/**
 * Input on Windows through SendInput (user32.dll).
 * Unverified: written from winuser.h, type-checked and its bytes tested, not yet run on Windows.
 */
import koffi from "koffi";
import type { InputBackend } from "../input-backend.ts";
import { InputError } from "../input-error.ts";
import { windowsScanCodeOfUsage } from "../key-table.ts";
import { INPUT_BYTES, MouseFlag, writeKeyInput, writeMouseInput } from "./send-input-structs.ts";

const BATCH_INPUTS = 128;
/** GetSystemMetrics indices of the virtual desktop. */
const VIRTUAL_LEFT = 76;
const VIRTUAL_TOP = 77;
const VIRTUAL_WIDTH = 78;
const VIRTUAL_HEIGHT = 79;

/** By HID button: flags of press and release, and MOUSEINPUT.mouseData. */
const BUTTONS: readonly (readonly [number, number, number] | undefined)[] = [
  undefined,
  [MouseFlag.leftDown, MouseFlag.leftUp, 0],
  [MouseFlag.rightDown, MouseFlag.rightUp, 0],
  [MouseFlag.middleDown, MouseFlag.middleUp, 0],
  [MouseFlag.xDown, MouseFlag.xUp, 1],
  [MouseFlag.xDown, MouseFlag.xUp, 2],
];

/** Injects into the desktop of the calling process's session. */
export class SendInputBackend implements InputBackend {
  readonly name = "send-input";
  readonly outlivesProcess = true;
  readonly losesUnread = false;
  readonly #sendInput: (count: number, inputs: Uint8Array, bytes: number) => number;
  readonly #metric: (index: number) => number;
  readonly #batch = new Uint8Array(BATCH_INPUTS * INPUT_BYTES);
  readonly #view = new DataView(this.#batch.buffer);
  #batchBytes = 0;

  /** Throws InputError "not-supported" away from Windows. */
  constructor() {
    if (process.platform !== "win32")
      throw new InputError("not-supported", "SendInput is there on Windows only");
    const user32 = koffi.load("user32.dll");
    this.#sendInput = user32.func(
      "unsigned int SendInput(unsigned int count, const void *inputs, int bytes)",
    );
    this.#metric = user32.func("int GetSystemMetrics(int index)");
  }

  key(usage: number, down: boolean): boolean {
    const scanCode = windowsScanCodeOfUsage(usage);
    if (scanCode === undefined) return false;
    this.#makeRoom();
    this.#batchBytes = writeKeyInput(this.#view, this.#batchBytes, scanCode, down);
    return true;
  }

  button(button: number, down: boolean): boolean {
    const entry = BUTTONS[button];
    if (entry === undefined) return false;
    const [press, release, data] = entry;
    this.#mouse(0, 0, data, down ? press : release);
    return true;
  }

  moveAbsolute(x: number, y: number): void {
    this.#mouse(
      this.#toFraction(x, VIRTUAL_LEFT, VIRTUAL_WIDTH),
      this.#toFraction(y, VIRTUAL_TOP, VIRTUAL_HEIGHT),
      0,
      MouseFlag.move | MouseFlag.absolute | MouseFlag.virtualDesk,
    );
  }

  moveRelative(dx: number, dy: number): void {
    this.#mouse(Math.round(dx), Math.round(dy), 0, MouseFlag.move);
  }

  scroll(dx120: number, dy120: number): void {
    if (dx120 !== 0) this.#mouse(0, 0, dx120, MouseFlag.horizontalWheel);
    if (dy120 !== 0) this.#mouse(0, 0, dy120, MouseFlag.wheel);
  }

  flush(): void {
    if (this.#batchBytes === 0) return;
    const count = this.#batchBytes / INPUT_BYTES;
    this.#batchBytes = 0;
    if (this.#sendInput(count, this.#batch, INPUT_BYTES) < count)
      throw new InputError(
        "no-permission",
        "Windows refused input: a window of higher rights or the secure desktop is in front",
      );
  }

  settle(): void {
    try {
      this.flush();
    } catch {
      // Refused input cannot be made up for.
    }
  }

  close(): void {}

  #mouse(x: number, y: number, data: number, flags: number): void {
    this.#makeRoom();
    this.#batchBytes = writeMouseInput(this.#view, this.#batchBytes, x, y, data, flags);
  }

  #makeRoom(): void {
    if (this.#batchBytes === this.#batch.length) this.flush();
  }

  #toFraction(pixel: number, origin: number, size: number): number {
    return Math.round(((pixel - this.#metric(origin) + 0.5) * 65_536) / this.#metric(size));
  }
}
