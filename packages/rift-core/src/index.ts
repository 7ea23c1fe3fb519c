/** RIFT's wire formats and the pure machinery around them (spec/rift.md). */
export {
  equalBytes,
  needBytes,
  readU8,
  readU16,
  readU32,
  readU64,
  writeU8,
  writeU16,
  writeU32,
  writeU64,
} from "./bytes.ts";
export { CloseReason, closeReasonName } from "./close-reason.ts";
export { ArrivalLog } from "./congestion/arrival-log.ts";
export {
  ARRIVALS_HEAD_BYTES,
  type Arrivals,
  MAX_REPORTED_PACKETS,
  newArrivals,
  readArrivals,
  writeArrivals,
} from "./congestion/arrival-report.ts";
export type {
  CongestionController,
  CongestionDecision,
  CongestionOptions,
  CongestionState,
  PathFeedback,
} from "./congestion/congestion-controller.ts";
export { DeltaController, type DeltaOptions } from "./congestion/delta/delta-controller.ts";
export {
  DELTA_PROFILES,
  type DeltaProfile,
  deltaProfile,
} from "./congestion/delta/delta-profile.ts";
export { Pacer } from "./congestion/pacer.ts";
export { newPathFeedback, SentHistory } from "./congestion/sent-history.ts";
export {
  CURSOR_POSITION_BYTES,
  type CursorPosition,
  readCursorPosition,
  type SequencedCursorPosition,
  writeCursorPosition,
} from "./cursor-position.ts";
export {
  FeedbackKind,
  feedbackKind,
  INPUT_ACKNOWLEDGED_BYTES,
  PING_BYTES,
  type Ping,
  PONG_BYTES,
  type Pong,
  REPORT_BYTES,
  type Report,
  readInputAcknowledged,
  readPing,
  readPong,
  readReport,
  writeInputAcknowledged,
  writePing,
  writePong,
  writeReport,
} from "./feedback.ts";
export type { Rect, Size } from "./geometry.ts";
export {
  COOKIE_FIELD_BYTES,
  GATE_BYTES,
  HANDSHAKE_HEAD_BYTES,
  type HandshakePacket,
  HandshakePattern,
  handshakeHead,
  INITIATION_BYTES,
  INITIATION_COOKIE_AT,
  INITIATION_GATE_AT,
  INITIATION_PADDING_AT,
  INITIATION_PROOF_AT,
  PROOF_BYTES,
  readHandshakePacket,
  writeCookieReply,
  writeFinish,
  writeInitiation,
  writeResponse,
} from "./handshake-packets.ts";
export * from "./input/index.ts";
export { LengthViews } from "./length-views.ts";
export { MILLISECOND, type Micros, SECOND } from "./micros.ts";
export {
  Channel,
  MAX_DATAGRAM_BYTES,
  MAX_PACKET_NUMBER,
  MAX_PAYLOAD_BYTES,
  PACKET_HEADER_BYTES,
  PACKET_TAG_BYTES,
  type PacketHeader,
  PacketType,
  PROTOCOL_VERSION,
  readPacketHeader,
  writePacketHeader,
} from "./packet.ts";
export {
  PATH_PROBE_BYTES,
  PATH_TOKEN_BYTES,
  readPathProbe,
  writePathProbe,
} from "./path-probe.ts";
export { DEFAULT_HOST_PORT } from "./ports.ts";
export {
  type CompleteUpdate,
  type FragmentFate,
  REASSEMBLER_LIMITS,
  Reassembler,
  type ReassemblerLimits,
} from "./reassembler.ts";
export * from "./recovery/index.ts";
export {
  isKeyframe,
  MAX_UPDATE_RECTS,
  readScreenUpdate,
  type ScreenUpdate,
  screenUpdateHeaderBytes,
  UpdateCodec,
  writeScreenUpdateHeader,
} from "./screen-update.ts";
export {
  FRAGMENT_HEAD_BYTES,
  type FragmentHead,
  MAX_FRAGMENT_BYTES,
  MAX_FRAGMENTS,
  MAX_UPDATE_BYTES,
  readFragmentHead,
  readSentStamp,
  SENT_STAMP_MICROS,
  SENT_STAMPS,
  writeFragmentHead,
  writeSentStamp,
} from "./video-fragment.ts";
export { WireError, type WireErrorCode } from "./wire-error.ts";
