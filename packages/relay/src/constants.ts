import { MAX_DATAGRAM_BYTES, MILLISECOND, type Micros, SECOND } from "@wavry/rift-core";
import type { BucketSize } from "./routes/take-turns.ts";

/** The UDP port of a relay unless it is told another (spec/relay.md §2). */
export const DEFAULT_RELAY_PORT = 4000;

/** Bytes that the relay adds to a RIFT datagram on each of the two legs. */
export const RELAY_HEADER_BYTES = 4;

/** The longest datagram that a relay forwards, in bytes. */
export const MAX_RELAYED_BYTES: number = RELAY_HEADER_BYTES + MAX_DATAGRAM_BYTES;

/** No lease lasts longer, in seconds. */
export const LEASE_SECONDS = 300;

/** How far the clocks of gateway and relay may be apart, in seconds. */
export const LEASE_LEEWAY_SECONDS = 30;

/** The least rate that a session gets a direction, whatever its lease says, in kbit/s. */
export const RATE_FLOOR_KBPS = 10_000;

/** Every time of the protocol (spec/relay.md §8). */
export const RELAY_TIMES: Readonly<
  Record<
    | "idle"
    | "sweep"
    | "retryFirst"
    | "retryMost"
    | "admissionDeadline"
    | "keepAlive"
    | "check"
    | "doubt"
    | "pingRetry"
    | "lost",
    Micros
  >
> = {
  /** A side that is silent for so long ends its session; a side alone waits so long for the other. */
  idle: 60 * SECOND,
  /** How often a relay looks for what is over. */
  sweep: SECOND,
  /** First retry of a hello or an admission, × 1.5 with each, up to the most. */
  retryFirst: 100 * MILLISECOND,
  retryMost: SECOND,
  /** No answer for so long: the program is told. */
  admissionDeadline: 5 * SECOND,
  /** A leg that sent nothing for so long sends a ping. */
  keepAlive: 15 * SECOND,
  /** A leg that sends pings so long after the last pong, and sooner where it hears nothing at all. */
  check: 2 * SECOND,
  doubt: SECOND,
  /** A ping that is not answered is repeated this often; after so long the lease is presented again. */
  pingRetry: 500 * MILLISECOND,
  lost: 2 * SECOND,
};

/** A leg asks for a new lease when so much of the old one's time is over. */
export const RENEWAL_SHARE = 0.8;

/** Every bound of a relay (spec/relay.md §7). */
export const RELAY_BOUNDS = {
  sessions: 10_000,
  /** Lease IDs that are remembered as used. */
  usedLeases: 65_536,
  /** Sessions of one Wavry ID. */
  sessionsOfIdentity: 64,
  /** Admitted sides of one network. */
  sidesOfNetwork: 1_024,
  /** Identities and networks without a session that are remembered. */
  remembered: 4_096,
} as const;

/** Every supply of a relay (spec/relay.md §7): turns at most, and how many come back a second. */
export const RELAY_SUPPLIES: Readonly<
  Record<
    | "challenges"
    | "cookieChecks"
    | "networkAdmissions"
    | "admissions"
    | "identityAdmissions"
    | "identityPackets"
    | "networkPackets",
    BucketSize
  >
> = {
  challenges: { burst: 10_000, perSecond: 20_000 },
  cookieChecks: { burst: 8_000, perSecond: 40_000 },
  /** Leases that are opened and verified, of a network that proved its return path. */
  networkAdmissions: { burst: 64, perSecond: 16 },
  /** The same of all together. */
  admissions: { burst: 500, perSecond: 2_000 },
  /** Of one Wavry ID that proved itself. */
  identityAdmissions: { burst: 32, perSecond: 2 },
  /** Packets of one Wavry ID, and of one network, in all their sessions. */
  identityPackets: { burst: 10_000, perSecond: 25_000 },
  networkPackets: { burst: 50_000, perSecond: 200_000 },
};

/** The bytes that a side may send at once: a quarter of a second of its rate, and this at least. */
export const LEAST_BURST_BYTES: number = 128 * 1_024;
/** See `LEAST_BURST_BYTES`. */
export const BURST_SECONDS = 0.25;
