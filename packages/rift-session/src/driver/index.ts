/**
 * Promises and callbacks around an `Endpoint`, for programs: `SessionDriver` sends, hands events on and asks to be woken. Clock,
 * timer and what carries the datagrams are injected; `@wavry/rift-udp` puts a socket in, a browser its transports.
 */
export { ConnectError } from "./connect-error.ts";
export { type Closed, RiftConnection, type UpdateInfo } from "./rift-connection.ts";
export {
  type ConnectOptions,
  type ConnectSignal,
  SessionDriver,
  type SessionDriverInit,
} from "./session-driver.ts";
