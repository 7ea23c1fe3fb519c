import type { Size } from "@wavry/rift-core";
import type { ScreenStats, ScreenTransport } from "./screen-types.ts";
import type { WorkerFigures } from "./session/messages.ts";
import type { TrackFigures } from "./track-view.ts";

/** Before the first full second. */
export const NO_STATS: ScreenStats = {
  latencyMillis: 0,
  rttMillis: 0,
  fps: 0,
  bitrateBps: 0,
  lossShare: 0,
  decodeMillis: 0,
  width: 0,
  height: 0,
  transport: undefined,
  isRelayed: false,
};

/** What the figures of a second are made of. */
export interface StatsSources {
  /** The last second's: where nothing was shown, its latency still holds. */
  readonly before: ScreenStats;
  /** Of the packets. */
  readonly worker: WorkerFigures;
  /** Where video comes by a track, that is what is shown. */
  readonly track: TrackFigures | undefined;
  /** The host's; undefined before the first picture. */
  readonly screen: Size | undefined;
  readonly transport: ScreenTransport | undefined;
}

/** The figures of a second, as people read them. */
export function statsOf({ before, worker, track, screen, transport }: StatsSources): ScreenStats {
  const rttMillis = worker.rttMicros / 1000;
  const { latencyMicros, decodeMicros } = worker;
  const shown =
    track === undefined
      ? {
          latencyMillis:
            latencyMicros === undefined ? before.latencyMillis : Math.max(0, latencyMicros / 1000),
          fps: worker.updatesPerSecond,
          lossShare: worker.lossShare,
          decodeMillis: decodeMicros === undefined ? before.decodeMillis : decodeMicros / 1000,
        }
      : {
          latencyMillis: rttMillis / 2 + track.showMillis,
          fps: track.fps,
          lossShare: track.lossShare,
          decodeMillis: track.decodeMillis,
        };
  return {
    rttMillis,
    ...shown,
    bitrateBps: worker.bitrateBps + (track?.bitrateBps ?? 0),
    width: screen?.width ?? 0,
    height: screen?.height ?? 0,
    transport,
    isRelayed: track?.isRelayed ?? false,
  };
}
