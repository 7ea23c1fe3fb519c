import {
  Channel,
  type CloseReason,
  type ControlInit,
  ControlKind,
  CURSOR_POSITION_BYTES,
  type CursorPosition,
  decodeControl,
  encodeControl,
  FeedbackKind,
  feedbackKind,
  INPUT_ACKNOWLEDGED_BYTES,
  MAX_PACKET_NUMBER,
  MAX_PAYLOAD_BYTES,
  type Micros,
  PACKET_HEADER_BYTES,
  type PacketHeader,
  PING_BYTES,
  type Ping,
  PONG_BYTES,
  type Pong,
  REPORT_BYTES,
  CloseReason as Reasons,
  Reassembler,
  type Report,
  readClose,
  readControlAcknowledgement,
  readControlData,
  readCursorPosition,
  readInputAcknowledged,
  readPing,
  readPong,
  readReport,
  WireError,
  writeClose,
  writeControlAcknowledgement,
  writeCursorPosition,
  writeInputAcknowledged,
  writePacketHeader,
  writePing,
  writePong,
  writeReport,
} from "@wavry/rift-core";
import { type Aead, type CryptoSuite, ReplayWindow } from "@wavry/rift-crypto";
import type { Address, PeerIdentity } from "./admission.ts";
import { ArrivalMeter } from "./arrival-meter.ts";
import { type ConnectionStats, newReport } from "./connection-stats.ts";
import { BOUNDS, TIMES } from "./constants.ts";
import { ControlReceiver } from "./control-receiver.ts";
import { ControlSender } from "./control-sender.ts";
import type { EndpointCounters } from "./counters.ts";
import type { DatagramPool } from "./datagram-pool.ts";
import type { EventQueue } from "./events.ts";
import { RttEstimator } from "./rtt.ts";
import { Timer, TimerTable } from "./timers.ts";
import { UpdateSender } from "./update-sender.ts";

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
  /** Keys from Split; wiped by the constructor. */
  readonly keys: { readonly send: Uint8Array; readonly receive: Uint8Array };
  readonly now: Micros;
  /**
   * A client's connection says nothing until the host's first packet proves that it was let in:
   * then this is called, before the packet is looked into. `refusal`: that packet is a close.
   */
  readonly onConfirmed?: (refusal: string | undefined) => void;
}

const KEY_EPOCH = 0;

/**
 * An established connection: seals and opens packets, keeps it alive, and carries the channels.
 * Drained through its endpoint (see endpoint.ts for the contract).
 */
export class Connection {
  readonly localId: number;
  readonly peer: PeerIdentity;
  readonly #remoteId: number;
  readonly #pool: DatagramPool;
  readonly #events: EventQueue;
  readonly #counters: EndpointCounters;
  readonly #sealer: Aead;
  readonly #opener: Aead;
  readonly #replay = new ReplayWindow();
  readonly #timers = new TimerTable();
  readonly #rtt = new RttEstimator();
  readonly #arrivals = new ArrivalMeter();
  readonly #controlSender = new ControlSender();
  readonly #controlReceiver = new ControlReceiver();
  readonly #updateSender = new UpdateSender();
  #reassembler: Reassembler | undefined;
  readonly #plain = new Uint8Array(MAX_PAYLOAD_BYTES);
  readonly #opened = new Uint8Array(MAX_PAYLOAD_BYTES);
  readonly #ownReport = newReport();
  #peerReport: Report = newReport();
  #incomingReport: Report = newReport();
  readonly #ping: Ping = { sentAt: 0, lastFrame: 0 };
  readonly #pong: Pong = { echoSentAt: 0, receivedAt: 0, sentAt: 0 };

  #onConfirmed: ((refusal: string | undefined) => void) | undefined;
  #remote: Address;
  #state: "open" | "closing" | "closed" = "open";
  #nextPacketNumber = 1;
  #bytesSent = 0;
  #lastReceivedAt: Micros;
  #suspended = false;

  readonly #inputs: Uint8Array[] = [];
  #pongWanted = false;
  #pongEcho: Micros = 0;
  #pingArrivedAt: Micros = 0;
  #reportedEcho: Micros = 0;
  #controlAcknowledgementWanted = false;
  #acknowledgedInput: number | undefined;
  #inputAcknowledgedAt: Micros = -Infinity;
  #cursor: CursorPosition | undefined;
  #cursorWanted = false;
  #cursorSequence = 0;
  #cursorRepeats = 0;
  #newestCursor = 0;
  #newestAcknowledgedInput = 0;
  #keyframeWanted = false;
  #keyframeSince = 0;
  #keyframeRepeatMicros: Micros = TIMES.keyframeRepeatMicros;
  #tailProbes = 0;
  #closeReason = 0;
  #closeMessage = "";
  #closeSends = 0;
  #closeWanted = false;
  #closeAcknowledgementWanted = false;

  constructor(init: ConnectionInit) {
    this.localId = init.localId;
    this.peer = init.peer;
    this.#remoteId = init.remoteId;
    this.#remote = init.remote;
    this.#pool = init.pool;
    this.#events = init.events;
    this.#counters = init.counters;
    this.#sealer = init.suite.aead(init.keys.send);
    this.#opener = init.suite.aead(init.keys.receive);
    init.keys.send.fill(0);
    init.keys.receive.fill(0);
    this.#lastReceivedAt = init.now;
    this.#onConfirmed = init.onConfirmed;
    this.#timers.set(Timer.ping, init.now);
  }

  /** Where its packets go. */
  get remote(): Address {
    return this.#remote;
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
    const bytes = encodeControl(message);
    if (this.#state !== "open") return;
    if (!this.#controlSender.push(bytes))
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
    this.#cursor = position;
    this.#cursorSequence++;
    this.#cursorWanted = true;
    this.#cursorRepeats = BOUNDS.cursorRepeats;
  }

  /** Queues an update (borrowed until the next drain); returns its frame id. */
  sendUpdate(update: Uint8Array, now: Micros): number {
    const frameId = this.#updateSender.push(update, now);
    if (this.#state !== "open") this.#updateSender.clear();
    return frameId;
  }

  /** Asks for a keyframe until one arrives. */
  requestKeyframe(now: Micros): void {
    if (this.#state !== "open") return;
    this.#wantKeyframe(this.#reassembler?.largestComplete ?? 0, now);
  }

  /** Tells the peer the newest input that was applied. */
  acknowledgeInput(sequence: number, now: Micros): void {
    if (this.#state !== "open") return;
    this.#acknowledgedInput = sequence;
    this.#timers.setEarlier(
      Timer.inputAcknowledged,
      Math.max(now, this.#inputAcknowledgedAt + TIMES.inputAcknowledgedMicros),
    );
  }

  /** Ends the connection. The event comes at once; the peer is told up to three times. */
  close(reason: CloseReason, message: string, now: Micros): void {
    if (this.#state !== "open") return;
    this.#closeReason = reason;
    this.#closeMessage = message;
    this.#closeWanted = true;
    this.#end("closing", reason, message, false);
    this.#timers.set(Timer.close, now);
  }

  /** Closes before anyone was told of the connection: the peer hears "refused", nobody here does. */
  refuse(message: string, now: Micros): void {
    this.#closeReason = Reasons.refused;
    this.#closeMessage = message;
    this.#closeWanted = true;
    this.#state = "closing";
    this.#timers.clearAll();
    this.#timers.set(Timer.close, now);
  }

  /** Figures for people and for control loops. */
  stats(): ConnectionStats {
    return {
      rttMicros: this.#rtt.smoothed,
      latestRttMicros: this.#rtt.latest,
      minRttMicros: this.#rtt.minimum,
      clockOffsetMicros: this.#rtt.clockOffset,
      lossRatio: this.#arrivals.lossRatio,
      bytesSent: this.#bytesSent,
      bytesReceived: this.#arrivals.bytes,
      packetsSent: this.#nextPacketNumber - 1,
      packetsReceived: this.#arrivals.received,
      packetsLost: this.#arrivals.lost,
      peerPacketsReceived: this.#peerReport.packetsReceived,
      peerPacketsLost: this.#peerReport.packetsLost,
      updatesSent: this.#updateSender.lastFrame,
      updatesReported: this.#peerReport.largestCompleteFrame,
      updatesCompleted: this.#reassembler?.completed ?? 0,
      updatesLost: this.#reassembler?.lost ?? 0,
      controlBytesQueued: this.#controlSender.bufferedBytes,
    };
  }

  /** Takes a datagram with this connection's id (borrowed). For the endpoint. True: it was authentic. */
  receive(datagram: Uint8Array, header: PacketHeader, from: Address, now: Micros): boolean {
    if (this.#state === "closed") return false;
    if (header.keyEpoch !== KEY_EPOCH) {
      this.#counters.wrongEpoch++;
      return false;
    }
    if (!this.#replay.isFresh(header.packetNumber)) {
      this.#counters.replayed++;
      return false;
    }
    const length = this.#opener.open(
      this.#opened,
      0,
      header.packetNumber,
      datagram.subarray(0, PACKET_HEADER_BYTES),
      datagram.subarray(PACKET_HEADER_BYTES),
    );
    if (length < 0) {
      this.#counters.unauthentic++;
      return false;
    }
    this.#replay.mark(header.packetNumber);
    const { address, port } = this.#remote;
    if (
      header.packetNumber > this.#arrivals.highest &&
      (port !== from.port || address !== from.address)
    ) {
      this.#remote = { address: from.address, port: from.port };
      if (this.#state === "open") this.#events.push({ type: "path-changed", connection: this });
    }
    this.#arrivals.add(header.packetNumber, datagram.length, now);
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
      else this.#take(header.channel, length, now);
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
      if (this.#closeSends >= BOUNDS.closeSends && this.#timers.isDue(Timer.close, now))
        this.#finish();
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
    this.#controlSender.handleTimeout(now, this.#rtt.retransmitMicros);
    if (this.#reassembler !== undefined) this.#drainUpdates(this.#reassembler, now);
  }

  /** When `handleTimeout` should be called; Infinity: never. */
  pollTimeout(): Micros {
    if (this.#state === "closed" || this.isUnconfirmed) return Infinity;
    let next = this.#timers.next();
    if (this.#state === "closing") return next;
    const silenceEnd = this.#suspended ? TIMES.timeoutMicros : TIMES.suspendMicros;
    next = Math.min(next, this.#lastReceivedAt + silenceEnd);
    next = Math.min(next, this.#controlSender.nextTimeout(this.#rtt.retransmitMicros));
    return Math.min(next, this.#reassembler?.pollTimeout() ?? Infinity);
  }

  /** The next datagram, borrowed from the pool; undefined: nothing to send now. For the endpoint. */
  pollTransmit(now: Micros): Uint8Array | undefined {
    if (this.isUnconfirmed) return undefined;
    if (this.#state === "closed") {
      if (!this.#closeAcknowledgementWanted) return undefined;
      this.#closeAcknowledgementWanted = false;
      this.#plain[0] = ControlKind.closeAcknowledged;
      return this.#sealLast(Channel.control, 1);
    }
    if (this.#state === "closing") return this.#pollClose(now);
    const input = this.#inputs.shift();
    if (input !== undefined) {
      this.#plain.set(input);
      return this.#seal(Channel.input, input.length);
    }
    const feedback = this.#pollFeedback(now);
    if (feedback > 0) return this.#seal(Channel.feedback, feedback);
    if (this.#cursorWanted || this.#timers.isDue(Timer.cursorRepeat, now))
      return this.#seal(Channel.cursor, this.#writeCursor(now));
    if (this.#controlAcknowledgementWanted) {
      this.#controlAcknowledgementWanted = false;
      const acknowledgement = this.#controlReceiver.acknowledgement();
      return this.#seal(
        Channel.control,
        writeControlAcknowledgement(this.#plain, 0, acknowledgement),
      );
    }
    const control = this.#controlSender.poll(this.#plain, now);
    if (control > 0) return this.#seal(Channel.control, control);
    const video = this.#updateSender.poll(this.#plain);
    if (video === 0) return undefined;
    if (!this.#updateSender.hasQueued) {
      this.#tailProbes = 0;
      this.#setTailProbe(now);
    }
    return this.#seal(Channel.video, video);
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
    this.#closeAcknowledgementWanted = false;
    this.#finish();
  }

  /** Ends without telling the peer, and wipes the keys. For the endpoint. Idempotent. */
  abandon(reason: CloseReason, message: string): void {
    if (this.#state === "open") this.#end("closed", reason, message, false);
    else this.#finish();
  }

  /** True where nothing is left to do for a closed connection, so that it can be forgotten. */
  get isFinished(): boolean {
    return this.#state === "closed" && !this.#closeAcknowledgementWanted;
  }

  #pollFeedback(now: Micros): number {
    if (this.#pongWanted) {
      this.#pongWanted = false;
      this.#pong.echoSentAt = this.#pongEcho;
      this.#pong.receivedAt = this.#pingArrivedAt;
      this.#pong.sentAt = now;
      writePong(this.#plain, 0, this.#pong);
      return PONG_BYTES;
    }
    if (this.#timers.isDue(Timer.inputAcknowledged, now)) {
      this.#timers.clear(Timer.inputAcknowledged);
      this.#inputAcknowledgedAt = now;
      writeInputAcknowledged(this.#plain, 0, this.#acknowledgedInput ?? 0);
      return INPUT_ACKNOWLEDGED_BYTES;
    }
    if (this.#timers.isDue(Timer.report, now)) {
      this.#writeReport(now);
      return REPORT_BYTES;
    }
    const probe = this.#timers.isDue(Timer.tailProbe, now);
    if (!probe && !this.#timers.isDue(Timer.ping, now)) return 0;
    if (probe) {
      this.#timers.clear(Timer.tailProbe);
      this.#tailProbes++;
      if (this.#tailProbes < BOUNDS.tailProbes) this.#setTailProbe(now);
    }
    const early = this.#rtt.samples < BOUNDS.firstPings && !this.#suspended;
    this.#timers.set(Timer.ping, now + (early ? TIMES.firstPingMicros : TIMES.pingMicros));
    writePing(this.#plain, 0, now, this.#updateSender.lastFrame);
    return PING_BYTES;
  }

  #setTailProbe(now: Micros): void {
    const wait = this.#rtt.smoothed * 1.5 + TIMES.tailProbeMicros;
    this.#timers.set(Timer.tailProbe, now + wait * 2 ** this.#tailProbes);
  }

  #writeReport(now: Micros): void {
    const report = this.#ownReport;
    report.highestPacketNumber = this.#arrivals.highest;
    report.packetsReceived = this.#arrivals.received;
    report.packetsLost = this.#arrivals.lost;
    report.largestCompleteFrame = this.#reassembler?.largestComplete ?? 0;
    report.keyframeWanted = this.#keyframeWanted;
    report.keyframeSince = this.#keyframeSince;
    report.echoSentAt = this.#pongEcho;
    report.echoDelayMicros = this.#pongEcho === 0 ? 0 : now - this.#pingArrivedAt;
    writeReport(this.#plain, 0, report);
    if (!this.#keyframeWanted) {
      this.#timers.clear(Timer.report);
      return;
    }
    this.#timers.set(Timer.report, now + this.#keyframeRepeatMicros);
    this.#keyframeRepeatMicros = Math.min(
      TIMES.maxKeyframeRepeatMicros,
      this.#keyframeRepeatMicros * TIMES.keyframeRepeatFactor,
    );
  }

  #writeCursor(now: Micros): number {
    this.#cursorWanted = false;
    if (this.#cursorRepeats > 0)
      this.#timers.set(Timer.cursorRepeat, now + TIMES.cursorRepeatMicros);
    else this.#timers.clear(Timer.cursorRepeat);
    this.#cursorRepeats--;
    const position = this.#cursor!;
    writeCursorPosition(this.#plain, 0, this.#cursorSequence, position);
    return CURSOR_POSITION_BYTES;
  }

  #pollClose(now: Micros): Uint8Array | undefined {
    if (this.#closeSends >= BOUNDS.closeSends) return undefined;
    if (!this.#closeWanted && !this.#timers.isDue(Timer.close, now)) return undefined;
    this.#closeWanted = false;
    this.#closeSends++;
    this.#timers.set(Timer.close, now + TIMES.closeRetryMicros);
    const length = writeClose(this.#plain, 0, this.#closeReason, this.#closeMessage);
    return this.#seal(Channel.control, length);
  }

  #seal(channel: Channel, length: number): Uint8Array | undefined {
    if (this.#nextPacketNumber > MAX_PACKET_NUMBER) {
      this.abandon(Reasons.internalError, "packet numbers are used up");
      return undefined;
    }
    const slot = this.#pool.take();
    const number = this.#nextPacketNumber++;
    const { bytes, header } = slot;
    writePacketHeader(bytes, 0, channel, KEY_EPOCH, this.#remoteId, number);
    const plain = length === MAX_PAYLOAD_BYTES ? this.#plain : this.#plain.subarray(0, length);
    const total =
      PACKET_HEADER_BYTES + this.#sealer.seal(bytes, PACKET_HEADER_BYTES, number, header, plain);
    this.#bytesSent += total;
    return total === bytes.length ? bytes : bytes.subarray(0, total);
  }

  /** The text of the close that the opened packet is; undefined: it is something else. */
  #refusalIn(channel: number, length: number): string | undefined {
    if (channel !== Channel.control || this.#opened[0] !== ControlKind.close) return undefined;
    try {
      return readClose(this.#opened.subarray(0, length)).message;
    } catch {
      return "";
    }
  }

  /** Seals the very last packet, after which the key is gone. */
  #sealLast(channel: Channel, length: number): Uint8Array | undefined {
    const datagram = this.#seal(channel, length);
    this.#sealer[Symbol.dispose]();
    return datagram;
  }

  #takeWhileClosing(channel: number, length: number): void {
    const kind = channel === Channel.control && length > 0 ? this.#opened[0] : undefined;
    if (kind === ControlKind.close || kind === ControlKind.closeAcknowledged) this.#finish();
  }

  #take(channel: number, length: number, now: Micros): void {
    switch (channel) {
      case Channel.video:
        this.#takeVideo(length, now);
        return;
      case Channel.input:
        this.#events.push({
          type: "input",
          connection: this,
          datagram: this.#opened.subarray(0, length),
          receivedAt: now,
        });
        return;
      case Channel.feedback:
        this.#takeFeedback(this.#opened.subarray(0, length), now);
        return;
      case Channel.cursor: {
        const position = readCursorPosition(this.#opened.subarray(0, length));
        if (position.sequence <= this.#newestCursor) return;
        this.#newestCursor = position.sequence;
        this.#events.push({ type: "cursor", connection: this, position });
        return;
      }
      case Channel.control:
        this.#takeControl(this.#opened.subarray(0, length), now);
        return;
      default:
        this.#counters.unknownContent++;
    }
  }

  #takeVideo(length: number, now: Micros): void {
    this.#reassembler ??= new Reassembler();
    const fate = this.#reassembler.receive(this.#opened, length, now);
    this.#timers.setEarlier(Timer.report, now + TIMES.reportMicros);
    if (fate !== "kept") this.#counters.uselessFragment++;
    this.#drainUpdates(this.#reassembler, now);
  }

  #drainUpdates(reassembler: Reassembler, now: Micros): void {
    const lostBefore = reassembler.lost;
    for (let update = reassembler.poll(now); update !== undefined; update = reassembler.poll(now)) {
      if (update.keyframe && update.frameId > this.#keyframeSince) this.#keyframeWanted = false;
      this.#timers.setEarlier(Timer.report, now);
      this.#events.push({ type: "update", connection: this, update });
    }
    if (reassembler.lost === lostBefore) return;
    // A keyframe that came after the loss has mended it already.
    const mended = reassembler.largestKeyframe > reassembler.largestLost;
    if (!mended) this.#wantKeyframe(reassembler.largestLost, now);
  }

  #wantKeyframe(since: number, now: Micros): void {
    if (this.#keyframeWanted && this.#keyframeSince >= since) return;
    this.#keyframeWanted = true;
    this.#keyframeSince = since;
    this.#keyframeRepeatMicros = TIMES.keyframeRepeatMicros;
    this.#timers.set(Timer.report, now);
  }

  #takeFeedback(message: Uint8Array, now: Micros): void {
    switch (feedbackKind(message)) {
      case FeedbackKind.ping:
        readPing(message, this.#ping);
        this.#pongWanted = true;
        this.#pongEcho = this.#ping.sentAt;
        this.#pingArrivedAt = now;
        if (this.#ping.lastFrame > 0) {
          this.#reassembler ??= new Reassembler();
          this.#reassembler.noteSent(this.#ping.lastFrame, now);
          this.#drainUpdates(this.#reassembler, now);
        }
        return;
      case FeedbackKind.pong: {
        const pong = this.#pong;
        readPong(message, pong);
        if (pong.echoSentAt <= now)
          this.#rtt.addPong(pong.echoSentAt, pong.receivedAt, pong.sentAt, now);
        return;
      }
      case FeedbackKind.inputAcknowledged: {
        const sequence = readInputAcknowledged(message);
        if (sequence <= this.#newestAcknowledgedInput) return;
        this.#newestAcknowledgedInput = sequence;
        this.#events.push({ type: "input-acknowledged", connection: this, sequence });
        return;
      }
      case FeedbackKind.report:
        this.#takeReport(message, now);
        return;
      default:
        this.#counters.unknownContent++;
    }
  }

  #takeReport(message: Uint8Array, now: Micros): void {
    const report = this.#incomingReport;
    readReport(message, report);
    // An overtaken report is out of date.
    if (report.highestPacketNumber < this.#peerReport.highestPacketNumber) return;
    this.#incomingReport = this.#peerReport;
    this.#peerReport = report;
    if (report.echoSentAt > this.#reportedEcho && report.echoSentAt <= now) {
      this.#reportedEcho = report.echoSentAt;
      this.#rtt.addSample(now - report.echoSentAt - report.echoDelayMicros, now);
    }
    if (this.#updateSender.takeReport(report, this.#rtt.smoothed, now))
      this.#events.push({ type: "keyframe-requested", connection: this });
    if (this.#updateSender.isReported) this.#timers.clear(Timer.tailProbe);
  }

  #takeControl(message: Uint8Array, now: Micros): void {
    if (message.length === 0) throw new WireError("truncated", "an empty control packet");
    switch (message[0]) {
      case ControlKind.data: {
        const { streamOffset, bytes } = readControlData(message);
        this.#controlAcknowledgementWanted = true;
        try {
          this.#controlReceiver.receive(streamOffset, bytes);
          this.#drainControl();
        } catch (error) {
          if (!(error instanceof WireError)) throw error;
          this.close(Reasons.protocolError, error.message, now);
          throw error;
        }
        return;
      }
      case ControlKind.acknowledgement:
        this.#controlSender.acknowledge(readControlAcknowledgement(message));
        return;
      case ControlKind.close: {
        const { reason, message: text } = readClose(message);
        this.#closeAcknowledgementWanted = true;
        this.#end("closed", reason, text, true);
        return;
      }
      case ControlKind.closeAcknowledged:
        return;
      default:
        this.#counters.unknownContent++;
    }
  }

  #drainControl(): void {
    for (;;) {
      const bytes = this.#controlReceiver.poll();
      if (bytes === undefined) return;
      const message = decodeControl(bytes);
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
    if (!this.#closeAcknowledgementWanted) this.#sealer[Symbol.dispose]();
  }
}
