import {
  Channel,
  FeedbackKind,
  type Micros,
  readCursorPosition,
  readPathProbe,
  WireError,
} from "@wavry/rift-core";
import { ControlKind, readClose } from "@wavry/rift-core/control";
import type { Address } from "./admission.ts";
import type { Connection } from "./connection.ts";
import type { ConnectionParts } from "./connection-parts.ts";
import { Timer } from "./timers.ts";
import type { VideoIntake } from "./video-intake.ts";

/** What a packet can make a connection do. */
export interface DispatchTarget {
  /** A challenge came, to be answered with this token (owned). */
  answerPath(token: Uint8Array): void;
  /** The peer has proven that it is at the path validator's candidate; its answer came from here. */
  moveTo(from: Address, now: Micros): void;
  /** The peer did what no peer may do. */
  breakOff(message: string, now: Micros): void;
  /** The peer has closed. */
  closedByPeer(reason: number, message: string): void;
}

/** Takes what authentic packets of an open connection carry, channel by channel. */
export class PacketDispatch {
  readonly #connection: Connection;
  readonly #parts: ConnectionParts;
  readonly #intake: VideoIntake;
  readonly #target: DispatchTarget;
  #newestCursor = 0;

  constructor(
    connection: Connection,
    parts: ConnectionParts,
    intake: VideoIntake,
    target: DispatchTarget,
  ) {
    this.#connection = connection;
    this.#parts = parts;
    this.#intake = intake;
    this.#target = target;
  }

  /** Takes the packet that the opener has just opened. Throws WireError. */
  take(channel: number, length: number, from: Address, now: Micros, arrivedAt: Micros): void {
    const { opener, events, counters } = this.#parts;
    const connection = this.#connection;
    switch (channel) {
      case Channel.video:
      case Channel.repair:
        this.#intake.take(channel, opener.opened, length, now, arrivedAt);
        return;
      case Channel.input: {
        const datagram = opener.payload(length);
        events.push({ type: "input", connection, datagram, receivedAt: now });
        return;
      }
      case Channel.feedback:
        this.#takeFeedback(opener.payload(length), from, now);
        return;
      case Channel.cursor: {
        const position = readCursorPosition(opener.payload(length));
        if (position.sequence <= this.#newestCursor) return;
        this.#newestCursor = position.sequence;
        events.push({ type: "cursor", connection, position });
        return;
      }
      case Channel.control:
        this.#takeControl(opener.payload(length), now);
        return;
      default:
        counters.unknownContent++;
    }
  }

  /** The text of the close that the opened packet is; undefined: it is something else. */
  refusalIn(channel: number, length: number): string | undefined {
    const { opener } = this.#parts;
    if (channel !== Channel.control || opener.opened[0] !== ControlKind.close) return undefined;
    try {
      return readClose(opener.payload(length)).message;
    } catch {
      return "";
    }
  }

  /** True where the opened packet is a close, or says that ours has come. */
  isEnd(channel: number, length: number): boolean {
    if (channel !== Channel.control || length === 0) return false;
    const kind = this.#parts.opener.opened[0];
    return kind === ControlKind.close || kind === ControlKind.closeAcknowledged;
  }

  #takeFeedback(message: Uint8Array, from: Address, now: Micros): void {
    const { feedback, events, updates, paths, counters } = this.#parts;
    const connection = this.#connection;
    switch (message[0]) {
      case FeedbackKind.pathChallenge:
        this.#target.answerPath(readPathProbe(message).slice());
        return;
      case FeedbackKind.pathAnswer:
        if (paths.isProvenBy(readPathProbe(message))) this.#target.moveTo(from, now);
        return;
      case FeedbackKind.nack:
        updates.takeRequest(message, now);
        return;
    }
    switch (feedback.take(message, now)) {
      case "unknown":
        counters.unknownContent++;
        return;
      case "ping":
        this.#takePing(now);
        return;
      case "report":
        this.#takeArrivals(now);
        return;
      case "keyframe-requested":
        this.#takeArrivals(now);
        events.push({ type: "keyframe-requested", connection });
        return;
      case "input-acknowledged": {
        const sequence = feedback.acknowledgedInput;
        events.push({ type: "input-acknowledged", connection, sequence });
      }
    }
  }

  #takePing(now: Micros): void {
    const { feedback, arrivalLog, timers } = this.#parts;
    if (feedback.pingedFrame === 0) return;
    // Its sender waits for news of what it sent.
    if (arrivalLog.unreported > 1) timers.setEarlier(Timer.report, now);
    this.#intake.noteSent(feedback.pingedFrame, now);
  }

  #takeArrivals(now: Micros): void {
    const { feedback, video, events } = this.#parts;
    const arrivals = feedback.peerArrivals;
    if (arrivals.count > 0 && video.takeArrivals(arrivals, now))
      events.push({ type: "pace-changed", connection: this.#connection });
  }

  #takeControl(message: Uint8Array, now: Micros): void {
    const { control, goodbye, counters, packets } = this.#parts;
    if (message.length === 0) throw new WireError("truncated", "an empty control packet");
    switch (message[0]) {
      case ControlKind.data:
        try {
          control.takeData(message);
          this.#drainControl();
        } catch (error) {
          if (!(error instanceof WireError)) throw error;
          this.#target.breakOff(error.message, now);
          throw error;
        }
        return;
      case ControlKind.acknowledgement:
        control.takeAcknowledgement(message);
        return;
      case ControlKind.close: {
        const { reason, message: text } = readClose(message);
        goodbye.acknowledge();
        this.#target.closedByPeer(reason, text);
        return;
      }
      case ControlKind.closeAcknowledged:
        return;
      case ControlKind.rekeyOffer:
      case ControlKind.rekeyAnswer:
        control.takeRekey(message, packets, now);
        return;
      default:
        counters.unknownContent++;
    }
  }

  #drainControl(): void {
    const { control, counters, events } = this.#parts;
    for (;;) {
      const message = control.pollMessage();
      if (message === undefined) return;
      if (message.body.case === undefined) counters.unknownContent++;
      else events.push({ type: "control", connection: this.#connection, message });
    }
  }
}
