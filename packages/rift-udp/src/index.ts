/** RIFT over UDP on Node: sockets, timers and promises around the sessions of `@wavry/rift-session`. */
export type {
  Address,
  Admission,
  ConnectFailure,
  ConnectionStats,
  EndpointCounters,
  PeerIdentity,
} from "@wavry/rift-session";
export {
  type Closed,
  ConnectError,
  type ConnectOptions,
  RiftConnection,
  type UpdateInfo,
} from "@wavry/rift-session/driver";
export { CARRIER_PREFIX, type Carrier, type CarrierPort, isCarrierAddress } from "./carriers.ts";
export { monotonicMicros } from "./clock.ts";
export type {
  Arrival,
  DatagramListener,
  DatagramSocket,
  SocketKind,
  SocketOptions,
} from "./datagram-socket.ts";
export { EndpointError, type EndpointErrorCode } from "./errors.ts";
export { type OpenOptions, openSocket } from "./open-socket.ts";
export { PreciseTimer, type TimerKind } from "./precise-timer.ts";
export { type BindOptions, type RiftCounters, RiftEndpoint } from "./rift-endpoint.ts";
export type { SidePort, SideProtocol } from "./side-protocols.ts";
export { prioritizeThread, type ThreadPriority } from "./thread-priority.ts";
