import { type Micros, WireError } from "@wavry/rift-core";
import type { TrackRate } from "../rate/track-rate.ts";
import { roundTripMicros } from "../rtcp/ntp-time.ts";
import type { ReportBlock } from "../rtcp/report-block.ts";
import { type RtcpMessage, readRtcpMessages } from "../rtcp/rtcp-messages.ts";
import type { MediaTrack } from "./media-track.ts";
import type { PeerStats } from "./peer-stats.ts";
import { wallClockMillis } from "./wall-clock.ts";

/** Requests closer together than this are one: a keyframe is already on its way. */
const KEYFRAME_GAP_MICROS: Micros = 50_000;
/** A rate that changes by less than this is no news. */
const RATE_STEP = 0.03;

/** Where news for the encoder go. */
export interface VideoFeedbackSink {
  onKeyframe(): void;
  onBitrate(bitrateBps: number): void;
}

/** What the receiver of our video says by RTCP, for the encoder. */
export class VideoFeedback {
  /** Of the last report that tells it. */
  rttMicros: Micros | undefined;
  readonly #rate: TrackRate;
  readonly #sink: VideoFeedbackSink;
  #toldBps: number;
  #jitterMicros: Micros | undefined;
  #lossShare = 0;
  #keyframesRequested = 0;
  #packetsAskedAgain = 0;
  #keyframeAt: Micros = -Infinity;

  constructor(rate: TrackRate, sink: VideoFeedbackSink) {
    this.#rate = rate;
    this.#sink = sink;
    this.#toldBps = rate.bitrateBps(0);
  }

  bitrateBps(now: Micros): number {
    return this.#rate.bitrateBps(now);
  }

  videoSent(bytes: number, now: Micros): void {
    this.#rate.videoSent(bytes, now);
  }

  /** Takes a compound packet (borrowed); false: it was not what it should be. */
  takeRtcp(bytes: Uint8Array, video: MediaTrack, now: Micros): boolean {
    let messages: readonly RtcpMessage[];
    try {
      messages = readRtcpMessages(bytes);
    } catch (error) {
      if (error instanceof WireError) return false;
      throw error;
    }
    for (const message of messages) this.#take(message, video, now);
    this.#tellRate(now);
    return true;
  }

  handleTimeout(now: Micros): void {
    this.#rate.handleTimeout(now);
    this.#tellRate(now);
  }

  stats(
    now: Micros,
  ): Pick<
    PeerStats,
    "jitterMicros" | "lossShare" | "rembBps" | "bitrateBps" | "keyframesRequested"
  > & { packetsAskedAgain: number } {
    return {
      jitterMicros: this.#jitterMicros,
      lossShare: this.#lossShare,
      rembBps: this.#rate.rembBps(now),
      bitrateBps: this.#rate.bitrateBps(now),
      keyframesRequested: this.#keyframesRequested,
      packetsAskedAgain: this.#packetsAskedAgain,
    };
  }

  #take(message: RtcpMessage, video: MediaTrack, now: Micros): void {
    switch (message.kind) {
      case "reports":
        for (const block of message.reports)
          if (block.ssrc === video.ssrc) this.#takeReport(block, video, now);
        break;
      case "pli":
        if (message.ssrc === video.ssrc) this.#requestKeyframe(now);
        break;
      case "fir":
        if (message.ssrcs.includes(video.ssrc)) this.#requestKeyframe(now);
        break;
      case "nack":
        // The native side sends them again.
        if (message.ssrc === video.ssrc) this.#packetsAskedAgain += message.lost.length;
        break;
      case "remb":
        this.#rate.rembReceived(message.bitrateBps, now);
        break;
    }
  }

  #takeReport(block: ReportBlock, video: MediaTrack, now: Micros): void {
    const rttMicros = roundTripMicros(block, wallClockMillis());
    this.rttMicros = rttMicros ?? this.rttMicros;
    this.#lossShare = block.lostShare;
    this.#jitterMicros = video.unitsToMicros(block.jitter);
    this.#rate.reportReceived({ lossShare: block.lostShare, rttMicros }, now);
  }

  #requestKeyframe(now: Micros): void {
    this.#keyframesRequested++;
    if (now - this.#keyframeAt < KEYFRAME_GAP_MICROS) return;
    this.#keyframeAt = now;
    this.#sink.onKeyframe();
  }

  #tellRate(now: Micros): void {
    const bitrateBps = this.#rate.bitrateBps(now);
    if (Math.abs(bitrateBps - this.#toldBps) <= this.#toldBps * RATE_STEP) return;
    this.#toldBps = bitrateBps;
    this.#sink.onBitrate(bitrateBps);
  }
}
