import { type Micros, SECOND } from "@wavry/rift-core";

/** How much is answered; of each at least 1. */
export interface ReplyLimits {
  /** Replies a second to one network: an IPv4 address, or the /64 of an IPv6 one. */
  readonly perNetworkPerSecond: number;
  /** Replies to one network at once, after a rest. */
  readonly perNetworkBurst: number;
  /** Replies a second to all together. */
  readonly totalPerSecond: number;
  readonly totalBurst: number;
}

/** Enough for some hundred people behind one address, and of no use to whoever floods one. */
export const DEFAULT_REPLY_LIMITS: ReplyLimits = {
  perNetworkPerSecond: 50,
  perNetworkBurst: 100,
  totalPerSecond: 10_000,
  totalBurst: 10_000,
};

/** What became of a wish to reply. */
export type ReplyVerdict = "allowed" | "network" | "total";

const SLOT_BITS = 14;
/** Of an IPv6 address; whoever has one address has them all (RFC 6177). */
const IPV6_PREFIX_BYTES = 8;

/**
 * Bounds replies by network and in all, in 128 KB whoever asks: a network's slot follows from a keyed hash, so that no flood of
 * made-up addresses pushes anybody out. Networks that meet in a slot share its limit. Each limit is a leaky bucket (GCRA).
 */
export class ReplyLimiter {
  readonly #slots = new Float64Array(1 << SLOT_BITS).fill(Number.NEGATIVE_INFINITY);
  readonly #seed: number;
  readonly #network: Bucket;
  readonly #total: Bucket;
  #totalFullAt: Micros = Number.NEGATIVE_INFINITY;

  /** `seed`: 32 random bits, which nobody outside knows. Throws RangeError for a limit below 1. */
  constructor(limits: ReplyLimits, seed: number) {
    this.#network = bucket(limits.perNetworkPerSecond, limits.perNetworkBurst);
    this.#total = bucket(limits.totalPerSecond, limits.totalBurst);
    this.#seed = seed;
  }

  /** Whether one more may go to an IP address (4 or 16 bytes, borrowed); counts it where it may. */
  take(ip: Uint8Array, now: Micros): ReplyVerdict {
    const slot = this.#slotOf(ip);
    const fullAt = Math.max(this.#slots[slot]!, now);
    if (fullAt - now > this.#network.tolerance) return "network";
    const totalFullAt = Math.max(this.#totalFullAt, now);
    if (totalFullAt - now > this.#total.tolerance) return "total";
    this.#slots[slot] = fullAt + this.#network.interval;
    this.#totalFullAt = totalFullAt + this.#total.interval;
    return "allowed";
  }

  #slotOf(ip: Uint8Array): number {
    const bytes = ip.length === 4 ? 4 : IPV6_PREFIX_BYTES;
    let hash = this.#seed ^ ip.length;
    for (let i = 0; i < bytes; i++) {
      hash = Math.imul(hash ^ ip[i]!, 0x9e3779b1);
      hash ^= hash >>> 15;
      hash = Math.imul(hash, 0x85ebca6b);
      hash ^= hash >>> 13;
    }
    return hash >>> (32 - SLOT_BITS);
  }
}

interface Bucket {
  /** Between two at the steady rate. */
  readonly interval: Micros;
  /** How far ahead of the steady rate one may be. */
  readonly tolerance: Micros;
}

function bucket(perSecond: number, burst: number): Bucket {
  if (!(perSecond >= 1 && burst >= 1 && Number.isFinite(perSecond) && Number.isFinite(burst)))
    throw new RangeError("a limit of replies is 1 or more");
  const interval = SECOND / perSecond;
  // A microsecond for what was rounded.
  return { interval, tolerance: (burst - 1) * interval + 1 };
}
