/** STUN (RFC 8489, spec/stun.md): what an address looks like from outside. Pure: no socket, clock or randomness. */
export {
  type ChangeRequest,
  readAddress,
  readChangeRequest,
  readErrorCode,
  readUnknownAttributes,
  readXorAddress,
  type StunErrorCode,
  writeAddress,
  writeChangeRequest,
  writeErrorCode,
  writeUnknownAttributes,
  writeXorAddress,
} from "./attributes.ts";
export {
  MAX_STUN_QUESTIONS,
  QUICK_STUN_TIMING,
  STUN_TIMING,
  StunClient,
  type StunClientCounters,
  type StunClientOptions,
  type StunEvent,
  type StunFailure,
  type StunQuery,
  type StunTiming,
  type StunTransmit,
} from "./client.ts";
export {
  AttributeType,
  BINDING_METHOD,
  MAGIC_COOKIE,
  MAX_STUN_BYTES,
  mustBeUnderstood,
  STUN_HEADER_BYTES,
  StunClass,
  TRANSACTION_ID_BYTES,
} from "./constants.ts";
export { formatIp, parseIp } from "./ip-address.ts";
export {
  findAttribute,
  isStun,
  readStun,
  type StunAttribute,
  type StunMessage,
  writeStun,
} from "./message.ts";
export {
  type AskOnce,
  discoverNatBehaviour,
  type NatBehaviour,
  type NatBehaviourOptions,
  type NatHabit,
} from "./nat-behaviour.ts";
export { type NatMapping, natMapping } from "./nat-mapping.ts";
export { DEFAULT_REPLY_LIMITS, type ReplyLimits } from "./reply-limiter.ts";
export {
  MAX_DISCOVERY_SURPLUS_BYTES,
  MAX_REPLY_SURPLUS_BYTES,
  type StunArrival,
  type StunCorners,
  type StunCounters,
  type StunReply,
  StunServer,
  type StunServerOptions,
} from "./server.ts";
export { formatStunUrl, parseStunUrl, STUN_PORT, type StunServerName } from "./stun-url.ts";
export { sameTransportAddress, type TransportAddress } from "./transport-address.ts";
