/** How the messages of spec/rift.proto lie on the wire. */
import type {
  ControlBodies,
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
import { MessageType } from "./proto-message.ts";

const MONITOR = new MessageType<Monitor>({
  id: [1, "uint32"],
  name: [2, "string"],
  x: [3, "int32"],
  y: [4, "int32"],
  width: [5, "uint32"],
  height: [6, "uint32"],
  primary: [7, "bool"],
});

const RIGHTS = new MessageType<Rights>({
  view: [1, "bool"],
  pointer: [2, "bool"],
  keyboard: [3, "bool"],
  gamepad: [4, "bool"],
  audio: [5, "bool"],
  clipboard: [6, "bool"],
  files: [7, "bool"],
});

const HELLO = new MessageType<Hello>({
  protocolVersion: [1, "uint32"],
  programVersion: [2, "string"],
  deviceName: [3, "string"],
  codecs: [4, "string", "repeated"],
  maxWidth: [5, "uint32"],
  maxHeight: [6, "uint32"],
  features: [7, "string", "repeated"],
});

const HOST_HELLO = new MessageType<HostHello>({
  protocolVersion: [1, "uint32"],
  programVersion: [2, "string"],
  deviceName: [3, "string"],
  monitors: [4, MONITOR, "repeated"],
  codecs: [5, "string", "repeated"],
  features: [6, "string", "repeated"],
  rights: [7, RIGHTS],
});

const CURSOR_SHAPE = new MessageType<CursorShape>({
  id: [1, "uint32"],
  hotspotX: [2, "uint32"],
  hotspotY: [3, "uint32"],
  width: [4, "uint32"],
  height: [5, "uint32"],
  rgba: [6, "bytes"],
});

const STREAM_SETTINGS = new MessageType<StreamSettings>({
  maxBitrateBps: [1, "uint32"],
  maxFps: [2, "uint32"],
  monitor: [3, "uint32"],
  paused: [4, "bool"],
  videoTrack: [5, "bool"],
});

const SCREEN_CHANGED = new MessageType<ScreenChanged>({
  monitor: [1, "uint32"],
  width: [2, "uint32"],
  height: [3, "uint32"],
});

const NOTICE = new MessageType<Notice>({
  code: [1, "string"],
  text: [2, "string"],
});

const RIGHTS_CHANGED = new MessageType<RightsChanged>({
  rights: [1, RIGHTS],
});

const TEXT_INPUT = new MessageType<TextInput>({
  text: [1, "string"],
});

/** `Control` without its `body` around. */
export const CONTROL_BODIES: MessageType<ControlBodies> = new MessageType<ControlBodies>(
  {
    hello: [1, HELLO],
    hostHello: [2, HOST_HELLO],
    cursorShape: [3, CURSOR_SHAPE],
    streamSettings: [4, STREAM_SETTINGS],
    screenChanged: [5, SCREEN_CHANGED],
    notice: [6, NOTICE],
    rightsChanged: [7, RIGHTS_CHANGED],
    textInput: [8, TEXT_INPUT],
  },
  "oneof",
);
