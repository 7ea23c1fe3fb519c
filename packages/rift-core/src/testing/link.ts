import type { Micros } from "../micros.ts";
import { seededRandom } from "./random.ts";

/** How one direction of an emulated link treats datagrams. */
export interface LinkConditions {
  readonly delayMicros: Micros;
  /** Up to this much is added to the delay, evenly spread; what overtakes is reordered. */
  readonly jitterMicros: Micros;
  /** Share of datagrams that vanish, 0..1. */
  readonly lossRatio: number;
  /** Share of datagrams that arrive twice, 0..1. */
  readonly duplicateRatio: number;
  /** Share of datagrams held back by `reorderMicros`, 0..1. */
  readonly reorderRatio: number;
  readonly reorderMicros: Micros;
}

/** A link without faults and with 1 ms of delay. */
export const PERFECT_LINK: LinkConditions = {
  delayMicros: 1_000,
  jitterMicros: 0,
  lossRatio: 0,
  duplicateRatio: 0,
  reorderRatio: 0,
  reorderMicros: 5_000,
};

interface Flight<T> {
  readonly at: Micros;
  readonly order: number;
  readonly item: T;
}

/** One direction of a link in virtual time: seeded, so that a run replays exactly. */
export class EmulatedLink<T> {
  readonly #random: () => number;
  readonly #flights: Flight<T>[] = [];
  #order = 0;
  /** May be changed at any time; holds for what is sent from then on. */
  conditions: LinkConditions;

  constructor(conditions: Partial<LinkConditions>, seed: number) {
    this.conditions = { ...PERFECT_LINK, ...conditions };
    this.#random = seededRandom(seed);
  }

  /** Takes a datagram (owned). */
  send(item: T, now: Micros): void {
    const { lossRatio, duplicateRatio } = this.conditions;
    if (this.#random() < lossRatio) return;
    this.#fly(item, now);
    if (this.#random() < duplicateRatio) this.#fly(item, now);
  }

  /** When the next datagram arrives; undefined: none is under way. */
  nextArrival(): Micros | undefined {
    return this.#flights[0]?.at;
  }

  /** The next datagram that has arrived by `now`, in the order of arrival. */
  receive(now: Micros): T | undefined {
    const first = this.#flights[0];
    if (first === undefined || first.at > now) return undefined;
    this.#flights.shift();
    return first.item;
  }

  #fly(item: T, now: Micros): void {
    const { delayMicros, jitterMicros, reorderRatio, reorderMicros } = this.conditions;
    let at = now + delayMicros + Math.floor(this.#random() * jitterMicros);
    if (this.#random() < reorderRatio) at += reorderMicros;
    const flight = { at, order: this.#order++, item };
    let place = this.#flights.length;
    while (place > 0 && this.#flights[place - 1]!.at > at) place--;
    this.#flights.splice(place, 0, flight);
  }
}
