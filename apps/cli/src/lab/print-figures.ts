import type { Micros } from "@wavry/rift-core";
import { millis } from "../output.ts";
import type { DirectionFigures } from "./lab-path.ts";

/** What both kinds of lab tell. */
export interface PathFigures {
  /** How late packets left at worst since the last call. */
  readonly lateMicros: Micros;
  /** Undefined before the first packet. */
  readonly forward: DirectionFigures | undefined;
  readonly backward: DirectionFigures | undefined;
}

/** Figures as a report for programs. */
export function figuresReport(figures: PathFigures): Record<string, unknown> {
  const { lateMicros, forward, backward, ...others } = figures;
  return {
    ...others,
    lateMs: millis(lateMicros),
    forward: directionReport(forward),
    backward: directionReport(backward),
  };
}

/** Totals as lines for people. */
export function totalsText({ forward, backward }: PathFigures): string {
  if (forward === undefined || backward === undefined) return "no packet came";
  return [
    `host to client: ${directionText(forward)}`,
    `client to host: ${directionText(backward)}`,
  ].join("\n");
}

function directionReport(figures: DirectionFigures | undefined): Record<string, unknown> | null {
  if (figures === undefined) return null;
  const { stats, rateBps, queuedBytes, queuedMicros } = figures;
  return {
    ...stats,
    // JSON has no infinity: a link without a rate.
    rateKbps: Number.isFinite(rateBps) ? Math.round(rateBps / 1000) : null,
    queuedBytes,
    queuedMs: millis(queuedMicros),
  };
}

function directionText({ stats }: DirectionFigures): string {
  const { sent, delivered, deliveredBytes, queueDrops, lossDrops } = stats;
  return (
    `${sent} packets in, ${delivered} out (${(deliveredBytes / 1e6).toFixed(1)} MB), ` +
    `${queueDrops} dropped by the queue, ${lossDrops} lost on the way`
  );
}
