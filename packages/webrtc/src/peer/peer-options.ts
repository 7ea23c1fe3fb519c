import type { CongestionController, Micros } from "@wavry/rift-core";
import type { IceServer } from "../ice/ice-server.ts";

/** The video that will be sent. */
export interface VideoTrackOptions {
  readonly codec: "h264" | "av1";
}

/** The audio that will be sent: Opus, 48 kHz stereo. */
export interface AudioTrackOptions {
  readonly codec: "opus";
}

/** How the rate of the video is found. */
export interface PeerRate {
  readonly startBps: number;
  readonly minBps: number;
  readonly maxBps: number;
  /**
   * Decides within the bounds, as far as RTCP tells it anything (README, "Congestion control"); DELTA if undefined.
   * Owned by the peer.
   */
  readonly controller?: CongestionController | undefined;
}

/** What a peer is made with. */
export interface WebRtcPeerOptions {
  /** STUN and TURN servers; none: only addresses of this machine are offered. At most 8 URLs are used. */
  readonly iceServers?: readonly IceServer[] | undefined;
  /** Certificates (PEM) of authorities that TURN over TLS may trust instead of the usual ones. */
  readonly tlsAuthorities?: string | undefined;
  /** "relay": nothing goes but through a TURN server. Default "all". */
  readonly iceTransportPolicy?: "all" | "relay" | undefined;
  /** The one local IP address to use; all if undefined. Relays are reached from any. */
  readonly bindAddress?: string | undefined;
  /** The UDP ports to choose from, both ends included; any if undefined. */
  readonly portRange?: { readonly first: number; readonly last: number } | undefined;
  /** Undefined: no video. */
  readonly video?: VideoTrackOptions | undefined;
  /** True or options: Opus. Default: no audio. */
  readonly audio?: boolean | AudioTrackOptions | undefined;
  /** The unordered channel "rift" without repeats, for `sendDatagram`. Default true. */
  readonly dataChannel?: boolean | undefined;
  /** The reliable, ordered channel "control", for `sendControl`. Default false. */
  readonly controlChannel?: boolean | undefined;
  /** Default: 10 Mbps to begin with, 300 kbps to 100 Mbps, DELTA. */
  readonly rate?: PeerRate | undefined;
  /** The clock of `sendVideo`'s timestamps is this one; default: this process's monotonic clock. */
  readonly now?: (() => Micros) | undefined;
  /** The offer, once, in a later turn than the constructor. Its candidates come one by one. */
  onDescription(sdp: string): void;
  /** A candidate of ours to be passed on ("candidate:…"). They come once `setRemote` has taken the answer. */
  onCandidate(candidate: string, mid: string): void;
}
