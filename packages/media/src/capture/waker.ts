import { WakeSignal } from "@wavry/x11";

/** What a thread needs to attach to another's `Waker`; can be posted to a worker. */
export interface WakerHandle {
  /** One counter that goes up with each wake-up. */
  readonly counter: SharedArrayBuffer;
  /** An eventfd on Linux, else -1. */
  readonly fd: number;
}

/** Wakes a blocked capture thread: through an eventfd where threads block in ppoll, and a counter elsewhere. */
export class Waker implements Disposable {
  readonly handle: WakerHandle;
  readonly #counter: Int32Array;
  readonly #signal: WakeSignal | undefined;

  constructor(attachTo?: WakerHandle) {
    const counter = attachTo?.counter ?? new SharedArrayBuffer(4);
    this.#counter = new Int32Array(counter);
    if (attachTo === undefined)
      this.#signal = process.platform === "linux" ? new WakeSignal() : undefined;
    else this.#signal = attachTo.fd < 0 ? undefined : new WakeSignal(attachTo.fd);
    this.handle = { counter, fd: this.#signal?.fd ?? -1 };
  }

  /** The eventfd, or -1. */
  get fd(): number {
    return this.handle.fd;
  }

  /** Wakes the waiting thread, or makes its next wait end at once. */
  wake(): void {
    Atomics.add(this.#counter, 0, 1);
    Atomics.notify(this.#counter, 0);
    this.#signal?.signal();
  }

  /** Forgets wake-ups so far. */
  clear(): void {
    Atomics.store(this.#counter, 0, 0);
    this.#signal?.clear();
  }

  /** Blocks on the counter alone; gives whether it was woken, and forgets the wake-up. */
  sleep(timeoutMicros: number): boolean {
    if (timeoutMicros > 0) Atomics.wait(this.#counter, 0, 0, timeoutMicros / 1_000);
    const woken = Atomics.load(this.#counter, 0) !== 0;
    if (woken) this.clear();
    return woken;
  }

  [Symbol.dispose](): void {
    this.#signal?.[Symbol.dispose]();
  }
}
