/** Hosts of a gateway: what a client needs to reach one. Apart from the rest, as not every client has a gateway. */

export type { GatewayPaths } from "./gateway-paths.ts";
export { GatewaySession, type GatewaySessionOptions } from "./gateway-session.ts";
