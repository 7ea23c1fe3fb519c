import type { Micros } from "@wavry/rift-core";
import { chooseLibc, type Libc } from "./linux/libc.ts";
import type { Watch } from "./linux/watch.ts";

const CLOCK_MONOTONIC = 1;
const TFD_NONBLOCK = 0o4000;
const TFD_CLOEXEC = 0o2000000;
const TFD_TIMER_ABSTIME = 1;
/** A coarse timer is late by up to 1.5 ms: good enough for what is further away. */
const PRECISE_MICROS = 10_000;

/** What makes short waits end on time: `timerfd` within some 50 µs; `timeout` (setTimeout) late by 0.5 to 1.5 ms. */
export type TimerKind = "timerfd" | "timeout";

/**
 * One alarm on the event loop; short waits end on time where the system allows it. It does not keep the
 * process running. Dispose it in its thread.
 */
export class PreciseTimer implements Disposable {
  readonly #onDue: () => void;
  readonly #libc: Libc | undefined;
  readonly #fd: number = -1;
  readonly #watch: Watch | undefined;
  readonly #spec = new Uint32Array(8);
  readonly #expirations = new Uint8Array(8);
  readonly #onTimeout = (): void => this.#fire();
  #timeout: NodeJS.Timeout | undefined;
  #at: Micros = Infinity;
  #armed = false;
  #open = true;

  private constructor(onDue: () => void, libc: Libc | undefined) {
    this.#onDue = onDue;
    if (libc === undefined) return;
    const fd = libc.call.timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    if (fd < 0) return;
    this.#libc = libc;
    this.#fd = fd;
    this.#watch = libc.watch(fd, () => this.#onReady(), { keepsAlive: false });
  }

  /**
   * `onDue` is called at each time that was set and not replaced or cleared before. For `prefer` see OpenOptions;
   * "plain" is setTimeout.
   */
  static async create(
    onDue: () => void,
    options: { readonly prefer?: "best" | "plain" | undefined } = {},
  ): Promise<PreciseTimer> {
    return new PreciseTimer(onDue, await chooseLibc(options.prefer));
  }

  get kind(): TimerKind {
    return this.#libc === undefined ? "timeout" : "timerfd";
  }

  /** When it is due (monotonicMicros); Infinity: not at all. */
  get at(): Micros {
    return this.#at;
  }

  /** Sets or replaces the time; one that has passed is due at once, in a turn of its own. Infinity clears. */
  set(at: Micros, now: Micros): void {
    this.#disarm();
    if (!this.#open || at === Infinity) return;
    this.#at = at;
    const wait = Math.max(0, at - now);
    if (this.#libc === undefined || wait >= PRECISE_MICROS) {
      this.#timeout = setTimeout(this.#onTimeout, Math.ceil(wait / 1000));
      this.#timeout.unref();
      return;
    }
    this.#armed = true;
    // Zero would disarm it.
    this.#setTime(Math.max(1, at));
  }

  /** Nothing is due any more. */
  clear(): void {
    this.#disarm();
  }

  [Symbol.dispose](): void {
    if (!this.#open) return;
    this.#open = false;
    this.#disarm();
    this.#watch?.close();
    this.#libc?.call.close(this.#fd);
  }

  #disarm(): void {
    this.#at = Infinity;
    if (this.#timeout !== undefined) clearTimeout(this.#timeout);
    this.#timeout = undefined;
    // One that goes off all the same is found to be unwanted: cheaper than to stop it in the kernel.
    this.#armed = false;
  }

  #setTime(at: Micros): void {
    const seconds = Math.floor(at / 1e6);
    this.#spec[4] = seconds % 2 ** 32;
    this.#spec[5] = Math.floor(seconds / 2 ** 32);
    this.#spec[6] = Math.floor((at - seconds * 1e6) * 1e3);
    this.#libc!.call.timerfd_settime(this.#fd, TFD_TIMER_ABSTIME, this.#spec, null);
  }

  #onReady(): void {
    // Nothing to read: it was set anew after it went off.
    const bytes = this.#libc!.call.read(this.#fd, this.#expirations, 8);
    if (bytes === 8 && this.#armed) this.#fire();
  }

  #fire(): void {
    this.#disarm();
    this.#onDue();
  }
}
