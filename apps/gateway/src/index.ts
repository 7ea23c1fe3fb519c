/** The gateway: accounts, devices, grants, signaling and administration in one program. */
export type { OneTimeLink } from "./accounts/one-time-links.ts";
export { createSetupLink } from "./accounts/setup-link.ts";
export { Gateway, type GatewaySeams } from "./gateway.ts";
export type { GatewayConfig } from "./gateway-config.ts";
export { ApiError } from "./gateway-error.ts";
