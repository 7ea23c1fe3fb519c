import { type Micros, WireError } from "@wavry/rift-core";
import { writeErrorCode, writeUnknownAttributes, writeXorAddress } from "./attributes.ts";
import { AttributeType, BINDING_METHOD, mustBeUnderstood, StunClass } from "./constants.ts";
import { parseIp } from "./ip-address.ts";
import { readStun, type StunAttribute, type StunMessage, writeStun } from "./message.ts";
import { DEFAULT_REPLY_LIMITS, ReplyLimiter, type ReplyLimits } from "./reply-limiter.ts";
import type { TransportAddress } from "./transport-address.ts";

/**
 * The most that a reply has beyond its request, in bytes of payload: an IPv6 address. A bare request (20 bytes, as most clients send)
 * is answered by 32 bytes over IPv4 and 44 over IPv6, which is 60 for 48 and 92 for 68 with the headers of IP and UDP.
 */
export const MAX_REPLY_SURPLUS_BYTES = 24;

/** What a server has seen since its start. */
export interface StunCounters {
  /** Datagrams of any kind. */
  received: number;
  /** Successes. */
  answered: number;
  /** Requests with attributes that have to be understood and were not: answered with 420. */
  refused: number;
  /** No well-formed STUN message, or from port 0: not answered. */
  malformed: number;
  /** Indications, responses, other methods: not answered. */
  ignored: number;
  /** Not answered, as their network had enough. */
  limitedByNetwork: number;
  /** Not answered, as all together had enough. */
  limitedInTotal: number;
}

/** How a server is made. */
export interface StunServerOptions {
  /** 32 random bits: they keep strangers from choosing with whom they share a limit. */
  readonly seed: number;
  /** DEFAULT_REPLY_LIMITS where not given. */
  readonly limits?: Partial<ReplyLimits> | undefined;
}

/**
 * What says who is who; a server that asks nobody understands and ignores it (RFC 8489 §9). FINGERPRINT is read with the message.
 */
const UNDERSTOOD: ReadonlySet<number> = new Set([
  AttributeType.username,
  AttributeType.messageIntegrity,
  AttributeType.realm,
  AttributeType.nonce,
  AttributeType.messageIntegritySha256,
  AttributeType.passwordAlgorithm,
  AttributeType.userhash,
]);
const UNKNOWN_ATTRIBUTE = 420;

/**
 * A STUN server for Binding over UDP (RFC 8489 §2, §12): tells who asks from where the request came. Keeps nothing of anybody but what
 * bounds the replies; never throws for what comes in.
 */
export class StunServer {
  readonly #limiter: ReplyLimiter;
  readonly #counters: StunCounters = {
    received: 0,
    answered: 0,
    refused: 0,
    malformed: 0,
    ignored: 0,
    limitedByNetwork: 0,
    limitedInTotal: 0,
  };

  /** Throws RangeError for a limit below 1. */
  constructor({ seed, limits }: StunServerOptions) {
    this.#limiter = new ReplyLimiter({ ...DEFAULT_REPLY_LIMITS, ...limits }, seed);
  }

  /** Live; only to read. */
  get counters(): Readonly<StunCounters> {
    return this.#counters;
  }

  /**
   * The reply to a datagram, if it gets one: at most MAX_REPLY_SURPLUS_BYTES longer than that, owned by the caller, to be sent where the
   * datagram came from and from where it went to. `datagram` is borrowed; `now` never goes back.
   */
  receive(datagram: Uint8Array, from: TransportAddress, now: Micros): Uint8Array | undefined {
    const counters = this.#counters;
    counters.received++;
    const request = readOrUndefined(datagram);
    const ip = parseIp(from.address);
    if (request === undefined || ip === undefined || from.port === 0) {
      counters.malformed++;
      return undefined;
    }
    if (request.class !== StunClass.request || request.method !== BINDING_METHOD) {
      counters.ignored++;
      return undefined;
    }
    const verdict = this.#limiter.take(ip, now);
    if (verdict !== "allowed") {
      if (verdict === "network") counters.limitedByNetwork++;
      else counters.limitedInTotal++;
      return undefined;
    }
    const unknown = unknownTypes(request);
    if (unknown.length > 0) {
      counters.refused++;
      return reply(request, StunClass.error, [
        // Without a reason in words, which would be bytes for whoever reflects them.
        {
          type: AttributeType.errorCode,
          value: writeErrorCode({ code: UNKNOWN_ATTRIBUTE, reason: "" }),
        },
        { type: AttributeType.unknownAttributes, value: writeUnknownAttributes(unknown) },
      ]);
    }
    counters.answered++;
    const value = writeXorAddress(from, request.transactionId);
    return reply(request, StunClass.success, [{ type: AttributeType.xorMappedAddress, value }]);
  }
}

function readOrUndefined(datagram: Uint8Array): StunMessage | undefined {
  try {
    return readStun(datagram);
  } catch (error) {
    if (error instanceof WireError) return undefined;
    throw error;
  }
}

function unknownTypes({ attributes }: StunMessage): number[] {
  const types = new Set<number>();
  for (const { type } of attributes)
    if (mustBeUnderstood(type) && !UNDERSTOOD.has(type)) types.add(type);
  return [...types];
}

function reply(
  { method, transactionId, fingerprint }: StunMessage,
  kind: StunClass,
  attributes: readonly StunAttribute[],
): Uint8Array {
  return writeStun({ class: kind, method, transactionId, attributes, fingerprint });
}
