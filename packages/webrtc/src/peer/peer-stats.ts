import type { Micros } from "@wavry/rift-core";
import type { PeerConnection } from "node-datachannel";

/** Where a peer stands. "failed" and "closed" are for good; "disconnected" may come back by itself. */
export type PeerState = "new" | "connecting" | "connected" | "disconnected" | "failed" | "closed";

/** The two ends that are in use. */
export interface PeerPath {
  /** "relay": through a TURN server of ours. */
  readonly localType: "host" | "srflx" | "prflx" | "relay" | "unknown";
  readonly remoteType: "host" | "srflx" | "prflx" | "relay" | "unknown";
  readonly localAddress: string;
  readonly localPort: number;
  readonly remoteAddress: string;
  readonly remotePort: number;
}

/** What a peer has done so far. */
export interface PeerStats {
  /** Undefined until a path is chosen. */
  readonly path: PeerPath | undefined;
  /** From receiver reports (about one a second); before the first one the data channel's; undefined: not known yet. */
  readonly rttMicros: Micros | undefined;
  /** Interarrival jitter of the video as the receiver sees it; undefined: no report yet. */
  readonly jitterMicros: Micros | undefined;
  /** Share of video packets lost since the report before, 0..1, without those that were repeated in time. */
  readonly lossShare: number;
  /** What the last REMB allows; undefined: none came. */
  readonly rembBps: number | undefined;
  /** The rate in force: see `WebRtcPeer.bitrateBps`. */
  readonly bitrateBps: number;
  readonly videoFrames: number;
  readonly videoBytes: number;
  readonly audioPackets: number;
  readonly keyframesRequested: number;
  /** Video packets that the other side asked for again. */
  readonly packetsAskedAgain: number;
  readonly datagramsSent: number;
  readonly datagramsReceived: number;
  /** Datagrams that found no room or no open channel. */
  readonly datagramsDropped: number;
  /** RTCP, datagrams and messages of the other side that were not what they should be. */
  readonly malformed: number;
}

const TYPES: Record<string, PeerPath["localType"]> = {
  host: "host",
  srflx: "srflx",
  prflx: "prflx",
  relay: "relay",
};

/** The path that a connection has chosen, if it has. */
export function readPath(connection: PeerConnection): PeerPath | undefined {
  const pair = connection.getSelectedCandidatePair();
  if (pair === null || typeof pair !== "object") return undefined;
  const { local, remote } = pair;
  return {
    localType: TYPES[local.type] ?? "unknown",
    remoteType: TYPES[remote.type] ?? "unknown",
    localAddress: local.address,
    localPort: local.port,
    remoteAddress: remote.address,
    remotePort: remote.port,
  };
}
