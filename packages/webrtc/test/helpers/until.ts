import { setTimeout as delay } from "node:timers/promises";

const DEADLINE_MILLIS = 60_000;

/** Waits until the condition gives something; throws with `what` after a long while. */
export async function until<Value>(
  what: string,
  condition: () => Promise<Value | undefined | false> | Value | undefined | false,
): Promise<Value> {
  const end = performance.now() + DEADLINE_MILLIS;
  for (;;) {
    const value = await condition();
    if (value !== undefined && value !== false) return value;
    if (performance.now() > end) throw new Error(`waited in vain: ${what}`);
    await delay(20);
  }
}
