import type { Bus, Presence } from "./bus.ts";

/** Expired entries are looked for when there are this many. */
const SWEEP_AT = 10_000;

interface Expiring<T> {
  value: T;
  expiresAt: number;
}

/** The bus of a gateway that is alone. */
export class MemoryBus implements Bus {
  readonly kind = "memory";
  readonly healthy = true;
  readonly #now: () => number;
  readonly #listeners = new Map<string, Set<(text: string) => void>>();
  readonly #presence = new Map<string, Expiring<Presence>>();
  readonly #counters = new Map<string, Expiring<number>>();
  readonly #used = new Map<string, Expiring<true>>();

  /** `now` in milliseconds, for expiry. */
  constructor(now: () => number) {
    this.#now = now;
  }

  async publish(topic: string, text: string): Promise<void> {
    // As over a network: never in the publisher's own turn.
    await Promise.resolve();
    for (const listener of [...(this.#listeners.get(topic) ?? [])]) listener(text);
  }

  async subscribe(topic: string, listener: (text: string) => void): Promise<AsyncDisposable> {
    const own = (text: string) => listener(text);
    const listeners = this.#listeners.get(topic) ?? new Set();
    this.#listeners.set(topic, listeners);
    listeners.add(own);
    return {
      [Symbol.asyncDispose]: async () => {
        listeners.delete(own);
        if (listeners.size === 0 && this.#listeners.get(topic) === listeners)
          this.#listeners.delete(topic);
      },
    };
  }

  async setPresence(peer: string, presence: Presence, ttlMillis: number): Promise<void> {
    this.#put(this.#presence, peer, presence, ttlMillis);
  }

  async presence(peers: readonly string[]): Promise<(Presence | undefined)[]> {
    return peers.map((peer) => this.#get(this.#presence, peer)?.value);
  }

  async clearPresence(peer: string, connectionId: string): Promise<void> {
    if (this.#presence.get(peer)?.value.connectionId === connectionId) this.#presence.delete(peer);
  }

  async count(
    key: string,
    windowMillis: number,
  ): Promise<{ count: number; resetInMillis: number }> {
    const known = this.#get(this.#counters, key);
    if (known === undefined) {
      this.#put(this.#counters, key, 1, windowMillis);
      return { count: 1, resetInMillis: windowMillis };
    }
    known.value++;
    return { count: known.value, resetInMillis: known.expiresAt - this.#now() };
  }

  async forget(key: string): Promise<void> {
    this.#counters.delete(key);
  }

  async once(key: string, ttlMillis: number): Promise<boolean> {
    if (this.#get(this.#used, key) !== undefined) return false;
    this.#put(this.#used, key, true, ttlMillis);
    return true;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listeners.clear();
  }

  #get<T>(map: Map<string, Expiring<T>>, key: string): Expiring<T> | undefined {
    const entry = map.get(key);
    return entry !== undefined && entry.expiresAt > this.#now() ? entry : undefined;
  }

  #put<T>(map: Map<string, Expiring<T>>, key: string, value: T, ttlMillis: number): void {
    const now = this.#now();
    if (map.size >= SWEEP_AT)
      for (const [old, { expiresAt }] of map) if (expiresAt <= now) map.delete(old);
    map.set(key, { value, expiresAt: now + ttlMillis });
  }
}
