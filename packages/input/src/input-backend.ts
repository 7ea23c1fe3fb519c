import type { InputBackendName } from "./input-injector.ts";

/** One system's way to inject, without memory of what is pressed. Calls are gathered until `flush()`. */
export interface InputBackend {
  readonly name: InputBackendName;
  /** Whether what was pressed stays pressed when this process dies; a key guard is needed then. */
  readonly outlivesProcess: boolean;
  /**
   * Whether what was flushed is lost if this process dies before the system has read it, as an X server does. The guard
   * then releases once more what was released last.
   */
  readonly losesUnread: boolean;
  /** Presses or releases a key; false where this system has no such key. */
  key(usage: number, down: boolean): boolean;
  /** Presses or releases a button; false where this system has no such button. */
  button(button: number, down: boolean): boolean;
  moveAbsolute(x: number, y: number): void;
  moveRelative(dx: number, dy: number): void;
  scroll(dx120: number, dy120: number): void;
  /**
   * Types as much of a text from its start as can go now, and gives how many UTF-16 units that was; the rest is for
   * some time later. "\n", "\t" and "\b" are keys. Absent where this system types no text. Throws InputError.
   */
  typeText?(text: string): number;
  /** Throws InputError. */
  flush(): void;
  /** Sends everything and waits until the system has taken it; before `close()`. Never throws. */
  settle(): void;
  /** Idempotent, never throws. */
  close(): void;
}
