import Type from "typebox";
import { id } from "../http/text.ts";
import { type Message, message } from "../message.ts";
import { STRICT, sequence } from "./fields.ts";

/** How the host takes a client that was announced; passed on to the client. */
export interface Decision {
  type: "decision";
  seq: number;
  session: string;
  /** "asking": a person is being asked. */
  decision: "asking" | "accepted" | "refused";
}
/** Schema of a decision. */
export const Decision: Message<Decision> = message(
  Type.Object(
    {
      type: Type.Literal("decision"),
      seq: sequence(),
      session: id(),
      decision: Type.Union([
        Type.Literal("asking"),
        Type.Literal("accepted"),
        Type.Literal("refused"),
      ]),
    },
    STRICT,
  ),
);
