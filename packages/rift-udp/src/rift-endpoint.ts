import { isIP } from "node:net";
import { CloseReason, type CongestionController, type Micros } from "@wavry/rift-core";
import type { CryptoSuite, Identity } from "@wavry/rift-crypto";
import {
  type Address,
  type Admission,
  type ConnectAttempt,
  type Connection,
  Endpoint,
  type EndpointCounters,
  type SessionEvent,
  type Smoothing,
} from "@wavry/rift-session";
import { monotonicMicros } from "./clock.ts";
import type { DatagramSocket, SocketKind } from "./datagram-socket.ts";
import { ConnectError } from "./errors.ts";
import { openSocket } from "./open-socket.ts";
import { PreciseTimer, type TimerKind } from "./precise-timer.ts";
import { RiftConnection } from "./rift-connection.ts";

/** How an endpoint is opened. */
export interface BindOptions {
  /** Numeric; default: every address of the machine, IPv4 and IPv6. */
  readonly address?: string | undefined;
  /** Default 0: any free port. */
  readonly port?: number | undefined;
  readonly identity: Identity;
  readonly suite: CryptoSuite;
  /** Who may connect; without it nobody may. */
  readonly admission?: Admission | undefined;
  /**
   * "plain": socket and timer of Node alone. "best": in a worker this promises that the endpoint is closed before the
   * worker is terminated. Default: "best" on the main thread, "plain" in workers.
   */
  readonly prefer?: "best" | "plain" | undefined;
  /** The TOS byte of what is sent: DSCP and ECN bits. Default EF and ECT(1), 0xB9; not on a plain socket. */
  readonly trafficClass?: number | undefined;
  /** Makes the congestion controller of a path with this round trip (0: not known); default: DELTA up to 50 Mbps. */
  readonly newController?: ((rttMicros: Micros) => CongestionController) | undefined;
  /** Whether updates that come unevenly are held back for up to 10 ms, so that motion is even; default "adaptive". */
  readonly smoothing?: Smoothing | undefined;
}

/** Whom to connect to, and how long to try. */
export interface ConnectOptions {
  /** Numeric addresses, tried all at once. */
  readonly addresses: readonly Address[];
  readonly remote: {
    readonly wavryId: string;
    /** Pinned when the devices were paired. */
    readonly staticKey?: Uint8Array | undefined;
    /** The one-time secret of a pairing link. */
    readonly pairingSecret?: Uint8Array | undefined;
  };
  /** Rejects with "aborted". */
  readonly signal?: AbortSignal | undefined;
  /** Default 10 s. */
  readonly timeoutMicros?: Micros | undefined;
}

/** Drops by cause, and what the kernel refused to send. */
export type RiftCounters = EndpointCounters & { readonly sendErrors: number };

/** DSCP EF (RFC 3246): ahead of bulk traffic, where a network heeds it; ECT(1) (RFC 9331): we heed every mark. */
const TRAFFIC_CLASS = 0xb9;
/** The ECN bits of a packet that met congestion (RFC 3168 §5). */
const ECN_CE = 3;

/** How long `close` waits for peers to acknowledge, in milliseconds. */
const CLOSE_WAIT_MS = 250;

/** A UDP socket with all its sessions; serves any number of peers, and connects to any number. */
export class RiftEndpoint implements AsyncDisposable {
  readonly #socket: DatagramSocket;
  readonly #session: Endpoint;
  readonly #connections = new Map<Connection, RiftConnection>();
  readonly #attempts = new Map<ConnectAttempt, PromiseWithResolvers<RiftConnection>>();
  readonly #boundFlush = (now: Micros): void => this.#flush(now);
  readonly #timer: PreciseTimer;
  #delivering = false;
  #closing: Promise<void> | undefined;
  #onIdle: (() => void) | undefined;

  /** Host: a peer has finished its handshake. Set the connection's callbacks in the same turn. */
  onConnection: ((connection: RiftConnection) => void) | undefined;
  /** Host: a paired device came with another key than the pinned one; it was not let in. */
  onPeerKeyChanged: ((wavryId: string, address: string) => void) | undefined;

  private constructor(socket: DatagramSocket, timer: PreciseTimer, options: BindOptions) {
    this.#socket = socket;
    this.#timer = timer;
    this.#session = new Endpoint({
      suite: options.suite,
      identity: options.identity,
      admission: options.admission,
      newController: options.newController,
      smoothing: options.smoothing,
      now: monotonicMicros(),
    });
    socket.listen(
      (datagram, from, arrival) => {
        const now = monotonicMicros();
        this.#session.receive(datagram, from, now, arrival.at, arrival.ecn === ECN_CE);
        this.#flush(now, true);
      },
      () => this.#armTimer(monotonicMicros()),
    );
  }

  /** Opens a socket. Rejects with EndpointError. */
  static async bind(options: BindOptions): Promise<RiftEndpoint> {
    let onDue = (): void => undefined;
    const timer = await PreciseTimer.create(() => onDue(), options);
    try {
      const endpoint = new RiftEndpoint(
        await openSocket({ trafficClass: TRAFFIC_CLASS, ...options }),
        timer,
        options,
      );
      onDue = () => endpoint.#handleTimer();
      return endpoint;
    } catch (error) {
      timer[Symbol.dispose]();
      throw error;
    }
  }

  /** Where the socket is bound. */
  get address(): Address {
    return this.#socket.address;
  }

  /** What carries the datagrams: for people and for statistics. */
  get socketKind(): SocketKind {
    return this.#socket.kind;
  }

  /** What ends short waits. */
  get timerKind(): TimerKind {
    return this.#timer.kind;
  }

  /** Open connections. */
  get connections(): readonly RiftConnection[] {
    return [...this.#connections.values()];
  }

  /** Drops by cause: for people and for tests. */
  get counters(): RiftCounters {
    return { ...this.#session.counters, sendErrors: this.#socket.sendErrors };
  }

  /** Says that the paired devices have changed. */
  refreshAdmission(): void {
    this.#session.refreshAdmission();
  }

  /**
   * Connects. Rejects with ConnectError; with TypeError where an address is not numeric, none is given,
   * or neither key nor secret is.
   */
  async connect(options: ConnectOptions): Promise<RiftConnection> {
    const { addresses, remote, signal, timeoutMicros } = options;
    if (signal?.aborted === true || this.#closing !== undefined)
      throw new ConnectError("aborted", "given up before it started");
    for (const { address } of addresses)
      if (isIP(address) === 0) throw new TypeError(`${address} is not a numeric address`);
    const now = monotonicMicros();
    const attempt = this.#session.connect({ addresses, ...remote, timeoutMicros }, now);
    const result = Promise.withResolvers<RiftConnection>();
    this.#attempts.set(attempt, result);
    const abort = (): void => {
      this.#session.cancel(attempt);
      this.#flush(monotonicMicros());
    };
    signal?.addEventListener("abort", abort, { once: true });
    this.#flush(now);
    try {
      return await result.promise;
    } finally {
      signal?.removeEventListener("abort", abort);
    }
  }

  /** Closes all connections, waits a moment for the peers to hear of it, and frees the port. Idempotent. */
  close(reason: CloseReason = CloseReason.shutdown, message = ""): Promise<void> {
    this.#closing ??= this.#close(reason, message);
    return this.#closing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #close(reason: CloseReason, message: string): Promise<void> {
    const now = monotonicMicros();
    this.#session.close(reason, message, now);
    this.#flush(now);
    if (!this.#session.isIdle) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#onIdle = resolve;
      const limit = setTimeout(resolve, CLOSE_WAIT_MS);
      await promise;
      clearTimeout(limit);
    }
    this.#timer[Symbol.dispose]();
    this.#session[Symbol.dispose]();
    await this.#socket.close();
  }

  /** `isReceiving`: more datagrams may have been read together with the last one; what can wait follows after them. */
  #flush(now: Micros, isReceiving = false): void {
    let canWait = isReceiving;
    for (;;) {
      const transmit = this.#session.pollTransmit(now);
      if (transmit === undefined) break;
      this.#socket.send(transmit.bytes, transmit.length, transmit.address, transmit.port);
      canWait &&= transmit.canWait;
    }
    if (!canWait) this.#socket.flush();
    // A callback that sends comes back here; the loop below goes on after it.
    if (this.#delivering) return;
    this.#delivering = true;
    try {
      for (;;) {
        const event = this.#session.pollEvent();
        if (event === undefined) break;
        this.#deliver(event);
      }
    } finally {
      this.#delivering = false;
      if (!isReceiving) this.#armTimer(now);
    }
    if (this.#onIdle !== undefined && this.#session.isIdle) this.#onIdle();
  }

  #deliver(event: SessionEvent): void {
    switch (event.type) {
      case "connected": {
        const connection = new RiftConnection(event.connection, this.#boundFlush);
        this.#connections.set(event.connection, connection);
        if (event.attempt === undefined) this.onConnection?.(connection);
        else {
          this.#attempts.get(event.attempt)?.resolve(connection);
          this.#attempts.delete(event.attempt);
        }
        return;
      }
      case "connect-failed":
        this.#attempts.get(event.attempt)?.reject(new ConnectError(event.code, event.message));
        this.#attempts.delete(event.attempt);
        return;
      case "peer-key-changed":
        this.onPeerKeyChanged?.(event.wavryId, event.address);
        return;
      default: {
        const connection = this.#connections.get(event.connection);
        if (event.type === "closed") this.#connections.delete(event.connection);
        connection?.deliver(event);
      }
    }
  }

  #armTimer(now: Micros): void {
    const next = this.#session.pollTimeout() ?? Infinity;
    // One that fires too early only looks and is armed again: cheaper than to rearm at every packet.
    if (next < this.#timer.at) this.#timer.set(next, now);
  }

  #handleTimer(): void {
    const now = monotonicMicros();
    this.#session.handleTimeout(now);
    this.#flush(now);
  }
}
