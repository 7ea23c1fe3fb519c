import type { UpdateStats } from "@wavry/media/view";
import type { Micros } from "@wavry/rift-core";
import type { ConnectionStats } from "@wavry/rift-udp";
import type { PathWay } from "@wavry/rift-udp/paths";

/** The time of each stage of one update or of the middle one of many, in microseconds. */
export interface StageTimes {
  readonly capture: number;
  readonly convert: number;
  readonly encode: number;
  /** From the encoder to the client's decoder: queueing, network and reassembly; by the estimated clock offset. */
  readonly network: number;
  readonly decode: number;
  /** Colour conversion and drawing. */
  readonly present: number;
  /** From the change on the host's display to the picture on the client's. */
  readonly total: number;
}

/** What a client has measured over the last second. */
export interface ClientFigures {
  readonly stages: StageTimes | undefined;
  readonly updatesPerSecond: number;
  readonly bitrateBps: number;
  readonly lossRatio: number;
  readonly rttMicros: Micros;
  readonly updatesLost: number;
  readonly updatesShown: number;
  /** How the session goes, where paths are searched. */
  readonly way?: PathWay;
}

/** The stages of one shown update; `clockOffsetMicros` is the host's clock minus ours. */
export function stagesOf(update: UpdateStats, clockOffsetMicros: Micros): StageTimes {
  const total = update.presentedAt - (update.capturedAt - clockOffsetMicros);
  const known =
    update.captureMicros +
    update.hostConvertMicros +
    update.encodeMicros +
    update.decodeMicros +
    update.convertMicros +
    update.presentMicros;
  return {
    capture: update.captureMicros,
    convert: update.hostConvertMicros,
    encode: update.encodeMicros,
    network: total - known,
    decode: update.decodeMicros,
    present: update.convertMicros + update.presentMicros,
    total,
  };
}

const STAGES = [
  "capture",
  "convert",
  "encode",
  "network",
  "decode",
  "present",
  "total",
] as const satisfies readonly (keyof StageTimes)[];

/** Gathers what happens in a second and sums it up. */
export class FigureMeter {
  #stages: StageTimes[] = [];
  #shown = 0;
  #since: Micros;
  #bytesBefore = 0;

  constructor(now: Micros) {
    this.#since = now;
  }

  /** Adds what became of updates. */
  add(updates: readonly UpdateStats[], clockOffsetMicros: Micros): void {
    for (const update of updates) {
      if (update.dropped !== undefined) continue;
      this.#shown++;
      this.#stages.push(stagesOf(update, clockOffsetMicros));
    }
  }

  /** The figures since the last call, which begin anew. */
  take(stats: ConnectionStats, now: Micros): ClientFigures {
    const seconds = Math.max(1, now - this.#since) / 1e6;
    const bytes = Math.max(0, stats.bytesReceived - this.#bytesBefore);
    const figures: ClientFigures = {
      stages: medianStages(this.#stages),
      updatesPerSecond: this.#stages.length / seconds,
      bitrateBps: (bytes * 8) / seconds,
      lossRatio: stats.lossRatio,
      rttMicros: stats.rttMicros,
      updatesLost: stats.updatesLost,
      updatesShown: this.#shown,
    };
    this.#bytesBefore = stats.bytesReceived;
    this.#since = now;
    this.#stages = [];
    return figures;
  }

  /** A new connection counts its bytes from zero. */
  restart(): void {
    this.#bytesBefore = 0;
  }
}

function medianStages(stages: readonly StageTimes[]): StageTimes | undefined {
  if (stages.length === 0) return undefined;
  const middle = {} as Record<keyof StageTimes, number>;
  for (const stage of STAGES) {
    const sorted = stages.map((times) => times[stage]).sort((a, b) => a - b);
    middle[stage] = sorted[sorted.length >> 1] ?? 0;
  }
  return middle;
}

/** The figures as the lines of the statistics overlay. */
export function overlayLines(figures: ClientFigures): string[] {
  const ms = (micros: number): string => (micros / 1000).toFixed(1);
  const lines = [
    `${figures.updatesPerSecond.toFixed(0)} fps  ${(figures.bitrateBps / 1e6).toFixed(2)} Mbps`,
    `loss ${(figures.lossRatio * 100).toFixed(1)} %  RTT ${ms(figures.rttMicros)} ms${figures.way === undefined ? "" : `  ${figures.way}`}`,
  ];
  const stages = figures.stages;
  if (stages === undefined) return lines;
  return [
    `total ${ms(stages.total)} ms`,
    `capture ${ms(stages.capture)}  convert ${ms(stages.convert)}  encode ${ms(stages.encode)}`,
    `network ${ms(stages.network)}  decode ${ms(stages.decode)}  present ${ms(stages.present)}`,
    ...lines,
  ];
}
