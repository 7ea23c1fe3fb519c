import { type Micros, WireError } from "@wavry/rift-core";
import {
  type Control,
  type ControlInit,
  ControlKind,
  decodeControl,
  encodeControl,
  readControlAcknowledgement,
  readControlData,
  readRekey,
  writeControlAcknowledgement,
  writeRekey,
} from "@wavry/rift-core/control";
import { HandshakeError } from "@wavry/rift-crypto";
import { ControlReceiver } from "./control-receiver.ts";
import { ControlSender } from "./control-sender.ts";
import type { Rekeying } from "./rekeying.ts";

/** Offers of new keys are this far apart where no round trip is known. */
const OFFER_MICROS: Micros = 250_000;

/** The channel of control packets (spec/rift.md §7): the stream both ways, its acknowledgements, changes of keys. */
export class ControlChannel {
  readonly #sender = new ControlSender();
  readonly #receiver = new ControlReceiver();
  readonly #rekeying: Rekeying;
  #acknowledgementWanted = false;

  constructor(rekeying: Rekeying) {
    this.#rekeying = rekeying;
  }

  /** Bytes that the peer has not acknowledged. */
  get bufferedBytes(): number {
    return this.#sender.bufferedBytes;
  }

  /** Queues a message; false: too much waits already. */
  push(message: ControlInit): boolean {
    return this.#sender.push(encodeControl(message));
  }

  /** Writes the next packet's content into `out`; gives its length, 0: nothing is due. `packets`: of both directions. */
  poll(
    out: Uint8Array,
    packets: number,
    retransmitMicros: Micros | undefined,
    now: Micros,
  ): number {
    const rekey = this.#rekeying.poll(now, packets, retransmitMicros ?? OFFER_MICROS);
    if (rekey !== undefined)
      return writeRekey(
        out,
        0,
        this.#rekeying.initiator ? ControlKind.rekeyOffer : ControlKind.rekeyAnswer,
        rekey,
      );
    if (this.#acknowledgementWanted) {
      this.#acknowledgementWanted = false;
      return writeControlAcknowledgement(out, 0, this.#receiver.acknowledgement());
    }
    return this.#sender.poll(out, now);
  }

  handleTimeout(now: Micros, retransmitMicros: Micros | undefined): void {
    this.#sender.handleTimeout(now, retransmitMicros);
  }

  pollTimeout(retransmitMicros: Micros | undefined): Micros {
    return Math.min(this.#sender.nextTimeout(retransmitMicros), this.#rekeying.pollTimeout());
  }

  /** Takes a piece of the stream. Throws WireError, after which the stream cannot go on. */
  takeData(packet: Uint8Array): void {
    const { streamOffset, bytes } = readControlData(packet);
    this.#acknowledgementWanted = true;
    this.#receiver.receive(streamOffset, bytes);
  }

  /** The next message; undefined: none is whole. Throws WireError, after which the stream cannot go on. */
  pollMessage(): Control | undefined {
    const bytes = this.#receiver.poll();
    return bytes === undefined ? undefined : decodeControl(bytes);
  }

  takeAcknowledgement(packet: Uint8Array): void {
    this.#sender.acknowledge(readControlAcknowledgement(packet));
  }

  /** Takes an offer or an answer. Throws WireError. */
  takeRekey(packet: Uint8Array, packets: number, now: Micros): void {
    const frame = readRekey(packet);
    try {
      if (packet[0] === ControlKind.rekeyOffer) this.#rekeying.takeOffer(frame);
      else this.#rekeying.takeAnswer(frame, packets, now);
    } catch (error) {
      if (!(error instanceof HandshakeError)) throw error;
      throw new WireError("malformed", "a key that is none");
    }
  }
}
