/** One-time timers that end together and keep no process alive. */
export class Timers implements Disposable {
  readonly #timers = new Set<NodeJS.Timeout>();
  #open = true;

  /** Calls once after so many milliseconds; what it gives ends it. Nothing happens after disposal. */
  after(delayMs: number, callback: () => void): () => void {
    if (!this.#open) return () => {};
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      callback();
    }, delayMs);
    timer.unref();
    this.#timers.add(timer);
    return () => {
      clearTimeout(timer);
      this.#timers.delete(timer);
    };
  }

  [Symbol.dispose](): void {
    this.#open = false;
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
  }
}
