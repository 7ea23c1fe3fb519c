/** A host in a gateway: lets in whom the gateway signed a grant for. Apart from the rest, as not every host has one. */
export {
  GatewayLink,
  type GatewayLinkEvent,
  type GatewayLinkOptions,
  type GuestDoor,
} from "./gateway-link.ts";
