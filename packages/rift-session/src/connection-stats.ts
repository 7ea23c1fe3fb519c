import type { Micros } from "@wavry/rift-core";
import type { ConnectionParts } from "./connection-parts.ts";
import type { VideoIntake } from "./video-intake.ts";

/** Figures of a connection since it was made. */
export interface ConnectionStats {
  /** Smoothed round trip, the last one, and the smallest of the last 5 to 10 s; 0: none yet. */
  readonly rttMicros: Micros;
  readonly latestRttMicros: Micros;
  readonly minRttMicros: Micros;
  /** The peer's clock minus ours; 0 before the first pong. */
  readonly clockOffsetMicros: Micros;
  /** Share of the peer's packets that did not come in during the last second, 0..1. */
  readonly lossRatio: number;
  /** Bytes of UDP payload, header and tag included. */
  readonly bytesSent: number;
  readonly bytesReceived: number;
  readonly packetsSent: number;
  readonly packetsReceived: number;
  /** Missing below the highest packet number that came in. */
  readonly packetsLost: number;
  /** What the peer last reported of our packets. */
  readonly peerPacketsReceived: number;
  readonly peerPacketsLost: number;
  readonly updatesSent: number;
  /** The newest of our updates that the peer reported complete. */
  readonly updatesReported: number;
  readonly updatesCompleted: number;
  readonly updatesLost: number;
  /** Control bytes that the peer has not acknowledged. */
  readonly controlBytesQueued: number;
  /** What congestion control lets us send on average, in bits a second; 0 before the first update. */
  readonly targetBps: number;
  /** Sent since the first update and not reported yet, lost or arrived. */
  readonly inFlightBytes: number;
  /** How often the keys have changed. */
  readonly keyEpoch: number;
}

/** The figures of a connection that is made of these. */
export function readStats(parts: ConnectionParts, intake: VideoIntake): ConnectionStats {
  const { rtt, arrivals, sealer, feedback, updates, video } = parts;
  return {
    rttMicros: rtt.smoothed,
    latestRttMicros: rtt.latest,
    minRttMicros: rtt.minimum,
    clockOffsetMicros: rtt.clockOffset,
    lossRatio: arrivals.lossRatio,
    bytesSent: sealer.bytesSent,
    bytesReceived: arrivals.bytes,
    packetsSent: sealer.packetsSent,
    packetsReceived: arrivals.received,
    packetsLost: arrivals.lost,
    peerPacketsReceived: feedback.peerReport.packetsReceived,
    peerPacketsLost: feedback.peerReport.packetsLost,
    updatesSent: updates.lastFrame,
    updatesReported: feedback.peerReport.largestCompleteFrame,
    updatesCompleted: intake.completed,
    updatesLost: intake.lost,
    controlBytesQueued: parts.control.bufferedBytes,
    targetBps: video.decision?.targetBps ?? 0,
    inFlightBytes: video.inFlightBytes,
    keyEpoch: parts.rekeying.epoch,
  };
}
