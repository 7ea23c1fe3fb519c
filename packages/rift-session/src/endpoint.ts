import {
  type CloseReason,
  type CongestionController,
  DeltaController,
  equalBytes,
  type Micros,
  type PacketHeader,
  PacketType,
  CloseReason as Reasons,
  readHandshakePacket,
  readPacketHeader,
  readU32,
  WireError,
} from "@wavry/rift-core";
import type { CryptoSuite, SessionIdentity } from "@wavry/rift-crypto";
import type { Address, Admission } from "./admission.ts";
import { ConnectAttempt, type ConnectTarget, type Established } from "./connect-attempt.ts";
import { Connection } from "./connection.ts";
import { BOUNDS } from "./constants.ts";
import { type EndpointCounters, newCounters } from "./counters.ts";
import { DatagramPool } from "./datagram-pool.ts";
import { type ConnectFailure, EventQueue, type SessionEvent } from "./events.ts";
import { HostHandshakes } from "./host-handshakes.ts";
import type { Smoothing } from "./update-smoother.ts";

/** What an endpoint is made of. */
export interface EndpointInit {
  readonly suite: CryptoSuite;
  readonly identity: SessionIdentity;
  /** Without it nobody can connect to this endpoint. */
  readonly admission?: Admission | undefined;
  readonly now: Micros;
  /** Makes the congestion controller of a path with this round trip (0: not known); default: DELTA up to 50 Mbps. */
  readonly newController?: ((rttMicros: Micros) => CongestionController) | undefined;
  /** Whether updates that come in are held for up to 10 ms where the path is uneven; default "adaptive". */
  readonly smoothing?: Smoothing | undefined;
}

/** A datagram to send; one mutable object serves every one. */
export interface Transmit {
  /** The first `length` are the datagram. Borrowed: valid until the pool of datagrams has gone round once. */
  bytes: Uint8Array;
  length: number;
  address: string;
  port: number;
  /** It answers a handshake, and may wait until whatever came together with that has been received. */
  canWait: boolean;
}

const NO_BYTES = new Uint8Array(0);

function newDelta(initialRttMicros: Micros): CongestionController {
  const bounds = { startBps: 4_000_000, minBps: 200_000, maxBps: 50_000_000, maxFps: 60 };
  return new DeltaController({ ...bounds, initialRttMicros });
}

/**
 * All sessions of one socket, without the socket, a clock or a timer.
 *
 * Contract: call `receive` for each datagram and `handleTimeout` at `pollTimeout`; after each of them,
 * and after each call on the endpoint or a connection that sends, drain `pollTransmit` until it
 * returns undefined, and then `pollEvent` likewise. Bytes given to a `send…` are borrowed until that
 * drain; those of an update must not change any more, as parts of it may be sent again. Never call back into the endpoint between two `pollTransmit` of one drain. `now` never
 * goes back.
 */
export class Endpoint {
  readonly counters: EndpointCounters = newCounters();
  readonly #suite: CryptoSuite;
  readonly #newController: (rttMicros: Micros) => CongestionController;
  readonly #identity: SessionIdentity;
  readonly #smoothing: Smoothing;
  #host: HostHandshakes | undefined;
  readonly #pool = new DatagramPool();
  readonly #events = new EventQueue();
  readonly #byId = new Map<number, Connection>();
  #connections: Connection[] = [];
  readonly #attempts = new Map<number, ConnectAttempt>();
  readonly #answers: { bytes: Uint8Array; to: Address }[] = [];
  readonly #header: PacketHeader = { channel: 0, keyEpoch: 0, connectionId: 0, packetNumber: 0 };
  readonly #transmit: Transmit = {
    bytes: NO_BYTES,
    length: 0,
    address: "",
    port: 0,
    canWait: false,
  };

  constructor(init: EndpointInit) {
    this.#suite = init.suite;
    this.#identity = init.identity;
    this.#newController = init.newController ?? newDelta;
    this.#smoothing = init.smoothing ?? "adaptive";
    if (init.admission === undefined) return;
    this.#host = new HostHandshakes(
      {
        suite: init.suite,
        identity: init.identity,
        admission: init.admission,
        counters: this.counters,
        events: this.#events,
        newConnectionId: () => this.#newId(),
      },
      init.now,
    );
  }

  /** Connections that are open, closing or waiting for the host's first packet. */
  get connections(): readonly Connection[] {
    return this.#connections;
  }

  /** Handshakes that others started and did not finish. */
  get halfOpen(): number {
    return this.#host?.halfOpen ?? 0;
  }

  /** Attempts to connect that are under way. */
  get attempts(): number {
    return this.#attempts.size;
  }

  /** True where nothing is left to be sent or waited for. */
  get isIdle(): boolean {
    return this.#connections.length === 0 && this.#attempts.size === 0;
  }

  /** Starts connecting; "connected" or "connect-failed" tells the outcome. Throws TypeError. */
  connect(target: ConnectTarget, now: Micros): ConnectAttempt {
    const id = this.#newId();
    const attempt = new ConnectAttempt(this.#suite, this.#identity, id, target, now);
    this.#attempts.set(id, attempt);
    return attempt;
  }

  /** Gives an attempt up; the event comes with code "aborted". */
  cancel(attempt: ConnectAttempt): void {
    if (this.#attempts.has(attempt.localId)) this.#fail(attempt, "aborted", "given up");
  }

  /** The paired devices have changed. */
  refreshAdmission(): void {
    this.#host?.refresh();
  }

  /** Closes every connection, gives up every attempt, and answers no initiation any more. */
  close(reason: CloseReason, message: string, now: Micros): void {
    for (const attempt of [...this.#attempts.values()]) this.cancel(attempt);
    for (const connection of this.#connections) connection.close(reason, message, now);
    this.#host?.[Symbol.dispose]();
    this.#host = undefined;
  }

  /** Ends everything without telling anyone, and wipes the keys. Idempotent. */
  [Symbol.dispose](): void {
    for (const attempt of [...this.#attempts.values()]) this.cancel(attempt);
    for (const connection of this.#connections) connection.abandon(Reasons.shutdown, "");
    this.#sweep();
    this.#host?.[Symbol.dispose]();
  }

  /**
   * Takes a datagram (borrowed) from an address. Never throws for what is in it. `arrivedAt`: when the kernel had it, no
   * later than `now`; `marked`: it carries ECN CE.
   */
  receive(
    datagram: Uint8Array,
    from: Address,
    now: Micros,
    arrivedAt: Micros = now,
    marked = false,
  ): void {
    try {
      if (datagram[0] === PacketType.transport)
        this.#takePacket(datagram, from, now, Math.min(now, arrivedAt), marked);
      else this.#takeHandshake(datagram, from, now);
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      if (error.code === "unsupported") this.counters.unsupported++;
      else this.counters.malformed++;
    }
  }

  /** Does what is due. */
  handleTimeout(now: Micros): void {
    this.#host?.handleTimeout(now);
    for (const connection of this.#connections) connection.handleTimeout(now);
    for (const attempt of [...this.#attempts.values()]) {
      const failure = attempt.failureAt(now);
      if (failure !== undefined) this.#fail(attempt, failure.code, failure.message);
    }
    this.#sweep();
  }

  /** When `handleTimeout` is to be called; undefined: never. */
  pollTimeout(): Micros | undefined {
    let next = this.#host?.pollTimeout() ?? Infinity;
    for (const connection of this.#connections) next = Math.min(next, connection.pollTimeout());
    for (const attempt of this.#attempts.values()) next = Math.min(next, attempt.pollTimeout());
    return next === Infinity ? undefined : next;
  }

  /** The next datagram to send; undefined: none. */
  pollTransmit(now: Micros): Transmit | undefined {
    for (const connection of this.#connections) {
      const datagram = connection.pollTransmit(now);
      if (datagram !== undefined)
        return this.#fill(datagram.bytes, datagram.length, connection.destination, false);
    }
    const answer = this.#answers.shift();
    if (answer !== undefined) return this.#fill(answer.bytes, answer.bytes.length, answer.to, true);
    for (const attempt of this.#attempts.values()) {
      const packet = attempt.pollTransmit(now);
      if (packet !== undefined)
        return this.#fill(packet.bytes, packet.bytes.length, packet.to, false);
    }
    this.#sweep();
    return undefined;
  }

  /** The next event; undefined: none. */
  pollEvent(): SessionEvent | undefined {
    return this.#events.shift();
  }

  #fill(bytes: Uint8Array, length: number, { address, port }: Address, canWait: boolean): Transmit {
    this.#transmit.bytes = bytes;
    this.#transmit.length = length;
    this.#transmit.canWait = canWait;
    this.#transmit.address = address;
    this.#transmit.port = port;
    return this.#transmit;
  }

  #takePacket(
    datagram: Uint8Array,
    from: Address,
    now: Micros,
    arrivedAt: Micros,
    marked: boolean,
  ): void {
    readPacketHeader(datagram, this.#header);
    const connection = this.#byId.get(this.#header.connectionId);
    if (connection === undefined) this.counters.unknownConnection++;
    else connection.receive(datagram, this.#header, from, now, arrivedAt, marked);
  }

  #takeHandshake(datagram: Uint8Array, from: Address, now: Micros): void {
    const packet = readHandshakePacket(datagram);
    switch (packet.type) {
      case PacketType.initiation: {
        const answer = this.#host?.takeInitiation(packet, from, now);
        if (answer !== undefined) this.#answer(answer, from);
        return;
      }
      case PacketType.finish: {
        const established = this.#host?.takeFinish(packet, from, now);
        if (established !== undefined) this.#accept(packet.receiverId, established, now);
        else this.#byId.get(packet.receiverId)?.repeatConfirmation(now);
        return;
      }
      case PacketType.response: {
        const attempt = this.#attempts.get(packet.receiverId);
        const established = attempt?.takeResponse(packet, from, now);
        if (attempt === undefined || established === undefined) this.counters.badHandshake++;
        else this.#awaitConfirmation(attempt, established, now);
        return;
      }
      case PacketType.cookie:
        if (this.#attempts.get(packet.receiverId)?.takeCookie(packet, now) !== true)
          this.counters.badHandshake++;
    }
  }

  #answer(bytes: Uint8Array, to: Address): void {
    if (this.#answers.length >= BOUNDS.maxHalfOpen) this.#answers.shift();
    this.#answers.push({ bytes, to: { address: to.address, port: to.port } });
  }

  /** Host: the peer has finished its handshake. */
  #accept(localId: number, established: Established, now: Micros): void {
    const connection = this.#newConnection(localId, established, now, undefined);
    for (const other of this.#connections)
      if (
        other !== connection &&
        other.state === "open" &&
        equalBytes(other.peer.staticKey, connection.peer.staticKey)
      )
        other.close(Reasons.replaced, "the same device connected anew", now);
    const open = this.#connections.filter((other) => other.state === "open");
    if (open.length > BOUNDS.maxConnections) {
      this.counters.refused++;
      connection.refuse("the host has no room for another connection", now);
      return;
    }
    this.counters.handshakesCompleted++;
    this.#events.push({ type: "connected", connection, attempt: undefined });
  }

  /** Client: the response was right; the host's first packet will tell whether we are in. */
  #awaitConfirmation(attempt: ConnectAttempt, established: Established, now: Micros): void {
    const connection = this.#newConnection(attempt.localId, established, now, (refusal) => {
      this.#attempts.delete(attempt.localId);
      attempt[Symbol.dispose]();
      if (refusal === undefined) {
        this.counters.handshakesCompleted++;
        this.#events.push({ type: "connected", connection, attempt });
      } else {
        this.#events.push({
          type: "connect-failed",
          attempt,
          code: "refused",
          message: refusal,
        });
      }
    });
    attempt.setConnection(connection);
  }

  #newConnection(
    localId: number,
    { remoteId, remote, peer, keys }: Established,
    now: Micros,
    onConfirmed: ((refusal: string | undefined) => void) | undefined,
  ): Connection {
    const connection = new Connection({
      suite: this.#suite,
      pool: this.#pool,
      events: this.#events,
      counters: this.counters,
      localId,
      remoteId,
      peer,
      remote: { address: remote.address, port: remote.port },
      keys,
      now,
      newController: this.#newController,
      smoothing: this.#smoothing,
      initiator: onConfirmed !== undefined,
      ...(onConfirmed === undefined ? {} : { onConfirmed }),
    });
    this.#byId.set(localId, connection);
    this.#connections.push(connection);
    return connection;
  }

  #fail(attempt: ConnectAttempt, code: ConnectFailure, message: string): void {
    this.#attempts.delete(attempt.localId);
    attempt.connection?.discard();
    attempt[Symbol.dispose]();
    this.#events.push({ type: "connect-failed", attempt, code, message });
  }

  #sweep(): void {
    if (!this.#connections.some(isFinished)) return;
    this.#connections = this.#connections.filter((connection) => {
      if (connection.isFinished) this.#byId.delete(connection.localId);
      return !connection.isFinished;
    });
  }

  #newId(): number {
    for (;;) {
      const id = readU32(this.#suite.randomBytes(4), 0);
      if (id === 0 || this.#byId.has(id) || this.#attempts.has(id)) continue;
      if (this.#host?.has(id) !== true) return id;
    }
  }
}

function isFinished(connection: Connection): boolean {
  return connection.isFinished;
}
