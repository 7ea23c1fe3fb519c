import type { Page, PageWish } from "@wavry/signaling";
import { ApiFailure } from "@wavry/web-ui";

/** Asks for one page of a list. */
export type LoadPage<T> = (wish: PageWish, signal: AbortSignal) => Promise<Page<T>>;

/** One page of a list at a time, forwards and back. */
export class ListLoader<T> {
  items: readonly T[] = $state.raw([]);
  failure: ApiFailure | undefined = $state.raw();
  /** False before the first answer. */
  loaded: boolean = $state(false);
  busy: boolean = $state(false);
  /** Where each page up to this one begins. */
  #cursors: readonly (string | undefined)[] = $state.raw([undefined]);
  #next: string | null = $state.raw(null);
  #load: LoadPage<T> | undefined;
  #running: AbortController | undefined;

  /** From 1. */
  get page(): number {
    return this.#cursors.length;
  }

  get hasNext(): boolean {
    return this.#next !== null;
  }

  /** Begins anew with the first page. */
  start(load: LoadPage<T>): void {
    this.#load = load;
    void this.#show([undefined]);
  }

  /** The same page once more. */
  async reload(): Promise<void> {
    await this.#show(this.#cursors);
  }

  forwards(): void {
    if (this.#next !== null) void this.#show([...this.#cursors, this.#next]);
  }

  back(): void {
    if (this.page > 1) void this.#show(this.#cursors.slice(0, -1));
  }

  stop(): void {
    this.#running?.abort();
  }

  async #show(cursors: readonly (string | undefined)[]): Promise<void> {
    this.#running?.abort();
    const running = new AbortController();
    this.#running = running;
    this.busy = true;
    const cursor = cursors.at(-1);
    try {
      const page = await this.#load!({ ...(cursor !== undefined && { cursor }) }, running.signal);
      if (running.signal.aborted) return;
      this.items = page.items;
      this.#next = page.nextCursor;
      this.#cursors = cursors;
      this.failure = undefined;
      this.loaded = true;
    } catch (error) {
      if (running.signal.aborted) return;
      this.failure = ApiFailure.from(error);
    } finally {
      if (this.#running === running) this.busy = false;
    }
  }
}
