import type { Micros } from "@wavry/rift-core";
import type { PartyKind, RouteTable } from "../routes/route-table.ts";

/** What one identity, or one network, has and may do. */
export interface Party {
  readonly key: string;
  /** Its supplies are under this number in the table of routes. */
  readonly number: number;
  /** Admitted sides that count on it. */
  sides: number;
}

/** Where the supplies of each party are, and how many may be remembered while they have no side. */
export interface PartiesInit {
  readonly kind: PartyKind;
  readonly routes: RouteTable;
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
    const { kind, routes } = this.#init;
    const party = this.#idle.get(key) ?? {
      key,
      number: routes.openParty(kind, now),
      sides: 0,
    };
    this.#keepIdle(party);
    return party;
  }

  /** Takes one admission of it; false: it has none left. */
  takeAdmission({ number }: Party, now: Micros): boolean {
    const { kind, routes } = this.#init;
    return routes.takeAdmission(kind, number, now);
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
    const { kind, routes, maxIdle } = this.#init;
    if (this.#idle.size >= maxIdle)
      for (const [key, { number }] of this.#idle) {
        this.#idle.delete(key);
        routes.closeParty(kind, number);
        break;
      }
    this.#idle.set(party.key, party);
  }
}
