import Type from "typebox";
import { line } from "../http/text.ts";
import { type Message, message } from "../message.ts";
import { type Candidate, CandidateList } from "./candidate.ts";
import { STRICT, sequence } from "./fields.ts";

/** What a host can do, in words of its own such as "h264", "audio", "consent"; shown and filtered by, never trusted. */
export type Capabilities = string[];
/** Schema of what a host can do. */
export const Capabilities: Message<Capabilities> = message(
  Type.Array(Type.String({ pattern: "^[a-z0-9][a-z0-9.-]{0,39}$" }), { maxItems: 32 }),
);

/** One screen of a host. */
export interface Monitor {
  name: string;
  width: number;
  height: number;
  refreshHz: number;
}
/** Schema of a screen. */
export const Monitor: Message<Monitor> = message(
  Type.Object(
    {
      name: line(64),
      width: Type.Integer({ minimum: 1, maximum: 65_535 }),
      height: Type.Integer({ minimum: 1, maximum: 65_535 }),
      refreshHz: Type.Number({ minimum: 0, maximum: 1_000 }),
    },
    STRICT,
  ),
);

/** What a host tells of itself after each `welcome` and whenever it changes. */
export interface HostPresence {
  type: "presence";
  seq: number;
  capabilities: Capabilities;
  monitors: Monitor[];
  /** Where it can be reached: told to clients along with their grant, and to nobody else. */
  candidates: Candidate[];
}
/** Schema of a host's presence. */
export const HostPresence: Message<HostPresence> = message(
  Type.Object(
    {
      type: Type.Literal("presence"),
      seq: sequence(),
      capabilities: Capabilities,
      monitors: Type.Array(Monitor, { maxItems: 16 }),
      candidates: CandidateList,
    },
    STRICT,
  ),
);
