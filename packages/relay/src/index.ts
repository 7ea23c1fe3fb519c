/** The blind relay without a socket: leases, the table that forwards, and a peer's side of it (spec/relay.md). */
export { type Address, networkOf } from "./address.ts";
export {
  DEFAULT_RELAY_PORT,
  LEASE_LEEWAY_SECONDS,
  LEASE_SECONDS,
  MAX_RELAYED_BYTES,
  RATE_FLOOR_KBPS,
  RELAY_BOUNDS,
  RELAY_HEADER_BYTES,
  RELAY_SUPPLIES,
  RELAY_TIMES,
  RENEWAL_SHARE,
} from "./constants.ts";
export {
  LEASE_BODY_BYTES,
  LEASE_BYTES,
  LEASE_ID_BYTES,
  type Lease,
  leaseText,
  RelaySide,
  readLease,
  signLease,
  verifyLease,
  writeLeaseBody,
} from "./lease.ts";
export {
  type LegAddress,
  type LegEvent,
  type LegIdentity,
  type LegInit,
  type LegReason,
  type LegState,
  type LegStats,
  type LegTransmit,
  RelayLeg,
} from "./leg/relay-leg.ts";
export {
  FORWARDER_COUNTERS,
  Forwarder,
  type ForwarderCounter,
  type RelayShell,
} from "./routes/forwarder.ts";
export { ADDRESS_WORDS, type RouteBounds } from "./routes/layout.ts";
export { Charge, RouteTable } from "./routes/route-table.ts";
export type { BucketSize } from "./routes/take-turns.ts";
export type { RelayIdentity } from "./table/admission-desk.ts";
export { newRelayCounters, type RelayCounters } from "./table/counters.ts";
export {
  type RelayLoad,
  RelayTable,
  type RelayTableInit,
  routeBounds,
} from "./table/relay-table.ts";
export type { RelayBounds } from "./table/session-book.ts";
export { TokenBucket } from "./table/token-bucket.ts";
export {
  ADMISSION_BYTES,
  ADMISSION_HEAD_BYTES,
  type AdmissionHead,
  type AdmissionInit,
  type AdmissionKeys,
  admissionKeys,
  type Claim,
  type OpenedAdmission,
  openAdmission,
  readAdmissionHead,
  writeAdmission,
} from "./wire/admission.ts";
export {
  ANSWER_BYTES,
  type Answer,
  type RefusalName,
  readAnswer,
  refusalName,
  Verdict,
  writeAnswer,
} from "./wire/answer.ts";
export {
  CHALLENGE_BYTES,
  type Challenge,
  HELLO_BYTES,
  readChallenge,
  readHello,
  writeChallenge,
  writeHello,
} from "./wire/hello.ts";
export {
  CHANNEL_BITS,
  dataChannel,
  isData,
  isRelayKind,
  MAX_CHANNEL,
  RELAY_VERSION,
  RelayKind,
  writeDataHead,
} from "./wire/kinds.ts";
export {
  News,
  NOTICE_BYTES,
  type Notice,
  readNotice,
  readRelayClose,
  verifyRelayClose,
  writeNotice,
  writeRelayClose,
} from "./wire/notice.ts";
export { PING_BYTES, type Pong, readPing, readPong, turnIntoPong, writePing } from "./wire/ping.ts";
