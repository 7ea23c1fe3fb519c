/** Bytes that went over the loopback interface, from /proc: what two programs of one machine sent each other. */
import { readFileSync } from "node:fs";

function loopbackBytes(): number {
  const line = /^\s*lo:\s*(\d+)/m.exec(readFileSync("/proc/net/dev", "latin1"));
  return Number(line?.[1] ?? Number.NaN);
}

/** Measures the loopback traffic of the whole machine from its creation on; nothing else may be talking. */
export class LoopbackMeter {
  readonly #bytesAtStart = loopbackBytes();
  readonly #startedMillis = performance.now();

  /** Mean rate since the start, headers of UDP and IP included. */
  kbps(): number {
    const millis = performance.now() - this.#startedMillis;
    return ((loopbackBytes() - this.#bytesAtStart) * 8) / millis;
  }
}
