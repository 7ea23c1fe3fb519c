import Type, { type TString } from "typebox";
import { id } from "../http/text.ts";
import { type Message, message } from "../message.ts";
import { STRICT, sequence } from "./fields.ts";
import { RelayOffer } from "./relay-offer.ts";

/** Both sides are to go to this relay with this lease. The same relay again: the lease is the next one. */
export interface RelayNews {
  type: "relay";
  seq: number;
  session: string;
  relay: RelayOffer;
  /** 208 bytes, base64url (spec/relay.md §3); the same for both sides. */
  lease: string;
  /** Only to the side that asked. */
  request?: string;
}
/** Schema of the news. */
export const RelayNews: Message<RelayNews> = message(
  Type.Object(
    {
      type: Type.Literal("relay"),
      seq: sequence(),
      session: id(),
      relay: RelayOffer,
      lease: lease(),
      request: Type.Optional(id()),
    },
    STRICT,
  ),
);

/** A signed lease: 208 bytes, base64url. */
function lease(): TString {
  return Type.String({ pattern: "^[A-Za-z0-9_-]{278}$" });
}
