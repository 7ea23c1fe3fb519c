import type { Micros } from "../micros.ts";
import type { LinkServer, Outage } from "./link-rate.ts";

interface Stretch {
  readonly from: Micros;
  readonly bytesPerMicro: number;
}

/** A rate that is constant in between steps; outages are stretches of rate zero. */
export class StepsServer implements LinkServer {
  readonly nominalBps: number;
  readonly #stretches: readonly Stretch[];
  /** The stretch of the last call: time only goes forward. */
  #current = 0;

  /** `steps`: as in LinkRate, Infinity allowed as a rate. Throws RangeError. */
  constructor(
    steps: readonly { readonly at: Micros; readonly bps: number }[],
    outages: readonly Outage[],
    startAt: Micros,
  ) {
    if (steps.length === 0) throw new RangeError("a rate needs a step");
    for (const [index, { at, bps }] of steps.entries()) {
      if (!(bps >= 0)) throw new RangeError(`${bps} is no rate`);
      if (index > 0 && !(at > steps[index - 1]!.at))
        throw new RangeError("steps are not in order of time");
    }
    this.nominalBps = steps[0]!.bps;
    this.#stretches = cutStretches(steps, outages, startAt);
  }

  beginAt(from: Micros): Micros {
    let index = this.#seek(from);
    if (this.#stretches[index]!.bytesPerMicro > 0) return from;
    while (this.#stretches[index]?.bytesPerMicro === 0) index++;
    return this.#stretches[index]?.from ?? Infinity;
  }

  send(begunAt: Micros, bytes: number): Micros {
    let index = this.#seek(begunAt);
    let at = begunAt;
    let left = bytes;
    for (;;) {
      const { bytesPerMicro } = this.#stretches[index]!;
      if (bytesPerMicro === Infinity) return at;
      const end = this.#stretches[index + 1]?.from ?? Infinity;
      const takes = bytesPerMicro === 0 ? Infinity : left / bytesPerMicro;
      if (at + takes <= end) return at + takes;
      left -= (end - at) * bytesPerMicro;
      at = end;
      index++;
    }
  }

  capacityBytes(from: Micros, until: Micros): number {
    let bytes = 0;
    for (const [index, stretch] of this.#stretches.entries()) {
      const begin = index === 0 ? from : Math.max(from, stretch.from);
      const end = Math.min(until, this.#stretches[index + 1]?.from ?? Infinity);
      if (end > begin && stretch.bytesPerMicro > 0) bytes += (end - begin) * stretch.bytesPerMicro;
    }
    return bytes;
  }

  rateAt(now: Micros): number {
    const index = this.#stretches.findLastIndex(({ from }) => from <= now);
    return this.#stretches[Math.max(0, index)]!.bytesPerMicro * 8e6;
  }

  #seek(at: Micros): number {
    while (
      this.#current + 1 < this.#stretches.length &&
      this.#stretches[this.#current + 1]!.from <= at
    )
      this.#current++;
    return this.#current;
  }
}

function cutStretches(
  steps: readonly { readonly at: Micros; readonly bps: number }[],
  outages: readonly Outage[],
  startAt: Micros,
): Stretch[] {
  const cuts = new Set([0]);
  for (const { at } of steps) cuts.add(at);
  for (const { from, until } of outages) cuts.add(from).add(until);
  return [...cuts]
    .sort((a, b) => a - b)
    .map((at) => {
      const out = outages.some(({ from, until }) => from <= at && at < until);
      const step = steps.findLast((candidate) => candidate.at <= at) ?? steps[0]!;
      return { from: startAt + at, bytesPerMicro: out ? 0 : step.bps / 8e6 };
    });
}
