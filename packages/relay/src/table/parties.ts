import type { Micros } from "@wavry/rift-core";
import { type BucketSize, TokenBucket } from "./token-bucket.ts";

/** What one identity, or one network, has and may do. */
export interface Party {
  readonly key: string;
  readonly admissions: TokenBucket;
  readonly packets: TokenBucket;
  /** Admitted sides that count on it. */
  sides: number;
}

/** The supplies of each party, and how many may be remembered while they have no side. */
export interface PartiesInit {
  readonly admissions: BucketSize;
  readonly packets: BucketSize;
  readonly maxIdle: number;
}

/**
 * Identities or networks with their supplies. Those with an admitted side stay; of the others the one that was asked for
 * longest ago makes room. Ask only for who has proven itself: a limit that others can use up is a weapon.
 */
export class Parties {
  readonly #init: PartiesInit;
  readonly #held = new Map<string, Party>();
  /** In the order of the last use. */
  readonly #idle = new Map<string, Party>();

  constructor(init: PartiesInit) {
    this.#init = init;
  }

  /** How many are remembered. */
  get size(): number {
    return this.#held.size + this.#idle.size;
  }

  /** The party of that key; a new one has full supplies. */
  find(key: string, now: Micros): Party {
    const held = this.#held.get(key);
    if (held !== undefined) return held;
    const { admissions, packets } = this.#init;
    const party = this.#idle.get(key) ?? {
      key,
      admissions: new TokenBucket(admissions, now),
      packets: new TokenBucket(packets, now),
      sides: 0,
    };
    this.#keepIdle(party);
    return party;
  }

  /** One more side counts on it. */
  hold(party: Party): void {
    if (party.sides++ > 0) return;
    this.#idle.delete(party.key);
    this.#held.set(party.key, party);
  }

  /** One side fewer. */
  release(party: Party): void {
    if (--party.sides > 0) return;
    this.#held.delete(party.key);
    this.#keepIdle(party);
  }

  #keepIdle(party: Party): void {
    this.#idle.delete(party.key);
    if (this.#idle.size >= this.#init.maxIdle)
      for (const oldest of this.#idle.keys()) {
        this.#idle.delete(oldest);
        break;
      }
    this.#idle.set(party.key, party);
  }
}
