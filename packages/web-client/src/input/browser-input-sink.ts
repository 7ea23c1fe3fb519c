import type { InputSink } from "@wavry/rift-core/input";
import type { GamepadState } from "./gamepad-state.ts";

/**
 * Takes what a person does, in order. Relative motion may be fractions of a pixel, unlike an injector's; `gamepad` is absent
 * where the host takes no controllers.
 */
export interface BrowserInputSink extends InputSink {
  /** What was told since the last time belongs together and is to be sent now. */
  flush(): void;
  /**
   * Text that is no key's, such as an input method makes; "\n", "\t" and "\b" in it are the keys Enter, Tab and
   * Backspace. Absent where the host takes none.
   */
  readonly text?: ((text: string) => void) | undefined;
}

/** One thing that a person does; plain data, so that it can go to another thread. */
export type InputEvent =
  | { readonly type: "key"; readonly usage: number; readonly down: boolean }
  | { readonly type: "button"; readonly button: number; readonly down: boolean }
  | {
      readonly type: "position";
      readonly x: number;
      readonly y: number;
      readonly display: number;
    }
  | { readonly type: "motion"; readonly dx: number; readonly dy: number }
  | { readonly type: "scroll"; readonly dx: number; readonly dy: number }
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "gamepad"; readonly index: number; readonly state: GamepadState | undefined };

/** What the host takes besides keyboard and pointer. */
export interface InputCapabilities {
  readonly text?: boolean;
  readonly gamepad?: boolean;
}

/** A sink that gives lists of events to `post`, one list a flush; for input that is handled in a worker. */
export function collectInput(
  post: (events: readonly InputEvent[]) => void,
  capabilities: InputCapabilities = {},
): BrowserInputSink {
  let events: InputEvent[] = [];
  return {
    key: (usage, down) => void events.push({ type: "key", usage, down }),
    button: (button, down) => void events.push({ type: "button", button, down }),
    moveAbsolute: (x, y, display) => void events.push({ type: "position", x, y, display }),
    moveRelative: (dx, dy) => void events.push({ type: "motion", dx, dy }),
    scroll: (dx, dy) => void events.push({ type: "scroll", dx, dy }),
    ...(capabilities.text === true && {
      text: (text: string) => void events.push({ type: "text", text }),
    }),
    ...(capabilities.gamepad === true && {
      gamepad: (index: number, state: GamepadState | undefined) =>
        void events.push({ type: "gamepad", index, state }),
    }),
    flush: () => {
      if (events.length === 0) return;
      const all = events;
      events = [];
      post(all);
    },
  };
}
