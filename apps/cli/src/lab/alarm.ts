import { Worker } from "node:worker_threads";
import type { Micros } from "@wavry/rift-core";
import { ALARM_STOP, alarmMemory, alarmViews } from "./alarm-memory.ts";

/** A timer that is late by tens of microseconds, where Node's own are by a millisecond: a thread sleeps for it. */
export class Alarm implements AsyncDisposable {
  readonly #word: Int32Array;
  readonly #deadline: Float64Array;
  readonly #worker: Worker;
  #number = 0;
  #at: Micros = Infinity;

  /** `ring` is called once for each deadline that was set and passed; `fail` if the thread dies. */
  constructor(options: { ring: () => void; fail: (error: Error) => void }) {
    const memory = alarmMemory();
    ({ word: this.#word, deadline: this.#deadline } = alarmViews(memory));
    this.#worker = new Worker(new URL("./alarm-worker.ts", import.meta.url), {
      workerData: memory,
    });
    this.#worker.on("message", (number: number) => {
      if (number !== this.#number) {
        // The thread sleeps for a new word, and a later deadline did not wake it.
        Atomics.notify(this.#word, 0);
        return;
      }
      this.#at = Infinity;
      options.ring();
    });
    this.#worker.on("error", options.fail);
  }

  /** Rings at a time by `nowMicros`, and not at the one set before; Infinity: not at all. */
  set(at: Micros): void {
    if (at === this.#at) return;
    const earlier = at < this.#at;
    this.#at = at;
    // A later one needs no call: the thread wakes at the earlier one, and finds that it does not hold any more.
    this.#number = (this.#number + 1) & 0x7fff_ffff;
    this.#deadline[0] = at;
    Atomics.store(this.#word, 0, this.#number);
    if (earlier) Atomics.notify(this.#word, 0);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    Atomics.store(this.#word, 0, ALARM_STOP);
    Atomics.notify(this.#word, 0);
    await this.#worker.terminate();
  }
}
