/** Loads something; what is asked for in vain by then, the signal ends. */
export type Load<T> = (signal: AbortSignal) => Promise<T>;

/** Something that is loaded, may fail, and is loaded again. What was there stays until then. */
export class Resource<T> {
  /** The last that came; undefined until then. */
  value: T | undefined = $state.raw();
  /** Why the last try failed. */
  error: unknown = $state.raw();
  #load: Load<T> | undefined;
  #running: AbortController | undefined;

  /** Begins to load where it is told how. */
  constructor(load?: Load<T>) {
    if (load !== undefined) this.start(load);
  }

  /** Loads in this way from now on. */
  start(load: Load<T>): void {
    this.#load = load;
    void this.reload();
  }

  /** Loads once more, and nothing before `start`. Never rejects. */
  async reload(): Promise<void> {
    this.stop();
    if (this.#load === undefined) return;
    const running = new AbortController();
    this.#running = running;
    try {
      const value = await this.#load(running.signal);
      if (running.signal.aborted) return;
      this.value = value;
      this.error = undefined;
    } catch (error) {
      if (!running.signal.aborted) this.error = error;
    }
  }

  /** Takes what came another way; what is being loaded is older. */
  put(value: T): void {
    this.stop();
    this.value = value;
    this.error = undefined;
  }

  /** Nothing that is being loaded is waited for. */
  stop(): void {
    this.#running?.abort();
  }

  /** Loads again and again while the page is seen; gives what ends that. */
  keepFresh(everyMillis: number): () => void {
    const look = () => {
      if (document.visibilityState === "visible") void this.reload();
    };
    const timer = setInterval(look, everyMillis);
    document.addEventListener("visibilitychange", look);
    return () => {
      clearInterval(timer);
      document.removeEventListener("visibilitychange", look);
    };
  }
}
