import {
  Channel,
  FeedbackKind,
  LengthViews,
  MAX_PAYLOAD_BYTES,
  type Micros,
  PATH_PROBE_BYTES,
  writePathProbe,
} from "@wavry/rift-core";
import { ControlKind } from "@wavry/rift-core/control";
import type { Address } from "./admission.ts";
import type { ConnectionParts } from "./connection-parts.ts";
import { BOUNDS } from "./constants.ts";
import type { PooledDatagram } from "./datagram-pool.ts";
import type { VideoIntake } from "./video-intake.ts";

/**
 * What of a connection leaves next: input before all else, then what is small and urgent, video last. Every datagram is
 * sealed here.
 */
export class TransmitOrder {
  readonly #parts: ConnectionParts;
  readonly #intake: VideoIntake;
  readonly #onUsedUp: () => void;
  /** Where a payload is written before it is sealed, but for video. */
  readonly #plain = new LengthViews(MAX_PAYLOAD_BYTES);
  readonly #inputs: Uint8Array[] = [];
  #pathAnswer: Uint8Array | undefined;
  #destination: Address | undefined;
  #hasAsked = false;

  /** `onUsedUp`: there are no more packet numbers. */
  constructor(parts: ConnectionParts, intake: VideoIntake, onUsedUp: () => void) {
    this.#parts = parts;
    this.#intake = intake;
    this.#onUsedUp = onUsedUp;
  }

  /** Where the last datagram goes; undefined: to the peer's address in use. */
  get destination(): Address | undefined {
    return this.#destination;
  }

  /** Whether something that the peer answers was sent since the last call. */
  takeAsked(): boolean {
    const asked = this.#hasAsked;
    this.#hasAsked = false;
    return asked;
  }

  /** Queues an input datagram (borrowed); the oldest makes room. */
  pushInput(datagram: Uint8Array): void {
    if (this.#inputs.length >= BOUNDS.maxQueuedInputs) {
      this.#inputs.shift();
      this.#parts.counters.replacedInput++;
    }
    this.#inputs.push(datagram);
  }

  /** Queues the answer to a path challenge (owned). */
  answerPath(token: Uint8Array): void {
    this.#pathAnswer = token;
  }

  /** Forgets what is queued. */
  clear(): void {
    this.#inputs.length = 0;
    this.#parts.updates.clear();
  }

  /** The next datagram of an open connection, borrowed from the pool; undefined: nothing to send now. */
  poll(isSuspended: boolean, now: Micros): PooledDatagram | undefined {
    this.#destination = undefined;
    const { paths, feedback, cursor, control, video, updates, rtt, packets } = this.#parts;
    const plain = this.#plain.bytes;
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
    const { candidate } = paths;
    const token = paths.poll(now);
    if (candidate !== undefined && token !== undefined) {
      this.#destination = candidate;
      writePathProbe(plain, 0, FeedbackKind.pathChallenge, token);
      return this.#seal(Channel.feedback, PATH_PROBE_BYTES, now);
    }
    const requestBytes = this.#intake.pollRequest(plain, now);
    if (requestBytes > 0) return this.#seal(Channel.feedback, requestBytes, now);
    const feedbackBytes = feedback.poll(plain, this.#intake.largestComplete, isSuspended, now);
    if (feedbackBytes > 0) return this.#seal(Channel.feedback, feedbackBytes, now);
    const cursorBytes = cursor.poll(plain, now);
    if (cursorBytes > 0) return this.#seal(Channel.cursor, cursorBytes, now);
    const controlBytes = control.poll(plain, packets, rtt.retransmitMicros, now);
    if (controlBytes > 0) return this.#seal(Channel.control, controlBytes, now);
    const payload = video.poll(now);
    this.#intake.rest(now);
    if (payload === undefined) return undefined;
    if (!updates.hasQueued) feedback.updatesSent(now);
    const channel = updates.polled === "repair" ? Channel.repair : Channel.video;
    return this.#sealPayload(channel, payload, now);
  }

  /** The next datagram of a connection that is being closed; undefined: nothing to send now. */
  pollClose(now: Micros): PooledDatagram | undefined {
    this.#destination = undefined;
    const length = this.#parts.goodbye.poll(this.#plain.bytes, now);
    return length === 0 ? undefined : this.#seal(Channel.control, length, now);
  }

  /** The last datagram of all; undefined: there is none. */
  pollAcknowledgement(now: Micros): PooledDatagram | undefined {
    this.#destination = undefined;
    const length = this.#parts.goodbye.pollAcknowledgement(this.#plain.bytes);
    if (length === 0) return undefined;
    const last = this.#seal(Channel.control, length, now);
    this.#parts.sealer[Symbol.dispose]();
    return last;
  }

  #seal(channel: Channel, length: number, now: Micros): PooledDatagram | undefined {
    return this.#sealPayload(channel, this.#plain.first(length), now);
  }

  #sealPayload(channel: Channel, payload: Uint8Array, now: Micros): PooledDatagram | undefined {
    const { sealer, video } = this.#parts;
    this.#hasAsked ||= isAnswered(channel, payload[0]);
    const datagram = sealer.seal(channel, payload);
    if (datagram === undefined) this.#onUsedUp();
    else {
      const isVideo = channel === Channel.video || channel === Channel.repair;
      video.packetSent(sealer.packetsSent, datagram.length, isVideo, now);
    }
    return datagram;
  }
}

/** Whether a peer says something at once when this comes. */
function isAnswered(channel: Channel, kind: number | undefined): boolean {
  switch (channel) {
    case Channel.feedback:
      return kind === FeedbackKind.ping;
    case Channel.control:
      return kind === ControlKind.data;
    case Channel.cursor:
      return false;
    default:
      return true;
  }
}
