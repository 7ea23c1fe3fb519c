/** The gateway: accounts, devices, grants, signaling and administration in one program. */
export type { OneTimeLink } from "./accounts/one-time-links.ts";
export { createSetupLink } from "./accounts/setup-link.ts";
export { Gateway, type GatewaySeams } from "./gateway.ts";
export type { GatewayConfig } from "./gateway-config.ts";
export { ApiError } from "./gateway-error.ts";
export type { IceConfig, OwnStunConfig, TurnConfig } from "./ice/ice-config.ts";
export { openDoor } from "./local/door.ts";
export { createOwnerLink } from "./local/owner-link.ts";
