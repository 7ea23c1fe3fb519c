import type { Micros } from "@wavry/rift-core";

/** Units a second of every video stream's clock (RFC 6184 §8.2.1, RTP payload format for AV1 §7.2). */
export const VIDEO_CLOCK_HZ = 90_000;
/** Opus counts in 48 kHz whatever it codes (RFC 7587 §4.1). */
export const OPUS_CLOCK_HZ = 48_000;

/** Turns times of one clock into RTP timestamps of a stream, from a random offset (RFC 3550 §5.1). */
export class RtpClock {
  readonly #clockHz: number;
  readonly #offset: number;

  /** `offset`: 0..2^32-1, random. */
  constructor(clockHz: number, offset: number) {
    this.#clockHz = clockHz;
    this.#offset = offset;
  }

  /** 0..2^32-1. Exact for times under 2^53 / 90 µs, which is three years. */
  timestamp(at: Micros): number {
    return (Math.floor((at * (this.#clockHz / 1_000)) / 1_000) + this.#offset) % 2 ** 32;
  }
}
