import type { CloseReason, Micros } from "@wavry/rift-core";
import type { Address } from "../admission.ts";
import type { ConnectAttempt } from "../connect-attempt.ts";
import type { Connection } from "../connection.ts";
import type { Endpoint } from "../endpoint.ts";
import type { SessionEvent } from "../events.ts";
import { ConnectError } from "./connect-error.ts";
import { RiftConnection } from "./rift-connection.ts";

/** What a driver stands on. */
export interface SessionDriverInit {
  /** The driver's from now on: nobody else calls it. */
  readonly endpoint: Endpoint;
  /** A clock that never goes back. */
  readonly now: () => Micros;
  /** Sends the first `length` bytes (borrowed until `flushed`) to an address. */
  send(bytes: Uint8Array, length: number, address: string, port: number): void;
  /** What was sent is to leave now. */
  flushed?(): void;
  /** Wants `handleTimer` at this time, which replaces the one before; one that has passed means at once, but not in this turn. */
  setTimer(at: Micros, now: Micros): void;
}

/** As much of an AbortSignal as `connect` needs. */
export interface ConnectSignal {
  readonly aborted: boolean;
  addEventListener(type: "abort", listener: () => void, options?: { once?: boolean }): void;
  removeEventListener(type: "abort", listener: () => void): void;
}

/** Whom to connect to, and how long to try. */
export interface ConnectOptions {
  /** Numeric addresses, tried all at once. There may be none where `moreAddresses` is given. */
  readonly addresses: readonly Address[];
  readonly remote: {
    readonly wavryId: string;
    /** Pinned when the devices were paired. */
    readonly staticKey?: Uint8Array | undefined;
    /** The one-time secret of a pairing link. */
    readonly pairingSecret?: Uint8Array | undefined;
  };
  /** Called at once with a function that adds another address to the attempt, which is then tried at once; after the attempt it does nothing. */
  readonly moreAddresses?: ((add: (address: Address) => void) => void) | undefined;
  /** Rejects with "aborted". */
  readonly signal?: ConnectSignal | undefined;
  /** Default 10 s. */
  readonly timeoutMicros?: Micros | undefined;
}

/** All sessions of one `Endpoint` with promises and callbacks; pure but for what is injected. */
export class SessionDriver implements Disposable {
  readonly #init: SessionDriverInit;
  readonly #endpoint: Endpoint;
  readonly #connections = new Map<Connection, RiftConnection>();
  readonly #attempts = new Map<ConnectAttempt, PromiseWithResolvers<RiftConnection>>();
  readonly #idle = Promise.withResolvers<void>();
  #timerAt: Micros = Infinity;
  #delivering = false;
  #closing = false;
  #disposed = false;

  /** Host: a peer has finished its handshake. Set the connection's callbacks in the same turn. */
  onConnection: ((connection: RiftConnection) => void) | undefined;
  /** Host: a paired device came with another key than the pinned one; it was not let in. */
  onPeerKeyChanged: ((wavryId: string, address: string) => void) | undefined;

  constructor(init: SessionDriverInit) {
    this.#init = init;
    this.#endpoint = init.endpoint;
  }

  /** Open connections. */
  get connections(): readonly RiftConnection[] {
    return [...this.#connections.values()];
  }

  /**
   * Takes a datagram (borrowed) from an address. `arrivedAt`: when the system had it, if known; `marked`: it carries ECN CE.
   * `more`: others may have been read together with it: `receivedAll` follows.
   */
  receive(
    datagram: Uint8Array,
    from: Address,
    arrivedAt?: Micros,
    marked?: boolean,
    more = false,
  ): void {
    if (this.#disposed) return;
    const now = this.#init.now();
    this.#endpoint.receive(datagram, from, now, arrivedAt, marked);
    this.#flush(now, more);
  }

  /** Everything was handed over that was read together. What `receive` sent with `more` and not flushed is to leave now. */
  receivedAll(): void {
    this.#tellTraffic();
    this.#armTimer(this.#init.now());
  }

  /** The time that `setTimer` asked for has come. */
  handleTimer(): void {
    if (this.#disposed) return;
    const now = this.#init.now();
    this.#timerAt = Infinity;
    this.#endpoint.handleTimeout(now);
    this.#flush(now, false);
  }

  /** Connects. Rejects with ConnectError; with TypeError where no address is given, or neither key nor secret is. */
  async connect(options: ConnectOptions): Promise<RiftConnection> {
    const { addresses, remote, signal, timeoutMicros, moreAddresses } = options;
    if (signal?.aborted === true || this.#closing)
      throw new ConnectError("aborted", "given up before it started");
    const now = this.#init.now();
    const mayGrow = moreAddresses !== undefined;
    const target = { addresses, mayGrow, ...remote, timeoutMicros };
    const attempt = this.#endpoint.connect(target, now);
    const result = Promise.withResolvers<RiftConnection>();
    this.#attempts.set(attempt, result);
    const abort = (): void => {
      this.#endpoint.cancel(attempt);
      this.#flush(this.#init.now(), false);
    };
    signal?.addEventListener("abort", abort, { once: true });
    moreAddresses?.((address) => this.#addAddress(attempt, address));
    this.#flush(now, false);
    try {
      return await result.promise;
    } finally {
      signal?.removeEventListener("abort", abort);
    }
  }

  /** Says that the paired devices have changed. */
  refreshAdmission(): void {
    this.#endpoint.refreshAdmission();
  }

  /**
   * Closes all connections and gives up all attempts. Resolves when the peers have heard of it; wait for a moment only, and dispose
   * the driver then. Idempotent.
   */
  close(reason: CloseReason, message = ""): Promise<void> {
    if (!this.#closing) {
      this.#closing = true;
      const now = this.#init.now();
      this.#endpoint.close(reason, message, now);
      this.#flush(now, false);
    }
    return this.#idle.promise;
  }

  /** Ends everything without telling anyone, and wipes the keys. Nothing is sent from the call on. Idempotent. */
  [Symbol.dispose](): void {
    if (this.#disposed) return;
    this.#closing = true;
    this.#disposed = true;
    this.#endpoint[Symbol.dispose]();
    this.#deliverAll();
    this.#idle.resolve();
  }

  /** For connections: the time. */
  now(): Micros {
    return this.#init.now();
  }

  /** For connections: sends what waits, and hands out what happened. */
  flush(now: Micros): void {
    this.#flush(now, false);
  }

  /** `isReceiving`: more datagrams may have been read together with the last one; what can wait follows after them. */
  #flush(now: Micros, isReceiving: boolean): void {
    if (this.#disposed) return;
    let canWait = isReceiving;
    for (;;) {
      const transmit = this.#endpoint.pollTransmit(now);
      if (transmit === undefined) break;
      this.#init.send(transmit.bytes, transmit.length, transmit.address, transmit.port);
      canWait &&= transmit.canWait;
    }
    if (!canWait) this.#init.flushed?.();
    // A callback that sends comes back here; the loop below goes on after it.
    if (this.#delivering) return;
    try {
      this.#deliverAll();
      if (!isReceiving) this.#tellTraffic();
    } finally {
      if (!isReceiving) this.#armTimer(now);
    }
    if (this.#closing && this.#endpoint.isIdle) this.#idle.resolve();
  }

  #addAddress(attempt: ConnectAttempt, address: Address): void {
    if (this.#disposed || !this.#attempts.has(attempt)) return;
    const now = this.#init.now();
    attempt.addAddress(address, now);
    this.#flush(now, false);
  }

  #tellTraffic(): void {
    for (const connection of this.#connections.values()) connection.tellTraffic();
  }

  #deliverAll(): void {
    this.#delivering = true;
    try {
      for (;;) {
        const event = this.#endpoint.pollEvent();
        if (event === undefined) break;
        this.#deliver(event);
      }
    } finally {
      this.#delivering = false;
    }
  }

  #deliver(event: SessionEvent): void {
    switch (event.type) {
      case "connected": {
        const connection = new RiftConnection(event.connection, this);
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
    if (this.#disposed) return;
    const next = this.#endpoint.pollTimeout() ?? Infinity;
    // One that fires too early only looks and is armed again: cheaper than to rearm at every packet.
    if (next >= this.#timerAt) return;
    this.#timerAt = next;
    this.#init.setTimer(next, now);
  }
}
