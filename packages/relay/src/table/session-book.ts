import { type Micros, readU32, SECOND } from "@wavry/rift-core";
import type { CryptoSuite } from "@wavry/rift-crypto";
import type { Address } from "../address.ts";
import { LEASE_LEEWAY_SECONDS, RATE_FLOOR_KBPS, RELAY_TIMES } from "../constants.ts";
import type { Lease } from "../lease.ts";
import { ADDRESS_WORDS } from "../routes/layout.ts";
import type { RouteTable } from "../routes/route-table.ts";
import { Verdict } from "../wire/answer.ts";
import { MAX_CHANNEL } from "../wire/kinds.ts";
import { News } from "../wire/notice.ts";
import type { Applicant } from "./admission-desk.ts";
import type { Parties, Party } from "./parties.ts";
import type { AdmittedSide, RelaySession } from "./session.ts";
import { UsedLeases } from "./used-leases.ts";

/** How much a relay takes. */
export interface RelayBounds {
  readonly sessions: number;
  readonly usedLeases: number;
  readonly sessionsOfIdentity: number;
  readonly sidesOfNetwork: number;
  readonly remembered: number;
}

/** What a book is made of. */
export interface SessionBookInit {
  readonly suite: CryptoSuite;
  readonly relayKey: Uint8Array;
  readonly maxRateKbps: number;
  readonly bounds: RelayBounds;
  readonly identities: Parties;
  readonly networks: Parties;
  readonly routes: RouteTable;
  /** Writes an address as the shell's threads compare it; undefined: no thread does. */
  readonly writeAddress?: ((at: Address, out: Int32Array) => void) | undefined;
}

/** What became of an applicant. */
export type Entry =
  | {
      readonly verdict: typeof Verdict.admitted;
      readonly side: AdmittedSide;
      readonly kind: "new" | "renewed" | "moved" | "repeated";
    }
  | { readonly verdict: Exclude<Verdict, typeof Verdict.admitted> };

/** Whether new sessions are taken; sessions that are there go on either way. */
export type Doors = "open" | "shedding" | "draining";

const STALE = "stale";
const CODE_KEY_BYTES = 32;
const BYTES_PER_KBIT = 125;

/** Who is here: sessions, channels, used leases, and the rules by which a side gets in. */
export class SessionBook {
  readonly sessions: Map<string, RelaySession> = new Map();
  readonly channels: Map<number, AdmittedSide> = new Map();
  readonly used: UsedLeases;
  readonly #init: SessionBookInit;
  /** One piece of memory for all of them: an array of its own would cost each side ten times as much. */
  readonly #codeKeys: Uint8Array;
  readonly #scratch = new Int32Array(ADDRESS_WORDS);

  constructor(init: SessionBookInit) {
    this.#init = init;
    this.#codeKeys = new Uint8Array(init.bounds.sessions * 2 * CODE_KEY_BYTES);
    this.used = new UsedLeases(init.bounds.usedLeases);
  }

  /** Admits an applicant, or says why not; "stale" is to be left without an answer. `unixSeconds`: since 1970. */
  admit(
    applicant: Applicant,
    from: Address,
    { now, unixSeconds, doors }: { now: Micros; unixSeconds: number; doors: Doors },
  ): Entry | typeof STALE {
    const { lease, side } = applicant;
    if (!equal(lease.relayKey, this.#init.relayKey)) return { verdict: Verdict.wrongRelay };
    const isEarly = lease.issuedAt > unixSeconds + LEASE_LEEWAY_SECONDS;
    if (isEarly || lease.expiresAt + LEASE_LEEWAY_SECONDS <= unixSeconds)
      return { verdict: Verdict.expired };
    const session = this.sessions.get(textOf(lease.sessionId));
    if (session === undefined) return this.#open(applicant, from, { now, unixSeconds, doors });
    const [client, host] = session.keys;
    if (client !== textOf(lease.clientKey) || host !== textOf(lease.hostKey))
      return { verdict: Verdict.mismatched };
    const admitted = session.sides[side];
    if (admitted === undefined) return this.#enter(session, applicant, from, { now, unixSeconds });
    return this.#again(admitted, applicant, from, { now, unixSeconds });
  }

  /** Forgets a session. Its leases stay used. */
  end(session: RelaySession): void {
    this.sessions.delete(session.id);
    for (const side of session.sides) {
      if (side === undefined) continue;
      this.channels.delete(side.channel);
      this.#init.suite.wipe(this.codeKeyOf(side));
      this.#init.routes.close(side.route);
      this.#init.identities.release(side.identity);
      this.#init.networks.release(side.network);
    }
  }

  /** What makes a side's codes, 32 bytes; a view. */
  codeKeyOf({ route }: AdmittedSide): Uint8Array {
    const at = this.#init.routes.numberOf(route) * CODE_KEY_BYTES;
    return this.#codeKeys.subarray(at, at + CODE_KEY_BYTES);
  }

  /** When a side's lease ends, leeway included, in monotonic time. */
  expiryOf({ route }: AdmittedSide): Micros {
    return this.#init.routes.expiresAt(route);
  }

  /** Why a session is over; undefined: it is not. */
  endOf({ sides, openedAt }: RelaySession, now: Micros): News | undefined {
    for (const side of sides) {
      if (side === undefined) continue;
      if (this.expiryOf(side) <= now) return News.expired;
      if (now - this.#init.routes.heardAt(side.route) >= RELAY_TIMES.idle) return News.idle;
    }
    // A side alone may ping as it likes: the other one must come within the same time.
    const isHalf = sides[0] === undefined || sides[1] === undefined;
    return isHalf && now - openedAt >= RELAY_TIMES.idle ? News.idle : undefined;
  }

  /** The first side of a session. */
  #open(applicant: Applicant, from: Address, at: Moment & { doors: Doors }): Entry {
    const { lease } = applicant;
    if (this.used.has(textOf(lease.leaseId))) return { verdict: Verdict.used };
    if (at.doors === "draining") return { verdict: Verdict.draining };
    if (at.doors === "shedding" || this.sessions.size >= this.#init.bounds.sessions)
      return { verdict: Verdict.full };
    const session: RelaySession = {
      id: textOf(lease.sessionId),
      keys: [textOf(lease.clientKey), textOf(lease.hostKey)],
      openedAt: at.now,
      sides: [undefined, undefined],
    };
    const entry = this.#enter(session, applicant, from, at);
    if (entry.verdict === Verdict.admitted) this.sessions.set(session.id, session);
    return entry;
  }

  #enter(session: RelaySession, applicant: Applicant, from: Address, at: Moment): Entry {
    const { lease, side, number, codeKey, network } = applicant;
    const { bounds, identities, networks, suite, routes } = this.#init;
    const leaseId = textOf(lease.leaseId);
    if (this.used.hasSide(leaseId, side)) return { verdict: Verdict.used };
    const identity = identities.find(session.keys[side], at.now);
    if (
      identity.sides >= bounds.sessionsOfIdentity ||
      network.sides >= bounds.sidesOfNetwork ||
      !this.used.hasRoom(leaseId) ||
      !identities.takeAdmission(identity, at.now)
    )
      return { verdict: Verdict.full };
    const rateKbps = this.#rateOf(lease);
    const peer = session.sides[1 - side];
    const channel = this.#newChannel(suite);
    const parties = { identity: identity.number, network: network.number };
    // One literal without a spread: V8 lays it out in one piece, and each packet reads it.
    const admitted: AdmittedSide = {
      session,
      side,
      channel,
      peer,
      at: { address: from.address, port: from.port },
      // Both sides have the same lease: one text serves them.
      leaseId: peer?.leaseId === leaseId ? peer.leaseId : leaseId,
      number,
      rateKbps,
      route: routes.open({ channel, ...parties, now: at.now }),
      identity,
      network,
    };
    this.#keepCodeKey(admitted, codeKey);
    routes.setRate(admitted.route, rateKbps * BYTES_PER_KBIT, at.now);
    routes.setExpiry(admitted.route, -1, expiryOf(lease, at));
    this.#place(admitted);
    if (peer !== undefined) {
      peer.peer = admitted;
      routes.join(admitted.route, peer.route);
    }
    session.sides[side] = admitted;
    this.channels.set(admitted.channel, admitted);
    identities.hold(identity);
    networks.hold(network);
    this.used.use(leaseId, side, lease.expiresAt + LEASE_LEEWAY_SECONDS);
    return { verdict: Verdict.admitted, side: admitted, kind: "new" };
  }

  /** A side that is here presents a lease: the same one (again, or from a new address), or a new one. */
  #again(
    admitted: AdmittedSide,
    applicant: Applicant,
    from: Address,
    at: Moment,
  ): Entry | typeof STALE {
    const { lease, side, number, codeKey, network } = applicant;
    const { routes } = this.#init;
    const leaseId = textOf(lease.leaseId);
    const isSame = leaseId === admitted.leaseId;
    const isHere = from.port === admitted.at.port && from.address === admitted.at.address;
    // A recorded admission moves nobody: only its holder can make one with a higher number.
    if (isSame && (number < admitted.number || (number === admitted.number && !isHere)))
      return STALE;
    if (!isSame && this.used.hasSide(leaseId, side)) return { verdict: Verdict.used };
    const isRepeated = isSame && number === admitted.number;
    if (!isRepeated) {
      if (
        !this.used.hasRoom(leaseId) ||
        !this.#init.identities.takeAdmission(admitted.identity, at.now)
      )
        return { verdict: Verdict.full };
      if (!isHere && !this.#move(admitted, network, from)) return { verdict: Verdict.full };
    }
    if (!isSame) {
      this.used.use(leaseId, side, lease.expiresAt + LEASE_LEEWAY_SECONDS);
      admitted.leaseId = leaseId;
      routes.setExpiry(admitted.route, admitted.peer?.route ?? -1, expiryOf(lease, at));
      const rateKbps = this.#rateOf(lease);
      if (rateKbps !== admitted.rateKbps)
        routes.setRate(admitted.route, rateKbps * BYTES_PER_KBIT, at.now);
      admitted.rateKbps = rateKbps;
    }
    admitted.number = number;
    this.#keepCodeKey(admitted, codeKey);
    routes.hear(admitted.route, at.now);
    const kind = isRepeated ? "repeated" : isSame && !isHere ? "moved" : "renewed";
    return { verdict: Verdict.admitted, side: admitted, kind };
  }

  #move(admitted: AdmittedSide, network: Party, from: Address): boolean {
    const { networks, bounds, routes } = this.#init;
    if (network !== admitted.network) {
      if (network.sides >= bounds.sidesOfNetwork) return false;
      networks.hold(network);
      networks.release(admitted.network);
      admitted.network = network;
      routes.setNetwork(admitted.route, network.number);
    }
    admitted.at = { address: from.address, port: from.port };
    this.#place(admitted);
    return true;
  }

  #place({ route, peer, at }: AdmittedSide): void {
    const { routes, writeAddress } = this.#init;
    if (writeAddress === undefined) return;
    writeAddress(at, this.#scratch);
    routes.setAddress(route, peer?.route ?? -1, this.#scratch);
  }

  #keepCodeKey(side: AdmittedSide, codeKey: Uint8Array): void {
    this.codeKeyOf(side).set(codeKey);
    this.#init.suite.wipe(codeKey);
  }

  #rateOf({ rateKbps }: Lease): number {
    return Math.max(RATE_FLOOR_KBPS, Math.min(rateKbps, this.#init.maxRateKbps));
  }

  /** Random, so that who is not told cannot name one. */
  #newChannel(suite: CryptoSuite): number {
    for (;;) {
      const channel = readU32(suite.randomBytes(4), 0) & MAX_CHANNEL;
      if (channel !== 0 && !this.channels.has(channel)) return channel;
    }
  }
}

interface Moment {
  readonly now: Micros;
  readonly unixSeconds: number;
}

function expiryOf(lease: Lease, { now, unixSeconds }: Moment): Micros {
  return now + Math.ceil((lease.expiresAt + LEASE_LEEWAY_SECONDS - unixSeconds) * SECOND);
}

/** base64url: shorter in memory than hexadecimal, and how the gateway writes its IDs. */
function textOf(bytes: Uint8Array): string {
  return bytes.toBase64({ alphabet: "base64url", omitPadding: true });
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
