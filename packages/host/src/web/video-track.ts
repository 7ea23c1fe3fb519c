import type { Micros } from "@wavry/rift-core";

/** A video track that one client watches instead of getting pictures in packets. */
export interface VideoTrack {
  /** What its path takes at present, with headers and repeats. */
  readonly bitrateBps: number;
  /** The receiver needs a keyframe. */
  onKeyframeRequested: (() => void) | undefined;
  onBitrateChanged: (() => void) | undefined;
  /** Sends a picture (Annex B, borrowed). `capturedAt`: monotonicMicros. */
  send(accessUnit: Uint8Array, capturedAt: Micros): void;
}
