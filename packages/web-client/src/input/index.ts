/** A person's input in a browser, for a host (spec/input.md): from DOM events to the calls of an input sender. */
export { BrowserInput, type BrowserInputInit, type VirtualInput } from "./browser-input.ts";
export {
  type BrowserInputSink,
  collectInput,
  type InputCapabilities,
  type InputEvent,
} from "./browser-input-sink.ts";
export { defineInputElements } from "./define-input-elements.ts";
export {
  GamepadButton,
  type GamepadReading,
  type GamepadState,
  NEUTRAL_GAMEPAD,
  readGamepad,
} from "./gamepad-state.ts";
export { type InputPath, InputUplink } from "./input-uplink.ts";
export { usageOfCode } from "./key-codes.ts";
export type { Chord } from "./keyboard.ts";
export { OnScreenGamepad } from "./on-screen-gamepad.ts";
export { OnScreenKeyboard } from "./on-screen-keyboard.ts";
export { type Box, containedBox, fractionsAt, type PicturePlace } from "./picture-place.ts";
export { shortcutUsages } from "./shortcut.ts";
export type { TouchMode } from "./touch-gestures.ts";
