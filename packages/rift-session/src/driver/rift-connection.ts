import {
  CloseReason,
  type CompleteUpdate,
  type CongestionDecision,
  type CursorPosition,
  type Micros,
  type SequencedCursorPosition,
} from "@wavry/rift-core";
import type { Control, ControlInit } from "@wavry/rift-core/control";
import type { Address, PeerIdentity } from "../admission.ts";
import type { Connection } from "../connection.ts";
import type { ConnectionStats } from "../connection-stats.ts";
import type { SessionEvent } from "../events.ts";

/** How a connection ended. */
export interface Closed {
  /** A CloseReason, or a number that a newer peer sent. */
  readonly reason: CloseReason;
  readonly message: string;
  /** True where the peer closed. */
  readonly remote: boolean;
}

/** What is known of an update beside its bytes. */
export type UpdateInfo = Omit<CompleteUpdate, "bytes">;

/** Control messages that wait for `onControl` to be set. */
const MAX_WAITING_CONTROLS = 256;

/**
 * A connection to a peer. Control messages wait for `onControl` to be set; for the other callbacks
 * what comes before is gone. Byte arguments of callbacks are borrowed: valid until the callback
 * returns. What a callback throws is an uncaught exception.
 */
export class RiftConnection implements AsyncDisposable {
  readonly #session: Connection;
  readonly #driver: { now(): Micros; flush(now: Micros): void };
  readonly #closed: PromiseWithResolvers<Closed> = Promise.withResolvers();

  #onControl: ((message: Control) => void) | undefined;
  readonly #waitingControls: Control[] = [];

  /** An input datagram came in (borrowed). */
  onInput: ((datagram: Uint8Array, receivedAt: Micros) => void) | undefined;
  /** A newer position of the cursor came in. */
  onCursor: ((position: SequencedCursorPosition) => void) | undefined;
  /** A whole update came in (borrowed), in the order of sending. */
  onUpdate: ((update: Uint8Array, info: UpdateInfo) => void) | undefined;
  /** The peer wants a keyframe; repeated until one is sent. */
  onKeyframeRequested: (() => void) | undefined;
  /** The peer has applied all input up to this sequence number. */
  onInputAcknowledged: ((sequence: number) => void) | undefined;
  /** Nothing was heard for a while; and: something is heard again. */
  onSuspended: (() => void) | undefined;
  onResumed: (() => void) | undefined;
  /** The peer's address changed. */
  onPathChanged: ((remote: Address) => void) | undefined;
  /** The peer was heard from this address: at most once for each that it was heard from in what was read together. */
  onHeard: ((from: Address) => void) | undefined;
  /** Something was sent that the peer answers at once: at most once for what was sent together. */
  onSent: (() => void) | undefined;

  /** Congestion control may want another rate, or let another frame go; called about every frame. */
  onPaceChanged: (() => void) | undefined;

  /** For the driver. */
  constructor(session: Connection, driver: { now(): Micros; flush(now: Micros): void }) {
    this.#session = session;
    this.#driver = driver;
  }

  /** A control message came in. */
  get onControl(): ((message: Control) => void) | undefined {
    return this.#onControl;
  }

  set onControl(callback: ((message: Control) => void) | undefined) {
    this.#onControl = callback;
    // In a turn of its own, so that the other callbacks can be set in this one.
    if (this.#waitingControls.length > 0)
      void Promise.resolve().then(() => this.#deliverControls());
  }

  /** Who is at the other end. */
  get peer(): PeerIdentity {
    return this.#session.peer;
  }

  /** Where the peer is at present. */
  get remote(): Address {
    return this.#session.remote;
  }

  /** False from the moment on at which the connection closed. */
  get isOpen(): boolean {
    return this.#session.state === "open";
  }

  /** Resolves, never rejects, when the connection has ended. */
  get closed(): Promise<Closed> {
    return this.#closed.promise;
  }

  /** Sends a control message, reliably and in order. Nothing happens on a closed connection, here and below. */
  sendControl(message: ControlInit): void {
    const now = this.#driver.now();
    this.#session.sendControl(message, now);
    this.#driver.flush(now);
  }

  /** Sends an input datagram (borrowed, up to MAX_PAYLOAD_BYTES) in this turn, ahead of everything else. */
  sendInput(datagram: Uint8Array): void {
    this.#session.sendInput(datagram);
    this.#driver.flush(this.#driver.now());
  }

  /** Sends the cursor's position; the latest wins. */
  sendCursor(position: CursorPosition): void {
    this.#session.sendCursor(position);
    this.#driver.flush(this.#driver.now());
  }

  /**
   * Sends a screen update (screen-update.ts) in as many datagrams as it takes, as fast as the path allows; its bytes are
   * the connection's from then on and must not change. Returns its frame id. Throws RangeError for an empty one or one over MAX_UPDATE_BYTES.
   */
  sendUpdate(update: Uint8Array): number {
    const now = this.#driver.now();
    const frameId = this.#session.sendUpdate(update, now);
    this.#driver.flush(now);
    return frameId;
  }

  /** What congestion control asks of the sender of updates; undefined before the first one. */
  get congestion(): Readonly<CongestionDecision> | undefined {
    return this.#session.congestion;
  }

  /** From when on another frame may be captured for this peer, on the driver's clock; a time gone by: at once. */
  nextFrameAt(now: Micros): Micros {
    return this.#session.nextFrameAt(now);
  }

  /** Asks for a keyframe until one arrives. A lost update asks by itself. */
  requestKeyframe(): void {
    const now = this.#driver.now();
    this.#session.requestKeyframe(now);
    this.#driver.flush(now);
  }

  /** Tells the peer that all input up to this sequence number was applied. */
  acknowledgeInput(sequence: number): void {
    const now = this.#driver.now();
    this.#session.acknowledgeInput(sequence, now);
    this.#driver.flush(now);
  }

  /**
   * Sends to this address from now on. The caller has proof that the peer receives there (`@wavry/path`), and tells the peer to
   * do likewise. Packets from all addresses are taken as before. `isOldPathDead`: what was under way there is lost.
   */
  moveTo(address: Address, options: { readonly isOldPathDead?: boolean } = {}): void {
    const now = this.#driver.now();
    this.#session.moveTo(address, options.isOldPathDead ?? false, now);
    this.#driver.flush(now);
  }

  /** Figures since the connection was made. */
  stats(): ConnectionStats {
    return this.#session.stats();
  }

  /** Ends the connection; the peer is told. Idempotent. */
  close(reason: CloseReason, message = ""): void {
    const now = this.#driver.now();
    this.#session.close(reason, message, now);
    this.#driver.flush(now);
  }

  /** Closes with "done" and waits for the end. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.close(CloseReason.done);
    await this.#closed.promise;
  }

  /** Tells what was heard and sent since the last time. For the driver. */
  tellTraffic(): void {
    for (let from = this.#session.pollHeard(); from !== undefined; ) {
      this.onHeard?.(from);
      from = this.#session.pollHeard();
    }
    if (this.#session.takeAsked()) this.onSent?.();
  }

  /** Hands an event of the session on. For the driver. */
  deliver(event: SessionEvent): void {
    switch (event.type) {
      case "control":
        this.#waitingControls.push(event.message);
        if (this.#onControl !== undefined) this.#deliverControls();
        else if (this.#waitingControls.length > MAX_WAITING_CONTROLS) this.#waitingControls.shift();
        break;
      case "input":
        this.onInput?.(event.datagram, event.receivedAt);
        break;
      case "cursor":
        this.onCursor?.(event.position);
        break;
      case "update":
        this.onUpdate?.(event.update.bytes, event.update);
        break;
      case "keyframe-requested":
        this.onKeyframeRequested?.();
        break;
      case "input-acknowledged":
        this.onInputAcknowledged?.(event.sequence);
        break;
      case "suspended":
        this.onSuspended?.();
        break;
      case "resumed":
        this.onResumed?.();
        break;
      case "path-changed":
        this.onPathChanged?.(this.remote);
        break;
      case "pace-changed":
        this.onPaceChanged?.();
        break;
      case "closed": {
        const { reason, message, remote } = event;
        this.#closed.resolve({ reason: reason as CloseReason, message, remote });
      }
    }
  }

  #deliverControls(): void {
    while (this.#onControl !== undefined) {
      const message = this.#waitingControls.shift();
      if (message === undefined) return;
      this.#onControl(message);
    }
  }
}
