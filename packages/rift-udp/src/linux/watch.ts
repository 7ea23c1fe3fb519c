import type { node } from "koffi";

/** What is watched. */
interface WatchOptions {
  readonly fd: number;
  readonly onReady: () => void;
  /** Default true: the process runs as long as the watch is open. */
  readonly keepsAlive?: boolean;
}

const open = new Set<Watch>();

function closeAll(): void {
  for (const watch of open) watch.close();
}

/**
 * Watches a descriptor from this thread's event loop.
 *
 * Were it open while the thread's JavaScript is being ended, and its descriptor ready, the process would abort. So
 * everything is closed when the thread exits by itself; who terminates a worker must see to it before.
 */
export class Watch {
  readonly #handle: node.PollHandle;
  readonly #onReady: () => void;
  // koffi calls back outside of what makes a turn: a throw would be lost, promises would wait, an exit would abort.
  readonly #onPoll = (status: unknown): void => {
    // After an error libuv watches no more; reading tells it and clears it.
    if (this.#open && typeof status === "number" && status < 0)
      this.#handle.start({ readable: true, writable: this.#writable }, this.#onPoll);
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(this.#onTurn);
  };
  readonly #onTurn = (): void => this.#turn();
  #scheduled = false;
  #writable = false;
  #open = true;

  constructor(poll: typeof node.poll, { fd, onReady, keepsAlive = true }: WatchOptions) {
    this.#onReady = onReady;
    this.#handle = poll(fd, { readable: true }, this.#onPoll);
    if (!keepsAlive) this.#handle.unref();
    if (open.size === 0) process.on("exit", closeAll);
    open.add(this);
  }

  /** Starts or stops watching for room to write, too. */
  watchWritable(writable: boolean): void {
    this.#writable = writable;
    if (this.#open) this.#handle.start({ readable: true, writable }, this.#onPoll);
  }

  /** Idempotent. */
  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#handle.close();
    open.delete(this);
    if (open.size === 0) process.off("exit", closeAll);
  }

  #turn(): void {
    this.#scheduled = false;
    if (this.#open) this.#onReady();
  }
}
