import { MILLISECOND, type Micros, WireError } from "@wavry/rift-core";
import {
  type ChangeRequest,
  readAddress,
  readErrorCode,
  readXorAddress,
  type StunErrorCode,
  writeChangeRequest,
} from "./attributes.ts";
import {
  AttributeType,
  BINDING_METHOD,
  mustBeUnderstood,
  StunClass,
  TRANSACTION_ID_BYTES,
} from "./constants.ts";
import { findAttribute, isStun, readStun, type StunMessage, writeStun } from "./message.ts";
import { sameTransportAddress, type TransportAddress } from "./transport-address.ts";

/** When a request is sent again, and when it is given up (RFC 8489 §6.2.1). */
export interface StunTiming {
  /** Until the second request; each wait is twice the one before. */
  readonly initialWait: Micros;
  /** In all; 1 or more. */
  readonly requests: number;
  /** After the last one, as a multiple of `initialWait`. */
  readonly lastWaitFactor: number;
}

/** As the RFC has it: seven requests, given up after 39.5 s. */
export const STUN_TIMING: StunTiming = {
  initialWait: 500 * MILLISECOND,
  requests: 7,
  lastWaitFactor: 16,
};

/** For who has other ways to try: four requests, given up after 1.5 s. */
export const QUICK_STUN_TIMING: StunTiming = {
  initialWait: 100 * MILLISECOND,
  requests: 4,
  lastWaitFactor: 8,
};

/** Why there is no mapped address. */
export type StunFailure = "timed-out" | "refused" | "malformed";

/** How a question ended. */
export type StunEvent =
  | {
      readonly type: "mapped";
      /** Who was asked. */
      readonly server: TransportAddress;
      /** From where the server was reached: this socket as it is seen there. */
      readonly mapped: TransportAddress;
      /** Undefined where the request was sent more than once: nobody knows which of them was answered. */
      readonly roundTrip: Micros | undefined;
      /** The server's other address, where it helps to tell kinds of NAT (RFC 5780 §7.4). */
      readonly otherAddress: TransportAddress | undefined;
      /** From where the response came. */
      readonly from: TransportAddress;
    }
  | {
      readonly type: "failed";
      readonly server: TransportAddress;
      readonly reason: StunFailure;
      /** Where it was refused. */
      readonly error: StunErrorCode | undefined;
    };

/** A datagram that is to leave. */
export interface StunTransmit {
  /** Owned by the receiver. */
  readonly bytes: Uint8Array;
  readonly to: TransportAddress;
}

/** What counts datagrams that ended nothing. */
export interface StunClientCounters {
  /** Marked as STUN, but malformed, or from another place than the one that was asked. */
  dropped: number;
}

/** How a client is made. */
export interface StunClientOptions {
  /** That many unpredictable bytes, owned by the client. */
  readonly randomBytes: (length: number) => Uint8Array;
  /** STUN_TIMING where not given. */
  readonly timing?: StunTiming | undefined;
}

/** What a question may say. */
export interface StunQuery {
  /** Asks the server to answer from elsewhere; an answer from any address is taken then. */
  readonly change?: ChangeRequest | undefined;
}

interface Transaction {
  readonly server: TransportAddress;
  readonly id: Uint8Array;
  readonly request: Uint8Array;
  readonly anyOrigin: boolean;
  sent: number;
  sentAt: Micros;
  wait: Micros;
  dueAt: Micros;
}

/** Open questions of a client at once. */
export const MAX_STUN_QUESTIONS = 64;

/**
 * Asks STUN servers for the address of a socket as they see it (RFC 8489 §6), without the socket: hand over what came in, send what
 * `pollTransmit` gives, come back at `pollTimeout`. Never throws for what comes in.
 */
export class StunClient {
  readonly counters: StunClientCounters = { dropped: 0 };
  readonly #randomBytes: (length: number) => Uint8Array;
  readonly #timing: StunTiming;
  readonly #open = new Map<string, Transaction>();
  readonly #transmits: StunTransmit[] = [];
  readonly #events: StunEvent[] = [];

  /** Throws RangeError for a timing that never ends. */
  constructor({ randomBytes, timing = STUN_TIMING }: StunClientOptions) {
    const { initialWait, requests, lastWaitFactor } = timing;
    if (!(initialWait > 0 && requests >= 1 && requests <= 32 && lastWaitFactor > 0))
      throw new RangeError("the timing of STUN requests is none");
    this.#randomBytes = randomBytes;
    this.#timing = timing;
  }

  /** Whether every question has ended; events may be left to read. */
  get isIdle(): boolean {
    return this.#open.size === 0;
  }

  /** Asks a server, of which this is one question among several. Throws RangeError beyond MAX_STUN_QUESTIONS open ones. */
  query(server: TransportAddress, now: Micros, { change }: StunQuery = {}): void {
    if (this.#open.size >= MAX_STUN_QUESTIONS) throw new RangeError("too many STUN questions");
    const id = this.#randomBytes(TRANSACTION_ID_BYTES);
    const attributes =
      change === undefined
        ? []
        : [{ type: AttributeType.changeRequest, value: writeChangeRequest(change) }];
    const request = writeStun({
      ...{ class: StunClass.request, method: BINDING_METHOD, transactionId: id },
      ...{ attributes, fingerprint: false },
    });
    const transaction: Transaction = {
      ...{ server, id, request, anyOrigin: change !== undefined },
      ...{ sent: 0, sentAt: now, wait: this.#timing.initialWait, dueAt: now },
    };
    this.#open.set(id.toHex(), transaction);
    this.#send(transaction, now);
  }

  /** Takes a datagram (borrowed); true where it is STUN, and so meant for nobody else on this socket. */
  receive(datagram: Uint8Array, from: TransportAddress, now: Micros): boolean {
    if (!isStun(datagram)) return false;
    if (!this.#take(datagram, from, now)) this.counters.dropped++;
    return true;
  }

  /** Sends again and gives up what is due. */
  handleTimeout(now: Micros): void {
    for (const transaction of [...this.#open.values()]) {
      if (transaction.dueAt > now) continue;
      if (transaction.sent < this.#timing.requests) this.#send(transaction, now);
      else this.#end(transaction, { type: "failed", reason: "timed-out", error: undefined });
    }
  }

  /** The next datagram to send. */
  pollTransmit(): StunTransmit | undefined {
    return this.#transmits.shift();
  }

  /** The next question that has ended. */
  pollEvent(): StunEvent | undefined {
    return this.#events.shift();
  }

  /** When to call handleTimeout; undefined: never. */
  pollTimeout(): Micros | undefined {
    let next: Micros | undefined;
    for (const { dueAt } of this.#open.values())
      if (next === undefined || dueAt < next) next = dueAt;
    return next;
  }

  #send(transaction: Transaction, now: Micros): void {
    const { initialWait, requests, lastWaitFactor } = this.#timing;
    transaction.sent++;
    transaction.sentAt = now;
    const wait = transaction.sent === requests ? initialWait * lastWaitFactor : transaction.wait;
    transaction.dueAt = now + wait;
    transaction.wait *= 2;
    this.#transmits.push({ bytes: transaction.request.slice(), to: transaction.server });
  }

  /** Whether it ended a question. */
  #take(datagram: Uint8Array, from: TransportAddress, now: Micros): boolean {
    let message: StunMessage;
    try {
      message = readStun(datagram);
    } catch (error) {
      if (error instanceof WireError) return false;
      throw error;
    }
    const transaction = this.#open.get(message.transactionId.toHex());
    if (transaction === undefined || message.method !== BINDING_METHOD) return false;
    if (message.class !== StunClass.success && message.class !== StunClass.error) return false;
    if (!transaction.anyOrigin && !sameTransportAddress(from, transaction.server)) return false;
    try {
      const outcome =
        message.class === StunClass.error
          ? { type: "failed" as const, reason: "refused" as const, error: errorOf(message) }
          : {
              ...{ type: "mapped" as const, from: { address: from.address, port: from.port } },
              ...addressesOf(message),
              roundTrip: transaction.sent === 1 ? now - transaction.sentAt : undefined,
            };
      this.#end(transaction, outcome);
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      this.#end(transaction, { type: "failed", reason: "malformed", error: undefined });
    }
    return true;
  }

  #end(transaction: Transaction, outcome: Outcome): void {
    const { server, id } = transaction;
    this.#open.delete(id.toHex());
    this.#events.push({ server, ...outcome });
  }
}

type Outcome = StunEvent extends infer Each
  ? Each extends StunEvent
    ? Omit<Each, "server">
    : never
  : never;

/** Throws WireError. */
function errorOf(message: StunMessage): StunErrorCode {
  const value = findAttribute(message, AttributeType.errorCode);
  if (value === undefined) throw new WireError("malformed", "an error response without its code");
  return readErrorCode(value);
}

const UNDERSTOOD: ReadonlySet<number> = new Set([
  AttributeType.mappedAddress,
  AttributeType.xorMappedAddress,
  // Nothing was signed, so there is nothing to compare it with.
  AttributeType.messageIntegrity,
  AttributeType.messageIntegritySha256,
]);

/** Throws WireError: RFC 8489 §6.3.3, unknown attributes that must be understood make a response void. */
function addressesOf(message: StunMessage): {
  mapped: TransportAddress;
  otherAddress: TransportAddress | undefined;
} {
  const unknown = message.attributes.some(
    ({ type }) => mustBeUnderstood(type) && !UNDERSTOOD.has(type) && !OF_RFC_3489.has(type),
  );
  if (unknown) throw new WireError("unsupported", "a response with attributes that are not known");
  const masked = findAttribute(message, AttributeType.xorMappedAddress);
  const plain = findAttribute(message, AttributeType.mappedAddress);
  if (masked === undefined && plain === undefined)
    throw new WireError("malformed", "a response without an address");
  const mapped =
    masked === undefined ? readAddress(plain!) : readXorAddress(masked, message.transactionId);
  if (mapped.port === 0) throw new WireError("malformed", "a mapped address without a port");
  const other = findAttribute(message, AttributeType.otherAddress);
  return { mapped, otherAddress: other === undefined ? undefined : readAddress(other) };
}

/** SOURCE-ADDRESS and CHANGED-ADDRESS, which servers for both RFCs still send. */
const OF_RFC_3489: ReadonlySet<number> = new Set([0x0004, 0x0005]);
