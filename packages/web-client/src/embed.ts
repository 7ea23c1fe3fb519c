/** All that a page needs that is built without this workspace: the element, and the way to a gateway. */
export {
  type EnrolledDevice,
  GatewayClient,
  GatewayError,
  type SignalingCredentials,
  type SignalingOptions,
  SignalingSocket,
} from "@wavry/gateway-client";
export * from "./index.ts";
