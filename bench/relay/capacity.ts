/** How many packets a second go through without loss. */
import type { TrialResult } from "./load.ts";

/** More is loss; less may be anything. */
const LOSS = 0.001;
/** A load that stays below its own rate is what was measured, not the relay. */
const LEAST_RATE = 0.97;
const STEP = 1.3;
const HALVINGS = 4;
const MOST_RATE = 3_000_000;
const LEAST = 1_000;

/** What was found. */
export interface Capacity {
  /** Packets a second that came out. */
  readonly packets: number;
  /** At that rate. */
  readonly cpuMicros: number;
  /** The load could do no more: the relay may. */
  readonly isLoadsBound: boolean;
}

/** One trial at a rate, and the relay's CPU time in it. */
export type TryRate = (rate: number) => Promise<{ result: TrialResult; cpuNanos: number }>;

/** Looks for the highest rate without loss from a guess on: by steps, then by halves, to about 2 %. */
export async function findCapacity(tryRate: TryRate, guess: number): Promise<Capacity> {
  let best: Capacity | undefined;
  let isLoadsBound = false;
  const passes = async (rate: number): Promise<boolean> => {
    // Whatever else ran on the machine in that moment is not the relay's.
    for (let attempt = 0; attempt < 2; attempt++) {
      const { result, cpuNanos } = await tryRate(rate);
      const { sent, received, refused, seconds } = result;
      const isSent = sent >= LEAST_RATE * rate * seconds && refused === 0;
      const isThrough = received >= sent * (1 - LOSS);
      if (!isSent || !isThrough) {
        isLoadsBound = isThrough;
        continue;
      }
      const packets = received / seconds;
      if (packets > (best?.packets ?? 0))
        best = { packets, cpuMicros: cpuNanos / 1e3 / received, isLoadsBound: false };
      return true;
    }
    return false;
  };
  let low = guess;
  let high = guess;
  if (await passes(guess)) {
    do {
      low = high;
      high *= STEP;
    } while (high < MOST_RATE && (await passes(high)));
  } else
    do {
      high = low;
      low /= STEP;
    } while (low > LEAST && !(await passes(low)));
  for (let i = 0; i < HALVINGS; i++) {
    const middle = Math.sqrt(low * high);
    if (await passes(middle)) low = middle;
    else high = middle;
  }
  if (best === undefined) throw new Error("nothing went through without loss");
  return { ...best, isLoadsBound };
}
