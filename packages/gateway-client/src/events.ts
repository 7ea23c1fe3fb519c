/** Listeners by the names of their events. */
export class Events<E extends object> {
  readonly #listeners = new Map<keyof E, Set<(event: never) => void>>();

  /** Hears an event until disposed. Listeners are called in the order in which they came; one that throws hinders none. */
  on<K extends keyof E>(name: K, listener: (event: E[K]) => void): Disposable {
    const listeners = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, listeners);
    const own = (event: E[K]) => listener(event);
    listeners.add(own);
    return { [Symbol.dispose]: () => void listeners.delete(own) };
  }

  emit<K extends keyof E>(name: K, event: E[K]): void {
    for (const listener of [...(this.#listeners.get(name) ?? [])])
      try {
        (listener as (event: E[K]) => void)(event);
      } catch (error) {
        // The listener's own failure: reported as one that nobody caught, after the others had their turn.
        queueMicrotask(() => {
          throw error;
        });
      }
  }
}
