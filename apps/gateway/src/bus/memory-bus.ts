import type { Bus, Presence } from "./bus.ts";

/** Expired entries are looked for when there are this many, and then whenever there are twice as many as were alive. */
const SWEEP_AT = 10_000;
/** Beyond so many counters the oldest goes: a flood of addresses must not fill the memory. */
const MAX_COUNTERS = 200_000;

interface Expiring<T> {
  value: T;
  expiresAt: number;
  ttlMillis: number;
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
  readonly #sweepAt = new WeakMap<object, number>();

  readonly #report: (error: unknown) => void;

  /** `now` in milliseconds, for expiry. `report` hears of listeners that throw; else they are uncaught exceptions. */
  constructor(now: () => number, report?: (error: unknown) => void) {
    this.#now = now;
    this.#report =
      report ??
      ((error) =>
        queueMicrotask(() => {
          throw error;
        }));
  }

  async publish(topic: string, text: string): Promise<void> {
    // As over a network: never in the publisher's own turn.
    await Promise.resolve();
    for (const listener of [...(this.#listeners.get(topic) ?? [])])
      try {
        listener(text);
      } catch (error) {
        this.#report(error);
      }
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
      if (this.#counters.size > MAX_COUNTERS)
        this.#counters.delete(this.#counters.keys().next().value!);
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
    // What was used stays used, whatever the clock does.
    this.#used.get(key)!.ttlMillis = Number.POSITIVE_INFINITY;
    return true;
  }

  /** Whether anybody here hears a topic. */
  hasListener(topic: string): boolean {
    return this.#listeners.has(topic);
  }

  /** The notes that still hold, and for how long, milliseconds. */
  *livePresence(): Iterable<{ peer: string; presence: Presence; ttlMillis: number }> {
    const now = this.#now();
    for (const [peer, { value, expiresAt }] of this.#presence)
      if (expiresAt > now) yield { peer, presence: value, ttlMillis: expiresAt - now };
  }

  /** Never: nobody else is there to be lost. */
  onReconnected(_listener: () => void): Disposable {
    return { [Symbol.dispose]: () => {} };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listeners.clear();
  }

  #get<T>(map: Map<string, Expiring<T>>, key: string): Expiring<T> | undefined {
    const entry = map.get(key);
    return entry !== undefined && isLive(entry, this.#now()) ? entry : undefined;
  }

  #put<T>(map: Map<string, Expiring<T>>, key: string, value: T, ttlMillis: number): void {
    const now = this.#now();
    if (map.size >= (this.#sweepAt.get(map) ?? SWEEP_AT)) {
      for (const [old, entry] of map) if (!isLive(entry, now)) map.delete(old);
      this.#sweepAt.set(map, Math.max(SWEEP_AT, map.size * 2));
    }
    // Taken out first, so that the map stays in the order of age.
    map.delete(key);
    map.set(key, { value, expiresAt: now + ttlMillis, ttlMillis });
  }
}

/** What has longer to live than it was given was noted before the clock was set back: it must not hold for years. */
function isLive({ expiresAt, ttlMillis }: Expiring<unknown>, now: number): boolean {
  return expiresAt > now && expiresAt - now <= ttlMillis;
}
