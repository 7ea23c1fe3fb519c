import Type from "typebox";
import { id } from "../http/text.ts";
import { type Message, message } from "../message.ts";
import { networkAddress, networkPort, STRICT, sequence } from "./fields.ts";
import { MAX_CANDIDATES } from "./limits.ts";

/** A UDP address at which a side may be reached. */
export interface Candidate {
  /** Of an interface, as others see it (STUN), opened at a router by port mapping, or of a relay. */
  kind: "local" | "reflexive" | "mapped" | "relay";
  /** IPv4 or IPv6 address, or a host name. */
  address: string;
  port: number;
}
/** Schema of a candidate. */
export const Candidate: Message<Candidate> = message(
  Type.Object(
    {
      kind: Type.Union([
        Type.Literal("local"),
        Type.Literal("reflexive"),
        Type.Literal("mapped"),
        Type.Literal("relay"),
      ]),
      address: networkAddress(),
      port: networkPort(),
    },
    STRICT,
  ),
);

/** Schema of a list of candidates, the best first. */
export const CandidateList: Message<Candidate[]> = message(
  Type.Array(Candidate, { maxItems: MAX_CANDIDATES }),
);

/** More addresses of the sender of this message; passed on to the other side of the session. */
export interface Candidates {
  type: "candidates";
  seq: number;
  session: string;
  candidates: Candidate[];
}
/** Schema of more candidates. */
export const Candidates: Message<Candidates> = message(
  Type.Object(
    { type: Type.Literal("candidates"), seq: sequence(), session: id(), candidates: CandidateList },
    STRICT,
  ),
);
