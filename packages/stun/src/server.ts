import { type Micros, WireError } from "@wavry/rift-core";
import {
  type ChangeRequest,
  readChangeRequest,
  writeAddress,
  writeErrorCode,
  writeUnknownAttributes,
  writeXorAddress,
} from "./attributes.ts";
import { AttributeType, BINDING_METHOD, mustBeUnderstood, StunClass } from "./constants.ts";
import { parseIp } from "./ip-address.ts";
import {
  findAttribute,
  readStun,
  type StunAttribute,
  type StunMessage,
  writeStun,
} from "./message.ts";
import { DEFAULT_REPLY_LIMITS, ReplyLimiter, type ReplyLimits } from "./reply-limiter.ts";
import type { TransportAddress } from "./transport-address.ts";

/**
 * The most that a reply has beyond its request, in bytes of payload: an IPv6 address. A bare request (20 bytes, as most clients send)
 * is answered by 32 bytes over IPv4 and 44 over IPv6, which is 60 for 48 and 92 for 68 with the headers of IP and UDP.
 */
export const MAX_REPLY_SURPLUS_BYTES = 24;

/**
 * The same for a server with corners: an answer to CHANGE-REQUEST has RESPONSE-ORIGIN too, and where there are four corners each success has
 * RESPONSE-ORIGIN and OTHER-ADDRESS (RFC 5780 §6.1), which is three IPv6 addresses.
 */
export const MAX_DISCOVERY_SURPLUS_BYTES = 72;

/**
 * Sockets that answer for each other, so that a client can tell kinds of NAT (RFC 5780): the first, the same address with the second port;
 * and, where there is a second address, that with the first port and with the second. Two whose address is "::" or "0.0.0.0" are on all
 * addresses of the machine.
 */
export type StunCorners =
  | readonly [TransportAddress, TransportAddress]
  | readonly [TransportAddress, TransportAddress, TransportAddress, TransportAddress];

/** A datagram that came in at a corner. */
export interface StunArrival {
  /** Borrowed. */
  readonly datagram: Uint8Array;
  readonly from: TransportAddress;
  readonly corners: StunCorners;
  /** Index of the corner that it came to. */
  readonly corner: number;
}

/** An answer, and the corner that it has to leave from. */
export interface StunReply {
  /** Owned by the receiver. */
  readonly bytes: Uint8Array;
  readonly corner: number;
}

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
    return this.#receive(datagram, from, now)?.bytes;
  }

  /**
   * The same for a server with corners: at most MAX_DISCOVERY_SURPLUS_BYTES longer, to be sent where the datagram came from, and nowhere
   * else, from the corner that the reply names.
   */
  receiveAt(arrival: StunArrival, now: Micros): StunReply | undefined {
    return this.#receive(arrival.datagram, arrival.from, now, arrival);
  }

  #receive(
    datagram: Uint8Array,
    from: TransportAddress,
    now: Micros,
    place?: StunPlace,
  ): StunReply | undefined {
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
    const at = place?.corner ?? 0;
    const change = changeOf(request, place);
    const unknown = unknownTypes(request, change !== undefined);
    if (unknown.length > 0) {
      counters.refused++;
      const bytes = reply(request, StunClass.error, [
        // Without a reason in words, which would be bytes for whoever reflects them.
        {
          type: AttributeType.errorCode,
          value: writeErrorCode({ code: UNKNOWN_ATTRIBUTE, reason: "" }),
        },
        { type: AttributeType.unknownAttributes, value: writeUnknownAttributes(unknown) },
      ]);
      return { bytes, corner: at };
    }
    counters.answered++;
    const corner = at ^ (change?.port === true ? 1 : 0) ^ (change?.address === true ? 2 : 0);
    const value = writeXorAddress(from, request.transactionId);
    const bytes = reply(request, StunClass.success, [
      { type: AttributeType.xorMappedAddress, value },
      ...(place === undefined ? [] : whereabouts(place, corner, change !== undefined)),
    ]);
    return { bytes, corner };
  }
}

type StunPlace = Pick<StunArrival, "corners" | "corner">;

/** What a request asks for, where this server can do it; undefined: nothing, or more than it can. */
function changeOf(request: StunMessage, place: StunPlace | undefined): ChangeRequest | undefined {
  const value = findAttribute(request, AttributeType.changeRequest);
  if (value === undefined || value.length !== 4 || place === undefined) return undefined;
  const change = readChangeRequest(value);
  return change.address && place.corners.length < 4 ? undefined : change;
}

/** RESPONSE-ORIGIN and OTHER-ADDRESS; the latter only where there is a second IP address (RFC 5780 §7.4). */
function whereabouts(
  { corners, corner: at }: StunPlace,
  corner: number,
  asked: boolean,
): StunAttribute[] {
  const origin = corners[corner]!;
  // What a socket on all addresses answers from is the kernel's choice.
  if (parseIp(origin.address)?.every((byte) => byte === 0) !== false) return [];
  const whole = corners.length === 4;
  return [
    ...(whole || asked
      ? [{ type: AttributeType.responseOrigin, value: writeAddress(origin) }]
      : []),
    ...(whole ? [{ type: AttributeType.otherAddress, value: writeAddress(corners[at ^ 3]!) }] : []),
  ];
}

function readOrUndefined(datagram: Uint8Array): StunMessage | undefined {
  try {
    return readStun(datagram);
  } catch (error) {
    if (error instanceof WireError) return undefined;
    throw error;
  }
}

function unknownTypes({ attributes }: StunMessage, mayChange: boolean): number[] {
  const types = new Set<number>();
  for (const { type } of attributes)
    if (mustBeUnderstood(type) && !UNDERSTOOD.has(type))
      if (!(mayChange && type === AttributeType.changeRequest)) types.add(type);
  return [...types];
}

function reply(
  { method, transactionId, fingerprint }: StunMessage,
  kind: StunClass,
  attributes: readonly StunAttribute[],
): Uint8Array {
  return writeStun({ class: kind, method, transactionId, attributes, fingerprint });
}
