import Type from "typebox";
import { id } from "../http/text.ts";
import { type Message, message } from "../message.ts";
import { STRICT, sequence, signature, wavryId } from "./fields.ts";

/** How a relay served a session, as one side saw it. */
export interface RelayQuality {
  /** A session came about over it. */
  connected: boolean;
  /** From this side to the relay and back, median, whole milliseconds; null where it was not seen. */
  rttMillis: number | null;
  /** Datagrams that were lost on the way over the relay, both directions, 0 to 100, at most two decimals. */
  lossPercent: number;
  /** How long the relay was in use. */
  seconds: number;
}

/** One side tells how a relay did, once for each relay of a session, when it no longer uses it. Not answered. */
export interface RelayReport extends RelayQuality {
  type: "relay-report";
  seq: number;
  session: string;
  /** Wavry ID. */
  relay: string;
  /** Ed25519 over `relayReportProof`, by the device's identity key. */
  signature: string;
}
/** Schema of the report. */
export const RelayReport: Message<RelayReport> = message(
  Type.Object(
    {
      type: Type.Literal("relay-report"),
      seq: sequence(),
      session: id(),
      relay: wavryId(),
      connected: Type.Boolean(),
      rttMillis: Type.Union([Type.Null(), Type.Integer({ minimum: 0, maximum: 60_000 })]),
      lossPercent: Type.Number({ minimum: 0, maximum: 100 }),
      seconds: Type.Integer({ minimum: 0, maximum: 100_000 }),
      signature: signature(),
    },
    STRICT,
  ),
);
