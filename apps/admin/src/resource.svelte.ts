import { ApiFailure } from "./api-failure.ts";

/** Something that is asked for and then shown. What was there stays while it is asked for again. */
export class Resource<T> {
  value: T | undefined = $state.raw();
  failure: ApiFailure | undefined = $state.raw();
  #load: ((signal: AbortSignal) => Promise<T>) | undefined;
  #running: AbortController | undefined;

  start(load: (signal: AbortSignal) => Promise<T>): void {
    this.#load = load;
    void this.reload();
  }

  async reload(): Promise<void> {
    this.#running?.abort();
    const running = new AbortController();
    this.#running = running;
    try {
      const value = await this.#load!(running.signal);
      if (running.signal.aborted) return;
      this.value = value;
      this.failure = undefined;
    } catch (error) {
      if (!running.signal.aborted) this.failure = ApiFailure.from(error);
    }
  }

  stop(): void {
    this.#running?.abort();
  }
}
