import type { GamepadState } from "@wavry/rift-core";

/**
 * One system's way to have game controllers that are not there. Calls are gathered until `flush()`. Its controllers are
 * gone with the process that made them, by whatever end.
 */
export interface GamepadBackend {
  /**
   * What controller `index` (0..3) does now, borrowed; the first time it is plugged in, and with undefined it is unplugged.
   * Never throws: what fails is thrown by the next `flush()`, once, and then that controller does nothing until it is
   * unplugged.
   */
  gamepad(index: number, state: GamepadState | undefined): void;
  /** Throws InputError. */
  flush(): void;
  /** Unplugs all; idempotent, never throws. */
  close(): void;
}
