/** A bitrate set by hand with a fifth of redundancy, as game streamers of today have it, for comparison. */
import type {
  CongestionController,
  CongestionDecision,
  CongestionOptions,
  Micros,
} from "@wavry/rift-core";

const REDUNDANCY = 0.2;
const PACE_MULTIPLIER = 2;

/** Sends `startBps` of video and redundancy whatever happens. */
export class FixedController implements CongestionController {
  readonly name = "fixed-fec";
  readonly decision: CongestionDecision;

  constructor({ startBps, maxFps }: CongestionOptions) {
    this.decision = {
      targetBps: startBps,
      pacingBps: startBps * PACE_MULTIPLIER,
      windowBytes: Infinity,
      redundancy: REDUNDANCY,
      maxFps,
      scale: 1,
      state: "stable",
    };
  }

  packetSent(): void {}

  feedbackReceived(): void {}

  handleTimeout(): void {}

  pollTimeout(): Micros {
    return Infinity;
  }

  nextFrameAt(_queuedBytes: number, _inFlightBytes: number, now: Micros): Micros {
    return now;
  }
}
