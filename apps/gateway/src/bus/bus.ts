/**
 * What replicas of one gateway share while they run: news, presence, counters. Nothing here outlives a restart. While the
 * other replicas cannot be reached, what concerns this one alone goes on; the rest is refused with ApiError 503
 * "bus-unavailable" after a short wait.
 */
export interface Bus extends AsyncDisposable {
  readonly kind: "memory" | "redis";
  /** False while the other replicas cannot be reached. */
  readonly healthy: boolean;
  /**
   * Tells all listeners of a topic, on all replicas and in the order of one publisher; those that are away miss it.
   * Refused only where others cannot be reached and nobody here listens. A listener that throws hinders nobody.
   */
  publish(topic: string, text: string): Promise<void>;
  /** Hears a topic until disposed. */
  subscribe(topic: string, listener: (text: string) => void): Promise<AsyncDisposable>;
  /** Notes that a peer is on a replica, for `ttlMillis` from now; the last note counts. */
  setPresence(peer: string, presence: Presence, ttlMillis: number): Promise<void>;
  /**
   * Where each peer is; undefined for those that are nowhere. In the order asked for. While others cannot be reached it
   * answers for peers of this replica, and is refused where one of them is not here.
   */
  presence(peers: readonly string[]): Promise<(Presence | undefined)[]>;
  /** Takes a note back, if it is still of this connection. */
  clearPresence(peer: string, connectionId: string): Promise<void>;
  /** Counts one more of something in a fixed window that starts with the first; shared by all replicas, or this one's own while others cannot be reached. */
  count(key: string, windowMillis: number): Promise<{ count: number; resetInMillis: number }>;
  /** Forgets a counter. */
  forget(key: string): Promise<void>;
  /** True for the first caller of a key within `ttlMillis`: what is used once is used once. */
  once(key: string, ttlMillis: number): Promise<boolean>;
  /**
   * Called each time that the other replicas can be reached again: what was told in between is lost, so the listener
   * looks for itself (sessions, bans, grants). Own presence is told again already. Until disposed.
   */
  onReconnected(listener: () => void): Disposable;
}

/** Where a peer can be reached. */
export interface Presence {
  readonly replica: string;
  readonly connectionId: string;
}
