/** Hosts of a gateway: what a client needs to reach one. Apart from the rest, as not every client has a gateway. */
export { GatewaySession, type GatewaySessionOptions } from "./gateway-session.ts";
