import type { Micros } from "../micros.ts";
import { SENT_STAMP_MICROS, SENT_STAMPS } from "../video-fragment.ts";

const CYCLE_MICROS: Micros = SENT_STAMPS * SENT_STAMP_MICROS;

/**
 * How long packets were on their way, but for an unknown constant: clocks need not agree, and stamps go round. What is
 * more than 65 ms later or earlier than the packet before it is taken for something else.
 */
export class PassageMeter {
  /** NaN: there is none yet. */
  #last: Micros = NaN;

  /** The passage of a packet with this stamp, 1 or more (see `writeSentStamp`). */
  passage(stamp: number, arrivedAt: Micros): Micros {
    const passage = arrivedAt - (stamp - 1) * SENT_STAMP_MICROS;
    if (Number.isNaN(this.#last)) this.#last = passage;
    const cycles = Math.round((passage - this.#last) / CYCLE_MICROS);
    this.#last = passage - cycles * CYCLE_MICROS;
    return this.#last;
  }
}
