/** What a server's process uses, after its garbage is gone. Needs node --expose-gc. */
import { setTimeout as sleep } from "node:timers/promises";

/** The heap gives its pages back little by little, beside the program. */
const BETWEEN_MILLIS = 250;
/** So many measurements in a row must be alike, or as many as are taken at most. */
const ALIKE = 6;
const MOST = 60;
const ALIKE_BYTES = 1_000_000;

/** Bytes. */
export interface Memory {
  /** Resident, all of the process. */
  readonly rss: number;
  /** Live JavaScript objects, and the buffers that they hold. */
  readonly heap: number;
}

/** Collects garbage until the process gives nothing more back, and measures. */
export async function settledMemory(): Promise<Memory> {
  const recent: number[] = [];
  for (let at = 0; at < MOST; at++) {
    globalThis.gc!();
    await sleep(BETWEEN_MILLIS);
    recent.push(process.memoryUsage.rss());
    if (recent.length > ALIKE) recent.shift();
    if (recent.length === ALIKE && Math.max(...recent) - Math.min(...recent) < ALIKE_BYTES) break;
  }
  const { rss, heapUsed, external } = process.memoryUsage();
  return { rss, heap: heapUsed + external };
}
