/** The control channel (spec/rift.md §7): its packets and its messages. */
export {
  type ControlInit,
  decodeControl,
  encodeControl,
  MAX_CONTROL_BYTES,
  MAX_CURSOR_SIZE,
} from "./control.ts";
export {
  CONTROL_DATA_HEAD_BYTES,
  type ControlAcknowledgement,
  ControlKind,
  MAX_ACKNOWLEDGED_RANGES,
  MAX_CLOSE_TEXT_BYTES,
  readClose,
  readControlAcknowledgement,
  readControlData,
  type StreamRange,
  writeClose,
  writeControlAcknowledgement,
  writeControlDataHead,
} from "./control-frame.ts";
export type {
  Control,
  ControlBodies,
  ControlBody,
  CursorShape,
  Hello,
  HostHello,
  Monitor,
  Notice,
  Rights,
  RightsChanged,
  ScreenChanged,
  StreamSettings,
  TextInput,
} from "./messages.ts";
export { REKEY_BYTES, type RekeyFrame, readRekey, writeRekey } from "./rekey-frame.ts";
