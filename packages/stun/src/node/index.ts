/** STUN on node:dgram: a server, and a question to servers. */
export { type AskNatBehaviourOptions, askNatBehaviour } from "./ask-nat-behaviour.ts";
export { type AskStunOptions, askStun, stunAddressesOf } from "./ask-stun.ts";
export { StunAsker } from "./stun-asker.ts";
export { StunError, type StunErrorReason } from "./stun-error.ts";
export {
  type StunListen,
  StunSocket,
  type StunSocketCounters,
  type StunSocketOptions,
} from "./stun-socket.ts";
