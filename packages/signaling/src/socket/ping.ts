import Type from "typebox";
import { type Message, message } from "../message.ts";
import { STRICT, sequence } from "./fields.ts";

/** A device is still there. */
export interface Ping {
  type: "ping";
  /** `seq` of the last message that came; the gateway forgets it and those before. */
  received: number;
}
/** Schema of a ping. */
export const Ping: Message<Ping> = message(
  Type.Object({ type: Type.Literal("ping"), received: sequence(0) }, STRICT),
);

/** The gateway's answer to each ping. */
export interface Pong {
  type: "pong";
  /** As in `ping`, the other way. */
  received: number;
}
/** Schema of a pong. */
export const Pong: Message<Pong> = message(
  Type.Object({ type: Type.Literal("pong"), received: sequence(0) }, STRICT),
);
