/** The input channel (spec/input.md): its datagram, controllers, the sending and the receiving model, the merge of several clients. */
export { fractionToPixel, pixelToFraction } from "./fraction.ts";
export {
  createGamepadRecord,
  type GamepadRecord,
  type GamepadSection,
  MAX_PAST_GAMEPADS,
} from "./gamepad-section.ts";
export {
  copyGamepad,
  GAMEPAD_BUTTONS,
  GamepadButton,
  type GamepadState,
  MAX_GAMEPADS,
  NEUTRAL_GAMEPAD,
  sameGamepad,
} from "./gamepad-state.ts";
export { type HeldClient, HeldState } from "./held-state.ts";
export {
  createInputState,
  INPUT_HEAD_BYTES,
  INPUT_VERSION,
  type InputState,
  type InputTransition,
  inputDatagramBytes,
  MAX_BUTTON,
  MAX_INPUT_BYTES,
  MAX_INPUT_TRANSITIONS,
  readInputDatagram,
  TransitionTarget,
  writeInputDatagram,
} from "./input-datagram.ts";
export {
  type InputReceiveCounters,
  InputReceiver,
  type InputReceiverOptions,
} from "./input-receiver.ts";
export { InputSender, type InputSenderOptions } from "./input-sender.ts";
export { Button, type InputSink } from "./input-sink.ts";
export { usageFromSdlScancode, usageName, usageOfName } from "./key-usage.ts";
