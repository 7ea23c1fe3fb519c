import Type from "typebox";
import { id } from "../http/text.ts";
import { type Message, message } from "../message.ts";
import { code, STRICT, sequence } from "./fields.ts";

/** The host tells that a session began. */
export interface SessionStarted {
  type: "session-started";
  seq: number;
  session: string;
}
/** Schema of the report. */
export const SessionStarted: Message<SessionStarted> = message(
  Type.Object({ type: Type.Literal("session-started"), seq: sequence(), session: id() }, STRICT),
);

/** A session is over: a side tells the gateway, and the gateway tells the other side. */
export interface SessionEnded {
  type: "session-ended";
  seq: number;
  session: string;
  reason: string;
}
/** Schema of the report. */
export const SessionEnded: Message<SessionEnded> = message(
  Type.Object(
    { type: Type.Literal("session-ended"), seq: sequence(), session: id(), reason: code() },
    STRICT,
  ),
);
