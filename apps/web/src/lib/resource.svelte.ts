/** Something that is loaded, may fail, and is loaded again. */
export class Resource<T> {
  /** The last that came; undefined until then. */
  value: T | undefined = $state.raw();
  /** Why the last try failed. */
  error: unknown = $state.raw();
  readonly #load: () => Promise<T>;
  #tries = 0;

  /** Begins to load. */
  constructor(load: () => Promise<T>) {
    this.#load = load;
    void this.reload();
  }

  /** Loads once more; what is there stays until then. Never rejects. */
  async reload(): Promise<void> {
    this.#tries += 1;
    const own = this.#tries;
    try {
      const value = await this.#load();
      if (own !== this.#tries) return;
      this.value = value;
      this.error = undefined;
    } catch (error) {
      if (own === this.#tries) this.error = error;
    }
  }

  /** Takes what came another way; what is being loaded is older. */
  put(value: T): void {
    this.#tries += 1;
    this.value = value;
    this.error = undefined;
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
