import Type from "typebox";
import { id } from "../http/text.ts";
import { type Message, message } from "../message.ts";
import { type Right, Rights } from "../rights.ts";
import { code, STRICT, sequence } from "./fields.ts";

/** The host must end the session at once, begun or not. */
export interface EndSession {
  type: "end-session";
  seq: number;
  session: string;
  reason: string;
}
/** Schema of the order. */
export const EndSession: Message<EndSession> = message(
  Type.Object(
    { type: Type.Literal("end-session"), seq: sequence(), session: id(), reason: code() },
    STRICT,
  ),
);

/** A session goes on with these rights. Told to both sides; the host takes rights away by it and never adds any. */
export interface RightsChanged {
  type: "rights-changed";
  seq: number;
  session: string;
  rights: Right[];
}
/** Schema of the order. */
export const RightsChanged: Message<RightsChanged> = message(
  Type.Object(
    { type: Type.Literal("rights-changed"), seq: sequence(), session: id(), rights: Rights },
    STRICT,
  ),
);
