import type { GamepadState } from "@wavry/rift-core";

/** The ways to inject input. */
export type InputBackendName = "xtest" | "uinput" | "send-input" | "cg-event";

/**
 * Plays keyboard and pointer input on this machine as if a person had made it.
 * Calls are gathered until `flush()`; none of them waits. What it has pressed it also releases: at `releaseAll()`, at
 * `close()`, and through the key guard even when this process is killed.
 */
export interface InputInjector extends AsyncDisposable {
  readonly backend: InputBackendName;
  /** The key guard's process id, where one runs. */
  readonly guardPid: number | undefined;
  /** A key by HID usage of page 7. A second press or release and unknown usages are ignored. */
  key(usage: number, down: boolean): void;
  /** A button by HID usage of page 9 (`Button` of @wavry/rift-core). Repetition and buttons above 5 are ignored. */
  button(button: number, down: boolean): void;
  /** Moves the pointer to a pixel of the whole desktop. */
  moveAbsolute(x: number, y: number): void;
  /** Moves the pointer by pixels. */
  moveRelative(dx: number, dy: number): void;
  /** Scrolls by 1/120 notch, to the right and away from the user; what makes no whole step is kept for the next. */
  scroll(dx120: number, dy120: number): void;
  /** Whether `typeText` types. */
  readonly takesText: boolean;
  /**
   * Types a text where the focus is, whatever the keyboard's layout; "\n", "\t" and "\b" are keys. It goes after what was
   * gathered before. Of more than 16,384 UTF-16 units that wait, the rest is dropped.
   */
  typeText(text: string): void;
  /** Whether `gamepad` does anything. */
  readonly takesGamepads: boolean;
  /**
   * What game controller `index` (0..3) does now, borrowed during the call; the first time it is plugged in, and with
   * undefined it is unplugged. Other indices are ignored.
   */
  gamepad(index: number, state: GamepadState | undefined): void;
  /** Sends what was gathered. Throws InputError: "display-closed" once the display is gone, "no-permission". */
  flush(): void;
  /** Releases and flushes everything that this injector holds, and puts controllers to rest; never throws. */
  releaseAll(): void;
  /** Releases everything, unplugs controllers and ends, the key guard too; idempotent, never rejects. */
  close(): Promise<void>;
}
