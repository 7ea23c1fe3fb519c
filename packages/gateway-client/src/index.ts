/** Talks to a gateway: sign-in, enrolment, signaling, checking of grants. Runs in browsers too; files are behind `./node`. */
export type { BackOffOptions } from "./back-off.ts";
export {
  checkSessionPeer,
  type DeviceSigner,
  deviceSigner,
  type PeerExpectation,
} from "./device-signer.ts";
export {
  type EnrolledDevice,
  type EnrolmentWish,
  type GatewayCall,
  GatewayClient,
  type GatewayClientOptions,
} from "./gateway-client.ts";
export { GatewayError, type GatewayErrorDetails } from "./gateway-error.ts";
export { GrantError, type GrantErrorCode } from "./grant-error.ts";
export { type Login, type LoginOptions, logIn } from "./log-in.ts";
export type {
  SignalingCredentials,
  SignalingEnd,
  SignalingEvents,
  SignalingOptions,
} from "./signaling-options.ts";
export { type ConnectWish, type PresenceFacts, SignalingSocket } from "./signaling-socket.ts";
export { UsedGrants } from "./used-grants.ts";
export { CLOCK_LEEWAY_SECONDS, type GrantExpectation, verifyGrant } from "./verify-grant.ts";
export { type WatchHostsOptions, watchHosts } from "./watch-hosts.ts";
