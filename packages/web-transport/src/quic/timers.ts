import type { QuicConnection } from "./quic-connection.ts";

/** Timers of quiche have whole milliseconds, cut off. */
const ROUNDING_MILLIS = 1;

interface Timer {
  handle: NodeJS.Timeout;
  dueAt: number;
}

/** Brings connections to rest at the end of a turn of the event loop, and wakes them when their time has come. */
export class Timers {
  readonly #onClosed: (connection: QuicConnection) => void;
  readonly #touched = new Set<QuicConnection>();
  readonly #timers = new Map<QuicConnection, Timer>();
  #immediate: NodeJS.Immediate | undefined;
  #closed = false;

  constructor(onClosed: (connection: QuicConnection) => void) {
    this.#onClosed = onClosed;
  }

  /** The connection did something: it is settled once all that came in by now is read. */
  touch(connection: QuicConnection): void {
    if (this.#closed) return;
    this.#touched.add(connection);
    this.#immediate ??= setImmediate(this.#settleAll);
  }

  close(): void {
    this.#closed = true;
    if (this.#immediate !== undefined) clearImmediate(this.#immediate);
    for (const { handle } of this.#timers.values()) clearTimeout(handle);
    for (const connection of this.#touched) if (connection.isClosed) this.#onClosed(connection);
    this.#timers.clear();
    this.#touched.clear();
  }

  readonly #settleAll = (): void => {
    const touched = [...this.#touched];
    this.#touched.clear();
    this.#immediate = undefined;
    for (const connection of touched) {
      this.#settle(connection);
      if (!connection.isClosed) continue;
      this.#cancel(connection);
      this.#onClosed(connection);
    }
  };

  #settle(connection: QuicConnection): void {
    const millis = connection.settle();
    if (this.#closed) return;
    if (millis === undefined) return this.#cancel(connection);
    const dueAt = performance.now() + millis + ROUNDING_MILLIS;
    const timer = this.#timers.get(connection);
    // A timer that comes too early sets itself again; that is cheaper than a new one for each packet.
    if (timer !== undefined && timer.dueAt <= dueAt) return;
    this.#cancel(connection);
    const handle = setTimeout(() => this.#fire(connection), millis + ROUNDING_MILLIS);
    this.#timers.set(connection, { handle, dueAt });
  }

  #fire(connection: QuicConnection): void {
    this.#timers.delete(connection);
    connection.handleTimer();
    this.touch(connection);
  }

  #cancel(connection: QuicConnection): void {
    const timer = this.#timers.get(connection);
    if (timer === undefined) return;
    clearTimeout(timer.handle);
    this.#timers.delete(connection);
  }
}
