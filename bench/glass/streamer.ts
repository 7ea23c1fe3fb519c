import type { Network } from "../lib/network.ts";
import type { Size } from "../lib/sizes.ts";
import type { VirtualDisplay } from "../lib/xvfb.ts";

/** What moves on display A: single marks, the whole picture, or nothing. */
export type Content = "still" | "motion" | "frozen";

/** The stages of a frame that a streamer may time by itself. */
export const STAGES = ["capture", "convert", "encode", "network", "decode", "present"] as const;

export type Stage = (typeof STAGES)[number];

/** What a streamer is to do: show display A full-screen on display B, at B's corner and pixel for pixel. */
export interface StreamerOptions {
  readonly displayA: VirtualDisplay;
  readonly displayB: VirtualDisplay;
  readonly size: Size;
  readonly fps: number;
  readonly bitrateBps: number;
  readonly content: Content;
  /** What lies between host and client. Two command lines alone only know the loopback interface. */
  readonly network: Network;
}

/** A streamer at work; dispose ends both of its sides. */
export interface RunningStreamer extends AsyncDisposable {
  /** The processes that count with all that they start. */
  readonly hostPids: readonly number[];
  readonly clientPids: readonly number[];
  /** CLOCK_MONOTONIC in µs just before the second of its programs was started, or a page that stood ready was told to connect. */
  readonly connectedFrom: number;
  /** Resolves with a sentence when a side ends by itself; never rejects. */
  readonly failed: Promise<string>;
  /** Resolves once nothing of the program's own covers the picture any more. */
  settled?(): Promise<void>;
  /** What the program says of its first picture: ms from its call to connect, with its own start left out. */
  connectMillis?(): number | undefined;
  /** Samples in ms of the stages that it times itself, since the start; none by default. */
  stages?(): Promise<Partial<Record<Stage, readonly number[]>>>;
}

/** A program, or a pair of programs, that shows one display on another. */
export interface Streamer {
  /** As in the case's name; `wavry` is the one that the others are compared with. */
  readonly name: string;
  /** Whether it carries keyboard and mouse as well. */
  readonly takesInput: boolean;
  /** Programs on the path that it needs, and the Debian packages that bring them. */
  readonly programs: readonly string[];
  readonly debianPackages: readonly string[];
  /** Its command lines, with `{width}`, `{port}` and so on in place of what changes. */
  readonly commandLines: readonly string[];
  start(options: StreamerOptions): Promise<RunningStreamer>;
}
