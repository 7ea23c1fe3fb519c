import type { Micros } from "@wavry/rift-core";
import { BURST_SECONDS, LEAST_BURST_BYTES, RELAY_SUPPLIES } from "../constants.ts";
import { FreeList } from "./free-list.ts";
import {
  ADDRESS_WORDS,
  ADMISSIONS_AT,
  Double,
  layoutOf,
  PARTY_DOUBLES,
  ROUTE_WORDS,
  type RouteBounds,
  type RouteLayout,
  Word,
} from "./layout.ts";
import { type BucketSize, refill, takeTurns } from "./take-turns.ts";

/** Why a packet may not pass, or that it may. */
export const Charge = { passed: 0, overRate: 1, overIdentity: 2, overNetwork: 3 } as const;
export type Charge = (typeof Charge)[keyof typeof Charge];

/** Whose packets are counted together. */
export type PartyKind = "identity" | "network";

/** What a route is made of. */
export interface RouteInit {
  readonly channel: number;
  readonly identity: number;
  readonly network: number;
  readonly now: Micros;
}

/**
 * Where each channel leads, in one piece of memory that several threads can share. One of them writes; all of them look
 * up, compare addresses and charge. A route that is being written is seen as before, as after, or not at all. Supplies
 * are not locked: where two threads charge one party in the same instant, one charge may be lost.
 */
export class RouteTable {
  /** To be handed to `RouteTable` in other threads, with the same bounds. */
  readonly memory: ArrayBufferLike;
  readonly words: Int32Array;
  readonly doubles: Float64Array;
  readonly #layout: RouteLayout;
  readonly #index: Int32Array;
  readonly #routes: FreeList;
  readonly #parties: Readonly<Record<PartyKind, FreeList>>;
  /** One object serves every packet. */
  readonly #rate = { burst: 0, perSecond: 0 };

  /** `memory`: of another thread's table of the same bounds; default: its own, which no thread can share. */
  constructor(bounds: RouteBounds, memory?: ArrayBufferLike) {
    this.#layout = layoutOf(bounds);
    this.memory = memory ?? new ArrayBuffer(this.#layout.bytes);
    if (this.memory.byteLength < this.#layout.bytes) throw new RangeError("too little memory");
    this.words = new Int32Array(this.memory);
    this.doubles = new Float64Array(this.memory, 0, Math.floor(this.memory.byteLength / 8));
    this.#index = new Int32Array(this.memory, 0, this.#layout.indexSize);
    this.#routes = new FreeList(bounds.sides);
    this.#parties = {
      identity: new FreeList(bounds.identities),
      network: new FreeList(bounds.networks),
    };
  }

  /** Bytes of memory for such bounds. */
  static bytesFor(bounds: RouteBounds): number {
    return layoutOf(bounds).bytes;
  }

  /** The route of a channel, as the place of its first word; -1: there is none. */
  find(channel: number): number {
    const mask = this.#layout.indexSize - 1;
    for (let at = spread(channel) & mask; ; at = (at + 1) & mask) {
      const entry = Atomics.load(this.#index, at);
      if (entry === 0) return -1;
      const route = this.#route(entry - 1);
      if (this.words[route + Word.channel] === channel) return route;
    }
  }

  /** Begins a reading of a route; odd: it is being written. See `isSame`. */
  version(route: number): number {
    return Atomics.load(this.words, route + Word.version);
  }

  /** Whether `words[at, at + 7)` is the side's address. */
  isFrom(route: number, words: Int32Array, at: number): boolean {
    const own = route + Word.at;
    for (let i = 0; i < ADDRESS_WORDS; i++)
      if (Atomics.load(this.words, own + i) !== words[at + i]) return false;
    return true;
  }

  /** Copies the other side's address into `out[at, at + 7)`. */
  copyPeerAddress(route: number, out: Int32Array, at: number): void {
    const peer = route + Word.peerAt;
    for (let i = 0; i < ADDRESS_WORDS; i++) out[at + i] = Atomics.load(this.words, peer + i);
  }

  /** Takes from all supplies of a route, or from none. */
  charge(route: number, bytes: number, packets: number, now: Micros): Charge {
    const { words, doubles } = this;
    const base = route / 2;
    doubles[base + Double.heardAt] = now;
    const rate = this.#rate;
    rate.perSecond = doubles[base + Double.perSecond]!;
    rate.burst = Math.max(LEAST_BURST_BYTES, rate.perSecond * BURST_SECONDS);
    const own = base + Double.bytes;
    const identity = this.#party("identity", words[route + Word.identity]!);
    const network = this.#party("network", words[route + Word.network]!);
    const { identityPackets, networkPackets } = RELAY_SUPPLIES;
    if (refill(doubles, own, rate, now) < bytes) return Charge.overRate;
    if (refill(doubles, identity, identityPackets, now) < packets) return Charge.overIdentity;
    if (refill(doubles, network, networkPackets, now) < packets) return Charge.overNetwork;
    doubles[own] = doubles[own]! - bytes;
    doubles[identity] = doubles[identity]! - packets;
    doubles[network] = doubles[network]! - packets;
    return Charge.passed;
  }

  /** The writer's: a new party with full supplies; its number. */
  openParty(kind: PartyKind, now: Micros): number {
    const number = this.#parties[kind].take();
    const at = this.#party(kind, number);
    this.doubles[at] = RELAY_SUPPLIES[`${kind}Packets`].burst;
    this.doubles[at + 1] = now;
    this.doubles[at + ADMISSIONS_AT] = RELAY_SUPPLIES[`${kind}Admissions`].burst;
    this.doubles[at + ADMISSIONS_AT + 1] = now;
    return number;
  }

  /** The writer's: forgets a party that no route has any more. */
  closeParty(kind: PartyKind, number: number): void {
    this.#parties[kind].give(number);
  }

  /** The writer's: one admission of a party; false: it has none left. */
  takeAdmission(kind: PartyKind, number: number, now: Micros): boolean {
    const size: BucketSize = RELAY_SUPPLIES[`${kind}Admissions`];
    const at = this.#party(kind, number) + ADMISSIONS_AT;
    return takeTurns(this.doubles, at, size, { now, turns: 1 });
  }

  /** The writer's: a route without a rate, a time or addresses yet. */
  open({ channel, identity, network, now }: RouteInit): number {
    const route = this.#route(this.#routes.take());
    const { words, doubles } = this;
    const base = route / 2;
    words[route + Word.peerChannel] = 0;
    words[route + Word.identity] = identity;
    words[route + Word.network] = network;
    doubles[base + Double.heardAt] = now;
    doubles[base + Double.expiresAt] = now;
    doubles[base + Double.peerExpiresAt] = now;
    Atomics.store(words, route + Word.channel, channel);
    this.#enter(channel, route);
    return route;
  }

  /** The writer's: the rate at which a side may send from now on, with a full supply. */
  setRate(route: number, perSecond: number, now: Micros): void {
    const base = route / 2;
    this.doubles[base + Double.perSecond] = perSecond;
    this.doubles[base + Double.bytes] = Math.max(LEAST_BURST_BYTES, perSecond * BURST_SECONDS);
    this.doubles[base + Double.bytesAt] = now;
  }

  /** The writer's: when the side's lease ends. */
  setExpiry(route: number, peer: number, expiresAt: Micros): void {
    this.doubles[route / 2 + Double.expiresAt] = expiresAt;
    if (peer >= 0) this.doubles[peer / 2 + Double.peerExpiresAt] = expiresAt;
  }

  /** The writer's: who is charged for the side's packets beside its identity. */
  setNetwork(route: number, network: number): void {
    this.words[route + Word.network] = network;
  }

  /** The writer's: where a side is, for itself and for its peer (-1: none). */
  setAddress(route: number, peer: number, address: Int32Array): void {
    this.#write(route, Word.at, address, 0);
    if (peer >= 0) this.#write(peer, Word.peerAt, address, 0);
  }

  /** The writer's: two sides find each other, with addresses and times that both have already. */
  join(a: number, b: number): void {
    for (const [one, other] of [
      [a, b],
      [b, a],
    ] as const) {
      this.doubles[one / 2 + Double.peerExpiresAt] = this.doubles[other / 2 + Double.expiresAt]!;
      this.#write(one, Word.peerAt, this.words, other + Word.at);
      Atomics.store(this.words, one + Word.peerChannel, this.words[other + Word.channel]!);
    }
  }

  /** The number of a route, from 0 on: the least that are free are given out first. */
  numberOf(route: number): number {
    return (route - this.#layout.routesAt / 4) / ROUTE_WORDS;
  }

  /** When the lease of a route's side ends. */
  expiresAt(route: number): Micros {
    return this.doubles[route / 2 + Double.expiresAt]!;
  }

  /** The writer's: forgets a route. */
  close(route: number): void {
    const { words } = this;
    const channel = words[route + Word.channel]!;
    Atomics.add(words, route + Word.version, 1);
    Atomics.store(words, route + Word.channel, 0);
    Atomics.store(words, route + Word.peerChannel, 0);
    Atomics.add(words, route + Word.version, 1);
    this.#leave(channel, route);
    this.#routes.give(this.numberOf(route));
  }

  /** When something authentic was heard of a side last. */
  heardAt(route: number): Micros {
    return this.doubles[route / 2 + Double.heardAt]!;
  }

  /** The writer's: a side was heard without a packet that is charged. */
  hear(route: number, now: Micros): void {
    this.doubles[route / 2 + Double.heardAt] = now;
  }

  #write(route: number, word: number, from: Int32Array, at: number): void {
    Atomics.add(this.words, route + Word.version, 1);
    for (let i = 0; i < ADDRESS_WORDS; i++)
      Atomics.store(this.words, route + word + i, from[at + i]!);
    Atomics.add(this.words, route + Word.version, 1);
  }

  #route(number: number): number {
    return this.#layout.routesAt / 4 + number * ROUTE_WORDS;
  }

  #party(kind: PartyKind, number: number): number {
    const { identitiesAt, networksAt } = this.#layout;
    return (kind === "identity" ? identitiesAt : networksAt) / 8 + number * PARTY_DOUBLES;
  }

  #enter(channel: number, route: number): void {
    const mask = this.#layout.indexSize - 1;
    let at = spread(channel) & mask;
    while (this.#index[at] !== 0) at = (at + 1) & mask;
    const number = this.numberOf(route);
    Atomics.store(this.#index, at, number + 1);
  }

  /** Closes the gap that an entry leaves, so that a search ends at the first empty place. */
  #leave(channel: number, route: number): void {
    const mask = this.#layout.indexSize - 1;
    const number = this.numberOf(route);
    let gap = spread(channel) & mask;
    while (this.#index[gap] !== number + 1) gap = (gap + 1) & mask;
    for (let at = (gap + 1) & mask; this.#index[at] !== 0; at = (at + 1) & mask) {
      const entry = this.#index[at]!;
      const home = spread(this.words[this.#route(entry - 1) + Word.channel]!) & mask;
      // What is at home between the gap and here stays: a search for it never crosses the gap.
      if (((at - home) & mask) < ((at - gap) & mask)) continue;
      Atomics.store(this.#index, gap, entry);
      gap = at;
    }
    Atomics.store(this.#index, gap, 0);
  }
}

/** Channels are random, so that any of their bits will do. */
function spread(channel: number): number {
  return channel ^ (channel >>> 16);
}
