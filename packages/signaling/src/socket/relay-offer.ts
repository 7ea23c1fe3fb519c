import Type, { type TString } from "typebox";
import { type Message, message } from "../message.ts";
import { publicKey, STRICT, wavryId } from "./fields.ts";
import { MAX_RELAY_ADDRESSES, MAX_RELAY_OFFERS } from "./limits.ts";
import { ServerAddress } from "./server-address.ts";

/** A relay that a session may use (spec/relay.md); serves it with a lease only. */
export interface RelayOffer {
  /** Wavry ID. */
  id: string;
  /** X25519, base64url: what admissions are sealed for. */
  staticKey: string;
  /** Where it listens on UDP: one to four, the better first. */
  addresses: ServerAddress[];
  /** Where the same is reached over WebSocket and TLS: "wss://name[:port]/relay". */
  tls?: string;
}
/** Schema of an offer. */
export const RelayOffer: Message<RelayOffer> = message(
  Type.Object(
    {
      id: wavryId(),
      staticKey: publicKey(),
      addresses: Type.Array(ServerAddress, { minItems: 1, maxItems: MAX_RELAY_ADDRESSES }),
      tls: Type.Optional(relayTlsUrl()),
    },
    STRICT,
  ),
);

/** Schema of all offers for a session. */
export const RelayOfferList: Message<RelayOffer[]> = message(
  Type.Array(RelayOffer, { maxItems: MAX_RELAY_OFFERS }),
);

/** Where a relay is reached over WebSocket and TLS. */
export function relayTlsUrl(): TString {
  return Type.String({
    maxLength: 300,
    pattern: "^wss://(?:[A-Za-z0-9.-]{1,253}|\\[[0-9A-Fa-f:.]{2,45}\\])(?::[0-9]{1,5})?/relay$",
  });
}
