import Type from "typebox";
import { type Message, message } from "./message.ts";

/** What a grant may allow, each on its own. A right whose channel is yet to come is carried and refused by default. */
export const Right = {
  /** Seeing the screen and its pointer. */
  view: "view",
  /** Keyboard, mouse and scrolling. */
  control: "control",
  gamepad: "gamepad",
  audio: "audio",
  clipboard: "clipboard",
  files: "files",
} as const;
export type Right = (typeof Right)[keyof typeof Right];

/** All rights, in the order in which people are shown them. */
export const ALL_RIGHTS: readonly Right[] = Object.values(Right);

/** A list of rights, each at most once. */
export const Rights: Message<Right[]> = message(
  Type.Array(
    Type.Union([
      Type.Literal("view"),
      Type.Literal("control"),
      Type.Literal("gamepad"),
      Type.Literal("audio"),
      Type.Literal("clipboard"),
      Type.Literal("files"),
    ]),
    { maxItems: 6, uniqueItems: true },
  ),
);
