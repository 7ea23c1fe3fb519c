import Type from "typebox";
import { id } from "../http/text.ts";
import { type Message, message } from "../message.ts";
import { STRICT, sequence } from "./fields.ts";

/** One side finds no direct path. Answered with the error "no-relay" as long as the gateway has none. */
export interface RelayRequest {
  type: "relay-request";
  seq: number;
  request: string;
  session: string;
}
/** Schema of the request. */
export const RelayRequest: Message<RelayRequest> = message(
  Type.Object(
    { type: Type.Literal("relay-request"), seq: sequence(), request: id(), session: id() },
    STRICT,
  ),
);
