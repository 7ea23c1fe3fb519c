import {
  type CloseReason,
  type CongestionDecision,
  type CursorPosition,
  MAX_PAYLOAD_BYTES,
  type Micros,
  type PacketHeader,
  CloseReason as Reasons,
  WireError,
} from "@wavry/rift-core";
import type { ControlInit } from "@wavry/rift-core/control";
import type { Address, PeerIdentity } from "./admission.ts";
import { type ConnectionInit, ConnectionParts } from "./connection-parts.ts";
import { type ConnectionStats, readStats } from "./connection-stats.ts";
import type { PooledDatagram } from "./datagram-pool.ts";
import { PacketDispatch } from "./packet-dispatch.ts";
import { PeerPath } from "./peer-path.ts";
import { Silence } from "./silence.ts";
import { Timer } from "./timers.ts";
import { TransmitOrder } from "./transmit-order.ts";
import { VideoIntake } from "./video-intake.ts";

/**
 * An established connection: its life from the handshake to the end, and what a program does with it. What it receives
 * is taken by `PacketDispatch`, what it sends is chosen by `TransmitOrder`. Drained through its endpoint (see
 * endpoint.ts for the contract).
 */
export class Connection {
  readonly localId: number;
  readonly peer: PeerIdentity;
  readonly #parts: ConnectionParts;
  readonly #intake: VideoIntake;
  readonly #order: TransmitOrder;
  readonly #dispatch: PacketDispatch;
  #onConfirmed: ((refusal: string | undefined) => void) | undefined;
  readonly #path: PeerPath;
  #state: "open" | "closing" | "closed" = "open";
  readonly #silence: Silence;

  constructor(init: ConnectionInit) {
    this.localId = init.localId;
    this.peer = init.peer;
    this.#parts = new ConnectionParts(init);
    this.#intake = new VideoIntake(this, this.#parts, init.smoothing);
    this.#path = new PeerPath(this, this.#parts, this.#intake, init.remote);
    this.#order = new TransmitOrder(this.#parts, this.#intake, () =>
      this.abandon(Reasons.internalError, "packet numbers are used up"),
    );
    this.#dispatch = new PacketDispatch(this, this.#parts, this.#intake, {
      answerPath: (token) => this.#order.answerPath(token),
      moveTo: (from, now) => this.#path.takeProof(from, now),
      breakOff: (message, now) => this.close(Reasons.protocolError, message, now),
      closedByPeer: (reason, message) => this.#end("closed", reason, message, true),
    });
    this.#silence = new Silence(init.now);
    this.#onConfirmed = init.onConfirmed;
    this.#parts.timers.set(Timer.ping, init.now);
  }

  /** Where the peer is. */
  get remote(): Address {
    return this.#path.remote;
  }

  /** Where the datagram that `pollTransmit` gave goes. For the endpoint. */
  get destination(): Address {
    return this.#order.destination ?? this.#path.remote;
  }

  /** "closing": a close is being repeated; nothing else goes out or comes in. */
  get state(): "open" | "closing" | "closed" {
    return this.#state;
  }

  get isSuspended(): boolean {
    return this.#silence.isSuspended;
  }

  /** Queues a control message. Closes the connection with "overflow" where too much waits already. */
  sendControl(message: ControlInit, now: Micros): void {
    if (this.#state === "open" && !this.#parts.control.push(message))
      this.close(Reasons.overflow, "the peer does not keep up with control messages", now);
  }

  /** Queues an input datagram, ahead of everything else; borrowed until the next drain. */
  sendInput(datagram: Uint8Array): void {
    if (datagram.length === 0 || datagram.length > MAX_PAYLOAD_BYTES)
      throw new RangeError(`an input datagram has 1..${MAX_PAYLOAD_BYTES} bytes`);
    if (this.#state === "open") this.#order.pushInput(datagram);
  }

  /** Sets the cursor's position; the latest wins. */
  sendCursor(position: CursorPosition): void {
    this.#parts.cursor.set(position);
  }

  /** Queues an update; its bytes must not change any more, as parts may be sent again. Returns its frame id. */
  sendUpdate(update: Uint8Array, now: Micros): number {
    const { updates, video, rtt, counters } = this.#parts;
    const { replaced } = updates;
    const frameId = video.push(update, rtt.minimum, now);
    counters.replacedUpdate += updates.replaced - replaced;
    if (this.#state !== "open") updates.clear();
    return frameId;
  }

  /** What congestion control asks for; undefined before the first update. */
  get congestion(): Readonly<CongestionDecision> | undefined {
    return this.#parts.video.decision;
  }

  /** From when on another frame may be captured for this peer; `now` or earlier: at once. */
  nextFrameAt(now: Micros): Micros {
    return this.#parts.video.nextFrameAt(now);
  }

  /** Asks for a keyframe until one arrives. */
  requestKeyframe(now: Micros): void {
    if (this.#state !== "open") return;
    this.#parts.feedback.wantKeyframe(this.#intake.largestComplete, now);
  }

  /** Tells the peer the newest input that was applied. */
  acknowledgeInput(sequence: number, now: Micros): void {
    if (this.#state !== "open") return;
    this.#parts.feedback.acknowledgeInput(sequence, now);
  }

  /** Ends the connection. The event comes at once; the peer is told up to three times. */
  close(reason: CloseReason, message: string, now: Micros): void {
    if (this.#state !== "open") return;
    this.#end("closing", reason, message, false);
    this.#parts.goodbye.begin(reason, message, now);
  }

  /** Closes before anyone was told of the connection: the peer hears "refused", nobody here does. */
  refuse(message: string, now: Micros): void {
    this.#state = "closing";
    this.#parts.timers.clearAll();
    this.#parts.goodbye.begin(Reasons.refused, message, now);
  }

  /** Sends to this address from now on, where the caller has proof that the peer is. `isOldPathDead`: what went there is lost. */
  moveTo(address: Address, isOldPathDead: boolean, now: Micros): void {
    this.#path.moveTo(address, isOldPathDead, now);
  }

  /** An address from which the peer was heard since the last calls; undefined: no other one. */
  pollHeard(): Address | undefined {
    return this.#path.pollHeard();
  }

  /** Whether something was sent since the last call that the peer answers. */
  takeAsked(): boolean {
    return this.#order.takeAsked();
  }

  /** Figures for people and for control loops. */
  stats(): ConnectionStats {
    return readStats(this.#parts, this.#intake);
  }

  /** Takes a datagram with this connection's id (borrowed). For the endpoint. True: it was authentic. */
  receive(
    datagram: Uint8Array,
    header: PacketHeader,
    from: Address,
    now: Micros,
    arrivedAt: Micros,
    marked: boolean,
  ): boolean {
    if (this.#state === "closed") return false;
    this.#intake.reclaim();
    const { opener, sealer, arrivals, arrivalLog, counters, events } = this.#parts;
    const { epoch } = opener;
    const length = opener.open(datagram, header, now);
    if (length < 0) return false;
    // The peer has the new keys: from now on ours are sure to be understood.
    if (opener.epoch !== epoch) sealer.change();
    this.#path.heard(from, datagram.length, header.packetNumber, now);
    arrivals.add(header.packetNumber, datagram.length, now);
    arrivalLog.add(header.packetNumber, marked, arrivedAt);
    const resumes = this.#silence.heard(now);
    this.#confirm(header.channel, length);
    if (resumes && this.#state === "open") events.push({ type: "resumed", connection: this });
    try {
      if (this.#state !== "closing")
        this.#dispatch.take(header.channel, length, from, now, arrivedAt);
      else if (this.#dispatch.isEnd(header.channel, length)) this.#finish();
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      counters.badContent++;
    }
    return true;
  }

  /** Does what is due. For the endpoint. */
  handleTimeout(now: Micros): void {
    if (this.#state === "closed" || this.isUnconfirmed) return;
    this.#intake.reclaim();
    const { goodbye, control, rtt, video, events } = this.#parts;
    if (this.#state === "closing") {
      if (goodbye.isOver(now)) this.#finish();
      return;
    }
    const silence = this.#silence.handleTimeout(now);
    if (silence === "over") {
      this.#end("closed", Reasons.timeout, "nothing was heard from the peer", false);
      return;
    }
    if (silence === "suspended") events.push({ type: "suspended", connection: this });
    control.handleTimeout(now, rtt.retransmitMicros);
    if (video.handleTimeout(now)) events.push({ type: "pace-changed", connection: this });
    this.#intake.handleTimeout(now);
  }

  /** When `handleTimeout` should be called; Infinity: never. */
  pollTimeout(): Micros {
    if (this.#state === "closed" || this.isUnconfirmed) return Infinity;
    const { timers, paths, control, rtt, video } = this.#parts;
    let next = timers.next();
    if (this.#state === "closing") return next;
    next = Math.min(next, this.#silence.pollTimeout(), paths.pollTimeout());
    next = Math.min(next, control.pollTimeout(rtt.retransmitMicros));
    return Math.min(next, video.pollTimeout(), this.#intake.pollTimeout());
  }

  /** The next datagram, borrowed from the pool; undefined: nothing to send now. For the endpoint. */
  pollTransmit(now: Micros): PooledDatagram | undefined {
    if (this.isUnconfirmed) return undefined;
    if (this.#state === "closed") return this.#order.pollAcknowledgement(now);
    if (this.#state === "closing") return this.#order.pollClose(now);
    return this.#order.poll(this.isSuspended, now);
  }

  /** A client's connection to which the host has not said anything yet. */
  get isUnconfirmed(): boolean {
    return this.#onConfirmed !== undefined;
  }

  /** The peer seems not to know that it was let in: if so, say something at once. For the endpoint. */
  repeatConfirmation(now: Micros): void {
    const { arrivals, timers } = this.#parts;
    if (this.#state === "open" && arrivals.received === 0) timers.set(Timer.ping, now);
  }

  /** Ends without an event, and wipes the keys: for one that was never handed out. */
  discard(): void {
    this.#onConfirmed = undefined;
    this.#parts.goodbye.cancel();
    this.#finish();
  }

  /** Ends without telling the peer, and wipes the keys. For the endpoint. Idempotent. */
  abandon(reason: CloseReason, message: string): void {
    if (this.#state === "open") this.#end("closed", reason, message, false);
    else this.#finish();
  }

  /** True where nothing is left to do for a closed connection, so that it can be forgotten. */
  get isFinished(): boolean {
    return this.#state === "closed" && !this.#parts.goodbye.isAcknowledging;
  }

  /** The first packet tells a client that it was let in, or that it was not. */
  #confirm(channel: number, length: number): void {
    if (this.#onConfirmed === undefined) return;
    const confirm = this.#onConfirmed;
    this.#onConfirmed = undefined;
    confirm(this.#dispatch.refusalIn(channel, length));
  }

  /** Leaves the open state: one "closed" event, nothing queued any more, no timer running. */
  #end(state: "closing" | "closed", reason: number, message: string, remote: boolean): void {
    this.#state = state;
    this.#order.clear();
    this.#parts.timers.clearAll();
    this.#intake.end();
    this.#parts.events.push({ type: "closed", connection: this, reason, message, remote });
    if (state === "closed") this.#finish();
  }

  #finish(): void {
    const { timers, opener, rekeying, goodbye, sealer } = this.#parts;
    this.#state = "closed";
    timers.clearAll();
    opener[Symbol.dispose]();
    rekeying[Symbol.dispose]();
    if (!goodbye.isAcknowledging) sealer[Symbol.dispose]();
  }
}
