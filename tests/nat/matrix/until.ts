import { setTimeout as sleep } from "node:timers/promises";

/** Generous: the machine may be busy. */
const DEADLINE_MS = 60_000;
const PAUSE_MS = 50;

/** Waits until it holds; rejects after a minute, or `withinMillis`, with what was waited for. */
export async function until(
  condition: () => Promise<boolean>,
  what: () => string,
  withinMillis: number = DEADLINE_MS,
): Promise<void> {
  const end = performance.now() + withinMillis;
  while (!(await condition())) {
    if (performance.now() > end) throw new Error(`it never came to this: ${what()}`);
    await sleep(PAUSE_MS);
  }
}
