import { type Micros, SECOND, WireError, writeU32 } from "@wavry/rift-core";
import type { CryptoSuite } from "@wavry/rift-crypto";
import type { Address } from "../address.ts";
import {
  LEASE_LEEWAY_SECONDS,
  MAX_RELAYED_BYTES,
  RATE_FLOOR_KBPS,
  RELAY_BOUNDS,
  RELAY_HEADER_BYTES,
  RELAY_TIMES,
} from "../constants.ts";
import type { RouteBounds } from "../routes/layout.ts";
import { Charge, RouteTable } from "../routes/route-table.ts";
import { Verdict, writeAnswer } from "../wire/answer.ts";
import { dataChannel, isData, RelayKind } from "../wire/kinds.ts";
import { News, readRelayClose, verifyRelayClose, writeNotice } from "../wire/notice.ts";
import { readPing, turnIntoPong } from "../wire/ping.ts";
import { AdmissionDesk, type Applicant, type RelayIdentity } from "./admission-desk.ts";
import { newRelayCounters, type RelayCounters } from "./counters.ts";
import { Parties } from "./parties.ts";
import type { AdmittedSide, RelaySession } from "./session.ts";
import { type Doors, type RelayBounds, SessionBook } from "./session-book.ts";

/** What a table is made of. */
export interface RelayTableInit {
  readonly suite: CryptoSuite;
  /** The gateway's Ed25519 key, 32 bytes: the one that its grants are checked with. */
  readonly gatewayKey: Uint8Array;
  readonly identity: RelayIdentity;
  /** The most that a side may send whatever its lease says, in kbit/s; 10,000 at least. */
  readonly maxRateKbps?: number | undefined;
  /** Default: `RELAY_BOUNDS`. */
  readonly bounds?: Partial<RelayBounds> | undefined;
  readonly now: Micros;
  /** Seconds since 1970 at `now`; may have a fraction. */
  readonly unixSeconds: number;
  /**
   * For shells whose threads forward (`Forwarder`): memory of `RouteTable.bytesFor(routeBounds(bounds))` bytes, all zero,
   * and how an address is written as those threads compare it.
   */
  readonly threads?:
    | {
        readonly memory: SharedArrayBuffer;
        readonly writeAddress: (at: Address, out: Int32Array) => void;
      }
    | undefined;
  /**
   * Sends `bytes[0, length)`; borrowed until it returns. What is forwarded is in the memory of the datagram that was
   * received.
   */
  readonly send: (bytes: Uint8Array, length: number, to: Address) => void;
}

/** How many are here now. */
export interface RelayLoad {
  readonly sessions: number;
  /** Sessions with both sides. */
  readonly joined: number;
  readonly usedLeases: number;
}

/** How many routes and parties a relay of such bounds can have. */
export function routeBounds(bounds: RelayBounds): RouteBounds {
  const sides = bounds.sessions * 2;
  // Each side may hold one of its own, and one more is made before another makes room.
  const parties = sides + bounds.remembered + 2;
  return { sides, identities: parties, networks: parties };
}

/** A rate that no lease has. */
const NO_CAP = 0xffff_ffff;
const VERDICT_COUNTERS = {
  [Verdict.expired]: "refusedExpired",
  [Verdict.used]: "refusedUsed",
  [Verdict.full]: "refusedFull",
  [Verdict.draining]: "refusedDraining",
  [Verdict.wrongRelay]: "refusedWrongRelay",
  [Verdict.mismatched]: "refusedMismatched",
} as const;
const END_COUNTERS: Readonly<Record<number, keyof RelayCounters>> = {
  [News.closed]: "endedClosed",
  [News.expired]: "endedExpired",
  [News.idle]: "endedIdle",
  [News.shutdown]: "endedShutdown",
};

/**
 * A relay without a socket, a clock or timers (spec/relay.md). `receive` answers and forwards through `send` in the same
 * turn; `handleTimeout` is due at `pollTimeout`. It forwards without an allocation and without a look at what it forwards.
 */
export class RelayTable {
  readonly counters: RelayCounters = newRelayCounters();
  readonly #suite: CryptoSuite;
  readonly #send: RelayTableInit["send"];
  readonly #desk: AdmissionDesk;
  readonly #book: SessionBook;
  readonly #routes: RouteTable;
  #clock: { readonly now: Micros; readonly unixSeconds: number };
  #doors: Doors = "open";
  #drainSeconds = 0;
  #sweepAt: Micros;

  constructor(init: RelayTableInit) {
    const { suite, now, unixSeconds, maxRateKbps = NO_CAP } = init;
    const { identityKey, staticKey, staticPrivate } = init.identity;
    if (maxRateKbps < RATE_FLOOR_KBPS)
      throw new RangeError("a relay gives each session 10,000 kbit/s at least");
    for (const key of [init.gatewayKey, identityKey, staticKey, staticPrivate])
      if (key.length !== 32) throw new RangeError("the keys of a relay have 32 bytes each");
    this.#suite = suite;
    this.#send = init.send;
    this.#clock = { now, unixSeconds };
    this.#sweepAt = now + RELAY_TIMES.sweep;
    const bounds = { ...RELAY_BOUNDS, ...init.bounds };
    const routes = new RouteTable(routeBounds(bounds), init.threads?.memory);
    this.#routes = routes;
    const parties = (kind: "identity" | "network"): Parties =>
      new Parties({ kind, routes, maxIdle: bounds.remembered });
    const networks = parties("network");
    const { gatewayKey, identity } = init;
    const { counters } = this;
    this.#desk = new AdmissionDesk({ suite, gatewayKey, identity, networks, counters, now });
    this.#book = new SessionBook({
      ...{ suite, maxRateKbps, bounds, networks, routes },
      writeAddress: init.threads?.writeAddress,
      relayKey: identityKey,
      identities: parties("identity"),
    });
  }

  /** How many are here. */
  get load(): RelayLoad {
    let joined = 0;
    for (const { sides } of this.#book.sessions.values())
      if (sides[0] !== undefined && sides[1] !== undefined) joined++;
    return { sessions: this.#book.sessions.size, joined, usedLeases: this.#book.used.size };
  }

  /** Refuses new sessions for a while, so that those that are there keep their packets; or takes them again. */
  set isShedding(isShedding: boolean) {
    if (this.#doors !== "draining") this.#doors = isShedding ? "shedding" : "open";
  }

  /** Tells the table what time it is for people, once in a while: leases are by it. */
  setClock(unixSeconds: number, now: Micros): void {
    this.#clock = { now, unixSeconds };
  }

  /** Takes a datagram: borrowed, and written to where it is forwarded. Never throws for what is in it. */
  receive(datagram: Uint8Array, from: Address, now: Micros): void {
    const { counters } = this;
    if (datagram.length < RELAY_HEADER_BYTES) {
      counters.malformed++;
      return;
    }
    if (isData(datagram[0]!)) this.#forward(datagram, from, now);
    else
      try {
        this.#take(datagram, from, now);
      } catch (error) {
        if (!(error instanceof WireError)) throw error;
        if (error.code === "unsupported") counters.unsupported++;
        else counters.malformed++;
      }
  }

  /** When `handleTimeout` is due; undefined while nobody is here. */
  pollTimeout(): Micros | undefined {
    const isEmpty = this.#book.sessions.size === 0 && this.#book.used.size === 0;
    return isEmpty ? undefined : this.#sweepAt;
  }

  /** Ends what is over. */
  handleTimeout(now: Micros): void {
    if (now < this.#sweepAt) return;
    this.#sweepAt = now + RELAY_TIMES.sweep;
    for (const session of this.#book.sessions.values()) {
      const news = this.#book.endOf(session, now);
      if (news !== undefined) this.#end(session, news);
    }
    this.#book.used.sweep(this.#unixSeconds(now));
  }

  /** Takes no new session any more, and tells all sides to find another relay within so many seconds. Once. */
  drain(seconds: number): void {
    if (this.#doors === "draining") return;
    this.#doors = "draining";
    this.#drainSeconds = Math.max(0, Math.min(0xffff, Math.round(seconds)));
    for (const side of this.#book.channels.values()) this.#tell(side, News.draining);
  }

  /** Ends all sessions with the news `shutdown`. */
  close(): void {
    for (const session of this.#book.sessions.values()) this.#end(session, News.shutdown);
  }

  /** The path of nearly everything: no allocation, no exception, and nothing beyond the first four bytes is read. */
  #forward(datagram: Uint8Array, from: Address, now: Micros): void {
    const { counters } = this;
    const { length } = datagram;
    if (length === RELAY_HEADER_BYTES || length > MAX_RELAYED_BYTES) {
      counters.malformed++;
      return;
    }
    const side = this.#sideAt(dataChannel(datagram), from, now);
    if (side === undefined || !this.#charge(side, length, now)) return;
    const { peer } = side;
    if (peer === undefined) {
      counters.noPeer++;
      return;
    }
    if (this.#routes.expiresAt(peer.route) <= now) return;
    writeU32(datagram, 0, 0x4000_0000 + peer.channel);
    counters.forwarded++;
    counters.forwardedBytes += length;
    this.#send(datagram, length, peer.at);
  }

  /** The side of a channel, if it is the one that sent from there. */
  #sideAt(channel: number, from: Address, now: Micros): AdmittedSide | undefined {
    const side = this.#book.channels.get(channel);
    if (side === undefined || this.#routes.expiresAt(side.route) <= now) {
      this.counters.unknownChannel++;
      return undefined;
    }
    if (side.at.port !== from.port || side.at.address !== from.address) {
      this.counters.wrongAddress++;
      return undefined;
    }
    return side;
  }

  #charge({ route }: AdmittedSide, bytes: number, now: Micros): boolean {
    const { counters } = this;
    switch (this.#routes.charge(route, bytes, 1, now)) {
      case Charge.overRate:
        counters.overRate++;
        return false;
      case Charge.overIdentity:
        counters.overIdentity++;
        return false;
      case Charge.overNetwork:
        counters.overNetwork++;
        return false;
      default:
        return true;
    }
  }

  /** All but data. Throws WireError. */
  #take(datagram: Uint8Array, from: Address, now: Micros): void {
    switch (datagram[0]) {
      case RelayKind.hello: {
        const challenge = this.#desk.challenge(datagram, from, now);
        if (challenge !== undefined) this.#send(challenge, challenge.length, from);
        return;
      }
      case RelayKind.admission: {
        const applicant = this.#desk.examine(datagram, from, now);
        if (applicant !== undefined) this.#admit(applicant, from, now);
        return;
      }
      case RelayKind.ping:
        return this.#ping(datagram, from, now);
      case RelayKind.close:
        return this.#close(datagram, from, now);
      default:
        throw new WireError("unsupported", "a relay takes no such datagram");
    }
  }

  #admit(applicant: Applicant, from: Address, now: Micros): void {
    const { counters } = this;
    const unixSeconds = this.#unixSeconds(now);
    const doors = this.#doors;
    const entry = this.#book.admit(applicant, from, { now, unixSeconds, doors });
    if (entry === "stale") {
      counters.stale++;
      return;
    }
    const { nonce, codeKey } = applicant;
    const refused = { isPeerHere: false, nonce, channel: 0, secondsLeft: 0, rateKbps: 0 };
    if (entry.verdict !== Verdict.admitted) {
      counters[VERDICT_COUNTERS[entry.verdict]]++;
      const answer = writeAnswer(this.#suite, codeKey, { ...refused, verdict: entry.verdict });
      this.#send(answer, answer.length, from);
      return;
    }
    const { side, kind } = entry;
    const { channel, rateKbps, peer } = side;
    if (kind === "new") counters.admitted++;
    else if (kind !== "repeated") counters[kind]++;
    const answer = writeAnswer(this.#suite, this.#book.codeKeyOf(side), {
      ...{ verdict: entry.verdict, isPeerHere: peer !== undefined, nonce, channel, rateKbps },
      secondsLeft: this.#secondsLeft(side, now),
    });
    this.#send(answer, answer.length, side.at);
    if (kind === "new" && peer !== undefined) this.#tell(peer, News.joined);
    if (kind === "new" && this.#doors === "draining") this.#tell(side, News.draining);
  }

  #ping(datagram: Uint8Array, from: Address, now: Micros): void {
    const side = this.#sideAt(readPing(datagram), from, now);
    if (side === undefined || !this.#charge(side, datagram.length, now)) return;
    this.counters.pings++;
    turnIntoPong(datagram, side.peer !== undefined, this.#secondsLeft(side, now));
    this.#send(datagram, datagram.length, side.at);
  }

  #close(datagram: Uint8Array, from: Address, now: Micros): void {
    const side = this.#sideAt(readRelayClose(datagram), from, now);
    if (side === undefined || !this.#charge(side, datagram.length, now)) return;
    if (verifyRelayClose(this.#suite, this.#book.codeKeyOf(side), datagram))
      this.#end(side.session, News.closed);
    else this.counters.unauthentic++;
  }

  #end(session: RelaySession, news: News): void {
    for (const side of session.sides) if (side !== undefined) this.#tell(side, news);
    this.#book.end(session);
    this.counters[END_COUNTERS[news]!]++;
  }

  #tell(side: AdmittedSide, news: News): void {
    const { channel, at } = side;
    const seconds = news === News.draining ? this.#drainSeconds : 0;
    const notice = writeNotice(this.#suite, this.#book.codeKeyOf(side), { news, seconds, channel });
    this.#send(notice, notice.length, at);
  }

  /** Until the lease ends by the relay's clock, without the leeway. */
  #secondsLeft(side: AdmittedSide, now: Micros): number {
    const left = (this.#book.expiryOf(side) - now) / SECOND;
    return Math.max(0, Math.floor(left) - LEASE_LEEWAY_SECONDS);
  }

  #unixSeconds(now: Micros): number {
    return this.#clock.unixSeconds + (now - this.#clock.now) / SECOND;
  }
}
