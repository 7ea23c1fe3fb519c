import Type from "typebox";
import { id } from "../http/text.ts";
import { type Message, message } from "../message.ts";
import { STRICT, sequence, wavryId } from "./fields.ts";
import { MAX_AVOIDED_RELAYS, MAX_RELAY_MEASUREMENTS } from "./limits.ts";

/** How far a relay is from the sender. */
export interface RelayMeasurement {
  /** Its Wavry ID; one that was offered. */
  relay: string;
  /** Null: no answer. */
  rttMillis: number | null;
  over: "udp" | "tls";
}
/** Schema of a measurement. */
export const RelayMeasurement: Message<RelayMeasurement> = message(
  Type.Object(
    {
      relay: wavryId(),
      rttMillis: Type.Union([Type.Null(), Type.Number({ minimum: 0, maximum: 60_000 })]),
      over: Type.Union([Type.Literal("udp"), Type.Literal("tls")]),
    },
    STRICT,
  ),
);

/**
 * A client wants a relay for a session, or either side a new lease (`renew`) or another relay (`avoid`); answered by `relay` or the
 * error "no-relay". Without those two a host's only tells what it measured, and is not answered.
 */
export interface RelayRequest {
  type: "relay-request";
  seq: number;
  request: string;
  session: string;
  measured?: RelayMeasurement[];
  /** A new lease at the relay in use. */
  renew?: true;
  /** Relays that do not work, or are about to end: their Wavry IDs. */
  avoid?: string[];
}
/** Schema of the request. */
export const RelayRequest: Message<RelayRequest> = message(
  Type.Object(
    {
      type: Type.Literal("relay-request"),
      seq: sequence(),
      request: id(),
      session: id(),
      measured: Type.Optional(Type.Array(RelayMeasurement, { maxItems: MAX_RELAY_MEASUREMENTS })),
      renew: Type.Optional(Type.Literal(true)),
      avoid: Type.Optional(Type.Array(wavryId(), { maxItems: MAX_AVOIDED_RELAYS })),
    },
    STRICT,
  ),
);
