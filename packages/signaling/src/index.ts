/** Schemas and types of the gateway's HTTP and WebSocket messages, shared by both ends. Pure. */
export { ErrorBody } from "./api-error.ts";
export { GRANT_SECONDS, GRANT_TYPE, GrantClaims } from "./grant.ts";
export { type Message, message } from "./message.ts";
export { ALL_RIGHTS, Right, Rights } from "./rights.ts";
