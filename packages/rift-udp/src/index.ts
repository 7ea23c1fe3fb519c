/** RIFT over UDP on Node: sockets, timers and promises around the sessions of `@wavry/rift-session`. */
export type {
  Address,
  Admission,
  ConnectFailure,
  ConnectionStats,
  EndpointCounters,
  PeerIdentity,
} from "@wavry/rift-session";
export { monotonicMicros } from "./clock.ts";
export type {
  Arrival,
  DatagramListener,
  DatagramSocket,
  SocketKind,
  SocketOptions,
} from "./datagram-socket.ts";
export { ConnectError, EndpointError, type EndpointErrorCode } from "./errors.ts";
export { type OpenOptions, openSocket } from "./open-socket.ts";
export { PreciseTimer, type TimerKind } from "./precise-timer.ts";
export { type Closed, RiftConnection, type UpdateInfo } from "./rift-connection.ts";
export {
  type BindOptions,
  type ConnectOptions,
  type RiftCounters,
  RiftEndpoint,
} from "./rift-endpoint.ts";
export { prioritizeThread, type ThreadPriority } from "./thread-priority.ts";
