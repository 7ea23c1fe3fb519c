/** How late a wait of a paced sender ends. */
import { monotonicMicros, PreciseTimer } from "@wavry/rift-udp";

const PERIOD_MICROS = 700;

/** Waits of 0.7 ms, about `seconds` long in all; gives how late each ended, in ms. */
export async function measureTimer(
  prefer: "best" | "plain",
  seconds: number,
): Promise<readonly number[]> {
  const late: number[] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  const end = monotonicMicros() + seconds * 1e6;
  let due = 0;
  using timer = await PreciseTimer.create(
    () => {
      const now = monotonicMicros();
      late.push((now - due) / 1000);
      if (now >= end) resolve();
      else arm(now);
    },
    { prefer },
  );
  function arm(now: number): void {
    due = now + PERIOD_MICROS;
    timer.set(due, now);
  }
  arm(monotonicMicros());
  // The timer alone does not keep the process running.
  const alive = setInterval(() => undefined, 1000);
  await promise;
  clearInterval(alive);
  return late;
}
