import Type from "typebox";
import { id } from "../http/text.ts";
import { type Message, message } from "../message.ts";
import { STRICT, sequence } from "./fields.ts";

/** The most characters of what a browser's session is described by. */
export const MAX_WEB_LENGTH: number = 32 * 1024;

/** What browser and host tell each other to set up WebRTC or WebTransport; passed on unread. */
export interface Web {
  type: "web";
  seq: number;
  session: string;
  kind: "offer" | "answer" | "candidate";
  /** SDP or what else the two understand. */
  body: string;
}
/** Schema of what is passed on. */
export const Web: Message<Web> = message(
  Type.Object(
    {
      type: Type.Literal("web"),
      seq: sequence(),
      session: id(),
      kind: Type.Union([Type.Literal("offer"), Type.Literal("answer"), Type.Literal("candidate")]),
      body: Type.String({ maxLength: MAX_WEB_LENGTH }),
    },
    STRICT,
  ),
);
