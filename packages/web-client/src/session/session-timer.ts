import type { Micros } from "@wavry/rift-core";
import { monotonicMicros } from "./clock.ts";

/** One timer. It may fire early, as a browser's clocks disagree a little; who asked looks at the time anyway. */
export class SessionTimer implements Disposable {
  readonly #onDue: () => void;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #open = true;

  constructor(onDue: () => void) {
    this.#onDue = onDue;
  }

  /** Fires at `at`, in place of what was set before. */
  set(at: Micros): void {
    clearTimeout(this.#timer);
    if (this.#open)
      this.#timer = setTimeout(this.#onDue, Math.max(0, (at - monotonicMicros()) / 1000));
  }

  [Symbol.dispose](): void {
    this.#open = false;
    clearTimeout(this.#timer);
  }
}
