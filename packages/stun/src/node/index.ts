/** STUN on node:dgram: a server, and a question to servers. */
export { type AskStunOptions, askStun } from "./ask-stun.ts";
export { StunError, type StunErrorReason } from "./stun-error.ts";
export {
  type StunListen,
  StunSocket,
  type StunSocketCounters,
  type StunSocketOptions,
} from "./stun-socket.ts";
