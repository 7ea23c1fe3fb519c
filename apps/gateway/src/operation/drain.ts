import type { Logger } from "pino";

/** How long those who are told may take. */
const TOLD_WITHIN_MS = 5_000;

/** The end of this process as something that others can prepare for: sockets are told to go elsewhere, queues are emptied. */
export class Drain {
  readonly #log: Logger;
  readonly #listeners = new Set<() => void | Promise<void>>();
  #begun: Promise<void> | undefined;

  constructor(log: Logger) {
    this.#log = log;
  }

  /** True from the beginning of the end on: nothing new is to be started that lasts. */
  get draining(): boolean {
    return this.#begun !== undefined;
  }

  /** Calls the listener once, when the end begins and while everything still works. Until disposed. */
  onDrain(listener: () => void | Promise<void>): Disposable {
    const own = () => listener();
    this.#listeners.add(own);
    return { [Symbol.dispose]: () => void this.#listeners.delete(own) };
  }

  /** Begins the end; resolves once all were told and are done, or have taken too long. Never rejects. */
  begin(): Promise<void> {
    this.#begun ??= this.#tell();
    return this.#begun;
  }

  async #tell(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, TOLD_WITHIN_MS);
    });
    const told = Promise.all(
      [...this.#listeners].map(async (listener) => {
        try {
          await listener();
        } catch (error) {
          this.#log.error({ err: error }, "a part could not prepare for the end");
        }
      }),
    );
    await Promise.race([told, late]);
    clearTimeout(timer);
  }
}
