import type { Micros } from "@wavry/rift-core";
import type { ConnectionStats } from "@wavry/rift-session";
import type { ShownUpdate } from "../show/update-painter.ts";
import type { WorkerFigures } from "./messages.ts";

/** Gathers what happens in a second and sums it up. */
export class FigureMeter {
  #latencies: Micros[] = [];
  #decodes: Micros[] = [];
  #since: Micros;
  #bytesBefore = 0;

  constructor(now: Micros) {
    this.#since = now;
  }

  /** Adds an update; `clockOffsetMicros` is the host's clock minus ours. */
  add({ capturedAt, shownAt, decodeMicros }: ShownUpdate, clockOffsetMicros: Micros): void {
    this.#latencies.push(shownAt - (capturedAt - clockOffsetMicros));
    this.#decodes.push(decodeMicros);
  }

  /** The figures since the last call, which begin anew. */
  take(stats: ConnectionStats | undefined, now: Micros): WorkerFigures {
    const seconds = Math.max(1, now - this.#since) / 1e6;
    const bytes = stats?.bytesReceived ?? 0;
    const figures: WorkerFigures = {
      latencyMicros: middle(this.#latencies),
      rttMicros: stats?.rttMicros ?? 0,
      updatesPerSecond: this.#latencies.length / seconds,
      bitrateBps: (Math.max(0, bytes - this.#bytesBefore) * 8) / seconds,
      lossShare: stats?.lossRatio ?? 0,
      decodeMicros: middle(this.#decodes),
    };
    this.#bytesBefore = bytes;
    this.#since = now;
    this.#latencies = [];
    this.#decodes = [];
    return figures;
  }

  /** A new connection counts its bytes from zero. */
  restart(): void {
    this.#bytesBefore = 0;
  }
}

function middle(values: readonly number[]): number | undefined {
  return values.toSorted((a, b) => a - b)[values.length >> 1];
}
