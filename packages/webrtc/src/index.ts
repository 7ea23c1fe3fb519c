/** A WebRTC peer that sends pre-encoded H.264 or AV1 and Opus, and carries RIFT datagrams on a data channel. */
export type { IceServer } from "./ice/ice-server.ts";
export type {
  AudioTrackOptions,
  PeerRate,
  VideoTrackOptions,
  WebRtcPeerOptions,
} from "./peer/peer-options.ts";
export type { PeerPath, PeerState, PeerStats } from "./peer/peer-stats.ts";
export { MAX_CONTROL_BYTES, MAX_DATAGRAM_BYTES, WebRtcPeer } from "./peer/webrtc-peer.ts";
export {
  type ReceiverNews,
  TrackRate,
  type TrackRateOptions,
} from "./rate/track-rate.ts";
export type { ReportBlock } from "./rtcp/report-block.ts";
export { type RtcpMessage, readRtcpMessages } from "./rtcp/rtcp-messages.ts";
export { fingerprintOf } from "./sdp/fingerprint.ts";
export { WebRtcError, type WebRtcErrorCode } from "./webrtc-error.ts";
