import { networkOf, TokenBucket } from "@wavry/relay";
import type { TlsBounds } from "./tls-bounds.ts";
import type { TlsCounters } from "./tls-counters.ts";

/** Networks without a connection whose supply is remembered. */
const MAX_REMEMBERED = 4_096;

interface Network {
  readonly arrivals: TokenBucket;
  connections: number;
}

/** Who may connect: so many in all, so many of one network, and so many a second. */
export class Arrivals {
  readonly #bounds: TlsBounds;
  readonly #counters: TlsCounters;
  readonly #all: TokenBucket;
  /** In the order of the last arrival. */
  readonly #networks = new Map<string, Network>();
  #connections = 0;

  constructor(bounds: TlsBounds, counters: TlsCounters, now: number) {
    this.#bounds = bounds;
    this.#counters = counters;
    this.#all = new TokenBucket(bounds.arrivals, now);
  }

  /** How many are here. */
  get connections(): number {
    return this.#connections;
  }

  /** Takes a connection from an IP address, or not; what it gives has to be called once when the connection is over. */
  take(address: string, now: number): (() => void) | undefined {
    const { connections, connectionsOfNetwork, arrivalsOfNetwork } = this.#bounds;
    if (this.#connections >= connections) return this.#refuse("refusedFull");
    const key = networkOf(address);
    const network = this.#networks.get(key) ?? {
      arrivals: new TokenBucket(arrivalsOfNetwork, now),
      connections: 0,
    };
    this.#remember(key, network);
    if (network.connections >= connectionsOfNetwork) return this.#refuse("refusedNetwork");
    // The network's supply first: one network alone cannot use up that of all.
    if (!network.arrivals.take(now, 1) || !this.#all.take(now, 1))
      return this.#refuse("refusedRate");
    network.connections++;
    this.#connections++;
    this.#counters.accepted++;
    return () => {
      network.connections--;
      this.#connections--;
    };
  }

  #refuse(why: "refusedFull" | "refusedNetwork" | "refusedRate"): undefined {
    this.#counters[why]++;
    return undefined;
  }

  /** Those with a connection stay: there are no more of them than connections. */
  #remember(key: string, network: Network): void {
    this.#networks.delete(key);
    this.#networks.set(key, network);
    if (this.#networks.size <= MAX_REMEMBERED + this.#connections) return;
    for (const [oldest, { connections }] of this.#networks)
      if (connections === 0) {
        this.#networks.delete(oldest);
        return;
      }
  }
}
