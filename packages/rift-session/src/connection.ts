import {
  ArrivalLog,
  Channel,
  type CloseReason,
  type CongestionController,
  type CongestionDecision,
  type CursorPosition,
  FeedbackKind,
  MAX_PAYLOAD_BYTES,
  type Micros,
  PATH_PROBE_BYTES,
  type PacketHeader,
  CloseReason as Reasons,
  readCursorPosition,
  readPathProbe,
  WireError,
  writePathProbe,
} from "@wavry/rift-core";
import { type ControlInit, ControlKind, readClose } from "@wavry/rift-core/control";
import type { CryptoSuite } from "@wavry/rift-crypto";
import type { Address, PeerIdentity } from "./admission.ts";
import { ArrivalMeter } from "./arrival-meter.ts";
import type { ConnectionStats } from "./connection-stats.ts";
import { BOUNDS, TIMES } from "./constants.ts";
import { ControlChannel } from "./control-channel.ts";
import type { EndpointCounters } from "./counters.ts";
import { CursorSender } from "./cursor-sender.ts";
import type { DatagramPool } from "./datagram-pool.ts";
import type { EventQueue } from "./events.ts";
import { FeedbackChannel } from "./feedback-channel.ts";
import { Goodbye } from "./goodbye.ts";
import { PacketOpener } from "./packet-opener.ts";
import { PacketSealer } from "./packet-sealer.ts";
import { PathValidator } from "./path-validator.ts";
import { Rekeying } from "./rekeying.ts";
import { RttEstimator } from "./rtt.ts";
import { Timer, TimerTable } from "./timers.ts";
import { UpdateSender } from "./update-sender.ts";
import { VideoReceiver } from "./video-receiver.ts";
import { VideoSender } from "./video-sender.ts";

/** What a connection is made of; for the endpoint. */
export interface ConnectionInit {
  readonly suite: CryptoSuite;
  readonly pool: DatagramPool;
  readonly events: EventQueue;
  readonly counters: EndpointCounters;
  readonly localId: number;
  readonly remoteId: number;
  readonly peer: PeerIdentity;
  readonly remote: Address;
  /** Whether this side sent the initiation. */
  readonly initiator: boolean;
  /** Keys from Split; wiped by the constructor. */
  readonly keys: { readonly send: Uint8Array; readonly receive: Uint8Array };
  readonly now: Micros;
  /** Makes the controller when the first update is sent, for a path with this round trip (0: not known yet). */
  readonly newController: (rttMicros: Micros) => CongestionController;
  /**
   * A client's connection says nothing until the host's first packet proves that it was let in:
   * then this is called, before the packet is looked into. `refusal`: that packet is a close.
   */
  readonly onConfirmed?: (refusal: string | undefined) => void;
}

/**
 * An established connection: seals and opens packets, keeps it alive, and carries the channels.
 * Drained through its endpoint (see endpoint.ts for the contract).
 */
export class Connection {
  readonly localId: number;
  readonly peer: PeerIdentity;
  readonly #events: EventQueue;
  readonly #counters: EndpointCounters;
  readonly #sealer: PacketSealer;
  readonly #opener: PacketOpener;
  readonly #rekeying: Rekeying;
  readonly #timers = new TimerTable();
  readonly #rtt = new RttEstimator();
  readonly #arrivals = new ArrivalMeter();
  readonly #arrivalLog = new ArrivalLog();
  readonly #control: ControlChannel;
  readonly #goodbye = new Goodbye(this.#timers);
  readonly #updateSender = new UpdateSender();
  readonly #feedback: FeedbackChannel;
  readonly #cursor: CursorSender;
  readonly #inputs: Uint8Array[] = [];
  /** Made when the first video comes in. */
  #received: VideoReceiver | undefined;
  /** When it wants its turn; found out when all that was due had been sent. */
  #requestAt: Micros = Infinity;
  readonly #video: VideoSender;

  #onConfirmed: ((refusal: string | undefined) => void) | undefined;
  #remote: Address;
  readonly #paths: PathValidator;
  /** Where the datagram of the last `pollTransmit` goes. */
  #destination: Address;
  #pathAnswer: Uint8Array | undefined;
  #state: "open" | "closing" | "closed" = "open";
  #lastReceivedAt: Micros;
  #suspended = false;

  #newestCursor = 0;

  constructor(init: ConnectionInit) {
    this.localId = init.localId;
    this.peer = init.peer;
    this.#remote = init.remote;
    this.#destination = init.remote;
    this.#paths = new PathValidator((length) => init.suite.randomBytes(length));
    this.#events = init.events;
    this.#counters = init.counters;
    this.#video = new VideoSender(this.#updateSender, init.newController);
    this.#feedback = new FeedbackChannel(
      this.#timers,
      this.#rtt,
      this.#arrivals,
      this.#arrivalLog,
      this.#updateSender,
    );
    this.#cursor = new CursorSender(this.#timers);
    this.#sealer = new PacketSealer(init.suite, init.keys.send, init.pool, init.remoteId);
    this.#opener = new PacketOpener(init.suite, init.keys.receive, init.counters);
    const [fromInitiator, fromResponder] = init.initiator
      ? [init.keys.send, init.keys.receive]
      : [init.keys.receive, init.keys.send];
    this.#rekeying = new Rekeying({
      suite: init.suite,
      initiator: init.initiator,
      keys: { fromInitiator, fromResponder },
      sealer: this.#sealer,
      opener: this.#opener,
      now: init.now,
    });
    this.#control = new ControlChannel(this.#rekeying);
    init.keys.send.fill(0);
    init.keys.receive.fill(0);
    this.#lastReceivedAt = init.now;
    this.#onConfirmed = init.onConfirmed;
    this.#timers.set(Timer.ping, init.now);
  }

  /** Where the peer is. */
  get remote(): Address {
    return this.#remote;
  }

  /** Where the datagram that `pollTransmit` gave goes. For the endpoint. */
  get destination(): Address {
    return this.#destination;
  }

  /** "closing": a close is being repeated; nothing else goes out or comes in. */
  get state(): "open" | "closing" | "closed" {
    return this.#state;
  }

  get isSuspended(): boolean {
    return this.#suspended;
  }

  /** Queues a control message. Closes the connection with "overflow" where too much waits already. */
  sendControl(message: ControlInit, now: Micros): void {
    if (this.#state === "open" && !this.#control.push(message))
      this.close(Reasons.overflow, "the peer does not keep up with control messages", now);
  }

  /** Queues an input datagram, ahead of everything else; borrowed until the next drain. */
  sendInput(datagram: Uint8Array): void {
    if (datagram.length === 0 || datagram.length > MAX_PAYLOAD_BYTES)
      throw new RangeError(`an input datagram has 1..${MAX_PAYLOAD_BYTES} bytes`);
    if (this.#state !== "open") return;
    if (this.#inputs.length >= BOUNDS.maxQueuedInputs) {
      this.#inputs.shift();
      this.#counters.replacedInput++;
    }
    this.#inputs.push(datagram);
  }

  /** Sets the cursor's position; the latest wins. */
  sendCursor(position: CursorPosition): void {
    this.#cursor.set(position);
  }

  /** Queues an update; its bytes must not change any more, as parts may be sent again. Returns its frame id. */
  sendUpdate(update: Uint8Array, now: Micros): number {
    const { replaced } = this.#updateSender;
    const frameId = this.#video.push(update, this.#rtt.minimum, now);
    this.#counters.replacedUpdate += this.#updateSender.replaced - replaced;
    if (this.#state !== "open") this.#updateSender.clear();
    return frameId;
  }

  /** What congestion control asks for; undefined before the first update. */
  get congestion(): Readonly<CongestionDecision> | undefined {
    return this.#video.decision;
  }

  /** From when on another frame may be captured for this peer; `now` or earlier: at once. */
  nextFrameAt(now: Micros): Micros {
    return this.#video.nextFrameAt(now);
  }

  /** Asks for a keyframe until one arrives. */
  requestKeyframe(now: Micros): void {
    if (this.#state !== "open") return;
    this.#feedback.wantKeyframe(this.#received?.largestComplete ?? 0, now);
  }

  /** Tells the peer the newest input that was applied. */
  acknowledgeInput(sequence: number, now: Micros): void {
    if (this.#state !== "open") return;
    this.#feedback.acknowledgeInput(sequence, now);
  }

  /** Ends the connection. The event comes at once; the peer is told up to three times. */
  close(reason: CloseReason, message: string, now: Micros): void {
    if (this.#state !== "open") return;
    this.#end("closing", reason, message, false);
    this.#goodbye.begin(reason, message, now);
  }

  /** Closes before anyone was told of the connection: the peer hears "refused", nobody here does. */
  refuse(message: string, now: Micros): void {
    this.#state = "closing";
    this.#timers.clearAll();
    this.#goodbye.begin(Reasons.refused, message, now);
  }

  /** Figures for people and for control loops. */
  stats(): ConnectionStats {
    return {
      rttMicros: this.#rtt.smoothed,
      latestRttMicros: this.#rtt.latest,
      minRttMicros: this.#rtt.minimum,
      clockOffsetMicros: this.#rtt.clockOffset,
      lossRatio: this.#arrivals.lossRatio,
      bytesSent: this.#sealer.bytesSent,
      bytesReceived: this.#arrivals.bytes,
      packetsSent: this.#sealer.packetsSent,
      packetsReceived: this.#arrivals.received,
      packetsLost: this.#arrivals.lost,
      peerPacketsReceived: this.#feedback.peerReport.packetsReceived,
      peerPacketsLost: this.#feedback.peerReport.packetsLost,
      updatesSent: this.#updateSender.lastFrame,
      updatesReported: this.#feedback.peerReport.largestCompleteFrame,
      updatesCompleted: this.#received?.completed ?? 0,
      updatesLost: this.#received?.lost ?? 0,
      controlBytesQueued: this.#control.bufferedBytes,
      targetBps: this.#video.decision?.targetBps ?? 0,
      inFlightBytes: this.#video.inFlightBytes,
      keyEpoch: this.#rekeying.epoch,
    };
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
    const { epoch } = this.#opener;
    const length = this.#opener.open(datagram, header, now);
    if (length < 0) return false;
    // The peer has the new keys: from now on ours are sure to be understood.
    if (this.#opener.epoch !== epoch) this.#sealer.change();
    const elsewhere = from.port !== this.#remote.port || from.address !== this.#remote.address;
    if (elsewhere && header.packetNumber > this.#arrivals.highest && this.#state === "open")
      this.#paths.notice(from, now);
    this.#arrivals.add(header.packetNumber, datagram.length, now);
    this.#arrivalLog.add(header.packetNumber, marked, arrivedAt);
    this.#lastReceivedAt = now;
    if (this.#onConfirmed !== undefined) {
      const confirm = this.#onConfirmed;
      this.#onConfirmed = undefined;
      confirm(this.#refusalIn(header.channel, length));
    }
    if (this.#suspended) {
      this.#suspended = false;
      if (this.#state === "open") this.#events.push({ type: "resumed", connection: this });
    }
    try {
      if (this.#state === "closing") this.#takeWhileClosing(header.channel, length);
      else this.#take(header.channel, length, from, now);
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      this.#counters.badContent++;
    }
    return true;
  }

  /** Does what is due. For the endpoint. */
  handleTimeout(now: Micros): void {
    if (this.#state === "closed" || this.isUnconfirmed) return;
    if (this.#state === "closing") {
      if (this.#goodbye.isOver(now)) this.#finish();
      return;
    }
    const silence = now - this.#lastReceivedAt;
    if (silence >= TIMES.timeoutMicros) {
      this.#end("closed", Reasons.timeout, "nothing was heard from the peer", false);
      return;
    }
    if (silence >= TIMES.suspendMicros && !this.#suspended) {
      this.#suspended = true;
      this.#events.push({ type: "suspended", connection: this });
    }
    this.#control.handleTimeout(now, this.#rtt.retransmitMicros);
    if (this.#video.handleTimeout(now))
      this.#events.push({ type: "pace-changed", connection: this });
    if (this.#received !== undefined) this.#drainUpdates(this.#received, now);
  }

  /** When `handleTimeout` should be called; Infinity: never. */
  pollTimeout(): Micros {
    if (this.#state === "closed" || this.isUnconfirmed) return Infinity;
    let next = this.#timers.next();
    if (this.#state === "closing") return next;
    const silenceEnd = this.#suspended ? TIMES.timeoutMicros : TIMES.suspendMicros;
    next = Math.min(next, this.#lastReceivedAt + silenceEnd, this.#paths.pollTimeout());
    next = Math.min(next, this.#control.pollTimeout(this.#rtt.retransmitMicros));
    next = Math.min(next, this.#video.pollTimeout());
    return Math.min(next, this.#requestAt);
  }

  /** The next datagram, borrowed from the pool; undefined: nothing to send now. For the endpoint. */
  pollTransmit(now: Micros): Uint8Array | undefined {
    this.#destination = this.#remote;
    if (this.isUnconfirmed) return undefined;
    const { plain } = this.#sealer;
    if (this.#state === "closed") {
      const length = this.#goodbye.pollAcknowledgement(plain);
      if (length === 0) return undefined;
      const last = this.#seal(Channel.control, length, now);
      this.#sealer[Symbol.dispose]();
      return last;
    }
    if (this.#state === "closing") {
      const length = this.#goodbye.poll(plain, now);
      return length === 0 ? undefined : this.#seal(Channel.control, length, now);
    }
    const input = this.#inputs.shift();
    if (input !== undefined) {
      plain.set(input);
      return this.#seal(Channel.input, input.length, now);
    }
    if (this.#pathAnswer !== undefined) {
      writePathProbe(plain, 0, FeedbackKind.pathAnswer, this.#pathAnswer);
      this.#pathAnswer = undefined;
      return this.#seal(Channel.feedback, PATH_PROBE_BYTES, now);
    }
    const { candidate } = this.#paths;
    const token = this.#paths.poll(now);
    if (candidate !== undefined && token !== undefined) {
      this.#destination = candidate;
      writePathProbe(plain, 0, FeedbackKind.pathChallenge, token);
      return this.#seal(Channel.feedback, PATH_PROBE_BYTES, now);
    }
    const request = this.#received?.pollRequest(plain, now) ?? 0;
    if (request > 0) return this.#seal(Channel.feedback, request, now);
    const largest = this.#received?.largestComplete ?? 0;
    const feedback = this.#feedback.poll(plain, largest, this.#suspended, now);
    if (feedback > 0) return this.#seal(Channel.feedback, feedback, now);
    const cursor = this.#cursor.poll(plain, now);
    if (cursor > 0) return this.#seal(Channel.cursor, cursor, now);
    const control = this.#control.poll(plain, this.#packets, this.#rtt.retransmitMicros, now);
    if (control > 0) return this.#seal(Channel.control, control, now);
    const video = this.#video.poll(plain, now);
    this.#requestAt = this.#received?.pollTimeout(now) ?? Infinity;
    if (video === 0) return undefined;
    if (!this.#updateSender.hasQueued) this.#feedback.updatesSent(now);
    const isRepair = this.#updateSender.polled === "repair";
    return this.#seal(isRepair ? Channel.repair : Channel.video, video, now);
  }

  /** A client's connection to which the host has not said anything yet. */
  get isUnconfirmed(): boolean {
    return this.#onConfirmed !== undefined;
  }

  /** The peer seems not to know that it was let in: if so, say something at once. For the endpoint. */
  repeatConfirmation(now: Micros): void {
    if (this.#state === "open" && this.#arrivals.received === 0) this.#timers.set(Timer.ping, now);
  }

  /** Ends without an event, and wipes the keys: for one that was never handed out. */
  discard(): void {
    this.#onConfirmed = undefined;
    this.#goodbye.cancel();
    this.#finish();
  }

  /** Ends without telling the peer, and wipes the keys. For the endpoint. Idempotent. */
  abandon(reason: CloseReason, message: string): void {
    if (this.#state === "open") this.#end("closed", reason, message, false);
    else this.#finish();
  }

  /** True where nothing is left to do for a closed connection, so that it can be forgotten. */
  get isFinished(): boolean {
    return this.#state === "closed" && !this.#goodbye.isAcknowledging;
  }

  #seal(channel: Channel, length: number, now: Micros): Uint8Array | undefined {
    const datagram = this.#sealer.seal(channel, length);
    if (datagram === undefined) this.abandon(Reasons.internalError, "packet numbers are used up");
    else {
      const { packetsSent } = this.#sealer;
      const isVideo = channel === Channel.video || channel === Channel.repair;
      this.#video.packetSent(packetsSent, datagram.length, isVideo, now);
    }
    return datagram;
  }

  /** The text of the close that the opened packet is; undefined: it is something else. */
  #refusalIn(channel: number, length: number): string | undefined {
    if (channel !== Channel.control || this.#opener.opened[0] !== ControlKind.close)
      return undefined;
    try {
      return readClose(this.#opener.opened.subarray(0, length)).message;
    } catch {
      return "";
    }
  }

  #takeWhileClosing(channel: number, length: number): void {
    const kind = channel === Channel.control && length > 0 ? this.#opener.opened[0] : undefined;
    if (kind === ControlKind.close || kind === ControlKind.closeAcknowledged) this.#finish();
  }

  #take(channel: number, length: number, from: Address, now: Micros): void {
    switch (channel) {
      case Channel.video:
      case Channel.repair:
        this.#takeVideo(channel, length, now);
        return;
      case Channel.input:
        this.#events.push({
          type: "input",
          connection: this,
          datagram: this.#opener.opened.subarray(0, length),
          receivedAt: now,
        });
        return;
      case Channel.feedback:
        this.#takeFeedback(this.#opener.opened.subarray(0, length), from, now);
        return;
      case Channel.cursor: {
        const position = readCursorPosition(this.#opener.opened.subarray(0, length));
        if (position.sequence <= this.#newestCursor) return;
        this.#newestCursor = position.sequence;
        this.#events.push({ type: "cursor", connection: this, position });
        return;
      }
      case Channel.control:
        this.#takeControl(this.#opener.opened.subarray(0, length), now);
        return;
      default:
        this.#counters.unknownContent++;
    }
  }

  #takeVideo(channel: number, length: number, now: Micros): void {
    this.#received ??= new VideoReceiver();
    this.#received.setRtt(this.#rtt.smoothed);
    const { opened } = this.#opener;
    const useful =
      channel === Channel.repair
        ? this.#received.takeRepair(opened, length, now)
        : this.#received.takeFragment(opened, length, now);
    this.#timers.setEarlier(Timer.report, now + TIMES.reportMicros);
    if (!useful) this.#counters.uselessFragment++;
    this.#drainUpdates(this.#received, now);
  }

  #drainUpdates(received: VideoReceiver, now: Micros): void {
    const lostBefore = received.lost;
    for (let update = received.poll(now); update !== undefined; update = received.poll(now)) {
      if (update.keyframe) this.#feedback.keyframeArrived(update.frameId);
      this.#timers.setEarlier(Timer.report, now);
      this.#events.push({ type: "update", connection: this, update });
    }
    if (received.lost === lostBefore) return;
    // A keyframe that came after the loss has mended it already.
    const mended = received.largestKeyframe > received.largestLost;
    if (!mended) this.#feedback.wantKeyframe(received.largestLost, now);
  }

  #takeFeedback(message: Uint8Array, from: Address, now: Micros): void {
    if (message[0] === FeedbackKind.pathChallenge) {
      this.#pathAnswer = readPathProbe(message).slice();
      return;
    }
    if (message[0] === FeedbackKind.nack) {
      this.#updateSender.takeRequest(message, now);
      return;
    }
    if (message[0] === FeedbackKind.pathAnswer) {
      if (this.#paths.isProvenBy(readPathProbe(message))) this.#moveTo(from, now);
      return;
    }
    switch (this.#feedback.take(message, now)) {
      case "unknown":
        this.#counters.unknownContent++;
        return;
      case "ping":
        if (this.#feedback.pingedFrame === 0) return;
        // Its sender waits for news of what it sent.
        if (this.#arrivalLog.unreported > 1) this.#timers.setEarlier(Timer.report, now);
        this.#received ??= new VideoReceiver();
        this.#received.noteSent(this.#feedback.pingedFrame, now);
        this.#drainUpdates(this.#received, now);
        return;
      case "report":
        this.#takeArrivals(now);
        return;
      case "keyframe-requested":
        this.#takeArrivals(now);
        this.#events.push({ type: "keyframe-requested", connection: this });
        return;
      case "input-acknowledged": {
        const sequence = this.#feedback.acknowledgedInput;
        this.#events.push({ type: "input-acknowledged", connection: this, sequence });
      }
    }
  }

  /** The peer has proven that it is elsewhere now. */
  #moveTo({ address, port }: Address, now: Micros): void {
    const { candidate } = this.#paths;
    this.#paths.forget();
    if (candidate?.address !== address || candidate.port !== port) return;
    // Another port is the same path behind another NAT binding; another address is another path.
    if (address !== this.#remote.address) this.#video.startAnew();
    this.#remote = { address, port };
    this.#timers.set(Timer.ping, now);
    this.#events.push({ type: "path-changed", connection: this });
    // What went the old way is gone; to wait until the peer has missed it would cost another round trip.
    if (this.#video.isInUse) this.#events.push({ type: "keyframe-requested", connection: this });
  }

  #takeArrivals(now: Micros): void {
    const arrivals = this.#feedback.peerArrivals;
    if (arrivals.count > 0 && this.#video.takeArrivals(arrivals, now))
      this.#events.push({ type: "pace-changed", connection: this });
  }

  #takeControl(message: Uint8Array, now: Micros): void {
    if (message.length === 0) throw new WireError("truncated", "an empty control packet");
    switch (message[0]) {
      case ControlKind.data:
        try {
          this.#control.takeData(message);
          this.#drainControl();
        } catch (error) {
          if (!(error instanceof WireError)) throw error;
          this.close(Reasons.protocolError, error.message, now);
          throw error;
        }
        return;
      case ControlKind.acknowledgement:
        this.#control.takeAcknowledgement(message);
        return;
      case ControlKind.close: {
        const { reason, message: text } = readClose(message);
        this.#goodbye.acknowledge();
        this.#end("closed", reason, text, true);
        return;
      }
      case ControlKind.closeAcknowledged:
        return;
      case ControlKind.rekeyOffer:
      case ControlKind.rekeyAnswer:
        this.#control.takeRekey(message, this.#packets, now);
        return;
      default:
        this.#counters.unknownContent++;
    }
  }

  /** Packets of both directions. */
  get #packets(): number {
    return this.#sealer.packetsSent + this.#arrivals.highest;
  }

  #drainControl(): void {
    for (;;) {
      const message = this.#control.pollMessage();
      if (message === undefined) return;
      if (message.body.case === undefined) this.#counters.unknownContent++;
      else this.#events.push({ type: "control", connection: this, message });
    }
  }

  /** Leaves the open state: one "closed" event, nothing queued any more, no timer running. */
  #end(state: "closing" | "closed", reason: number, message: string, remote: boolean): void {
    this.#state = state;
    this.#inputs.length = 0;
    this.#updateSender.clear();
    this.#timers.clearAll();
    this.#events.push({ type: "closed", connection: this, reason, message, remote });
    if (state === "closed") this.#finish();
  }

  #finish(): void {
    this.#state = "closed";
    this.#timers.clearAll();
    this.#opener[Symbol.dispose]();
    this.#rekeying[Symbol.dispose]();
    if (!this.#goodbye.isAcknowledging) this.#sealer[Symbol.dispose]();
  }
}
