import { MILLISECOND, type Micros } from "../micros.ts";
import { MAX_DATAGRAM_BYTES } from "../packet.ts";
import { chanceOfMoreLost } from "./burst-loss.ts";
import type { RepairPlan } from "./fec-encoder.ts";
import { LossPattern } from "./loss-pattern.ts";
import { RedundancyBudget } from "./redundancy-budget.ts";
import { MAX_REPAIR_ROWS, repairDepth } from "./repair-packet.ts";
import { fragmentCount } from "./repair-writer.ts";

/** How long after the way there an update is still of use. */
export const DEADLINE_MICROS: Micros = 50 * MILLISECOND;
/** From a fragment's loss until it is asked for, and from that request's arrival until it is sent again. */
const REACTION_MICROS: Micros = 3 * MILLISECOND;
/** What an update's own fragments take to leave, roughly. */
const TRAIN_MICROS: Micros = 6 * MILLISECOND;
/** Below this share of losses nothing is sent ahead. */
const LEAST_RATIO = 0.0005;
/** An update of at most so many fragments goes ahead twice: its loss shows only when the next one comes. */
const TINY_FRAGMENTS = 2;
const TINY_RATIO = 0.005;
/** Updates that may still fail for lack of repair packets sent ahead. */
const AHEAD_TARGET = 0.000_05;
/** The same for repeats that nobody can ask for again, if losses were single. */
const LAST_TARGET = 0.0008;
const MAX_LAST_ASKED = 64;
const MAX_LAST_REPAIRS = 8;

/**
 * Decides what is sent against losses: repair packets ahead where no request can come in time, repeats on request where
 * it can, and repair packets besides where it is the last one that can. All within the share that congestion control
 * allows, except a first repeat, which is always made.
 */
export class RecoveryPlanner {
  /** Fed by the owner with what becomes of every packet. */
  readonly pattern: LossPattern = new LossPattern();
  readonly budget: RedundancyBudget = new RedundancyBudget();
  readonly #deadlineMicros: Micros;
  readonly #plan: { depth: number; rows: number } = { depth: 1, rows: 0 };
  #rttMicros: Micros = 0;
  // Asked for in every packet's turn, so kept for the losses it was made for.
  readonly #singles: Uint8Array = new Uint8Array(MAX_LAST_ASKED + 1);
  #singlesRatio = -1;

  /** `deadlineMicros`: how long after its capture an update may leave for the last time. */
  constructor(deadlineMicros: Micros = DEADLINE_MICROS) {
    this.#deadlineMicros = deadlineMicros;
  }

  get deadlineMicros(): Micros {
    return this.#deadlineMicros;
  }

  /** The path's smoothed round trip. */
  get rttMicros(): Micros {
    return this.#rttMicros;
  }

  /** The path as it is: its smoothed round trip, and the share of the video's bytes that may be redundant, 0..0.5. */
  setPath(path: { readonly rttMicros: Micros; readonly redundancy: number }): void {
    this.#rttMicros = path.rttMicros;
    this.budget.share = path.redundancy;
  }

  /** True where a lost fragment can be asked for and still come in time. */
  get canAsk(): boolean {
    return this.#rttMicros + REACTION_MICROS + TRAIN_MICROS <= this.#deadlineMicros;
  }

  /** True where what is sent now can be lost, asked for again and still leave by `latestAt`. */
  canAskAgain(now: Micros, latestAt: Micros): boolean {
    return now + this.#rttMicros + REACTION_MICROS <= latestAt;
  }

  /** Fragments are spread so far that a burst seldom hits two: packets between two repairs of one update. */
  get packetsApart(): number {
    return Math.min(12, Math.max(2, Math.ceil(1.5 * this.pattern.burst)));
  }

  /** The repair packets to send with a new update of so many bytes; the same object each time. Call once an update. */
  planUpdate(bytes: number): Readonly<RepairPlan> {
    const plan = this.#plan;
    const count = fragmentCount(bytes);
    plan.depth = repairDepth(count);
    plan.rows = 0;
    this.budget.earn(bytes);
    const { ratio } = this.pattern;
    if (count <= TINY_FRAGMENTS && ratio >= TINY_RATIO) {
      plan.rows = 1;
      return plan;
    }
    if (ratio < LEAST_RATIO || this.canAsk) return plan;
    const members = Math.ceil(count / plan.depth);
    const affordable = Math.floor(this.budget.bytes / (MAX_DATAGRAM_BYTES * plan.depth));
    const most = Math.min(MAX_REPAIR_ROWS / 2, members, affordable);
    while (plan.rows < most && !this.#suffices(plan.rows, members, plan.depth)) plan.rows++;
    this.budget.spend(plan.rows * plan.depth * MAX_DATAGRAM_BYTES);
    return plan;
  }

  /**
   * How many repair packets go with the last repeats of `asked` fragments: what bursts take of them, and never fewer than
   * single losses ask for. The budget is the caller's to look at.
   */
  repairsWithLast(asked: number): number {
    const { ratio, burst } = this.pattern;
    // The figure creeps with every report; a table lasts until it has moved by a tenth.
    if (Math.abs(ratio - this.#singlesRatio) > 0.1 * ratio) {
      this.#singles.fill(0);
      this.#singlesRatio = ratio;
    }
    const size = Math.min(asked, MAX_LAST_ASKED);
    let singles = this.#singles[size]!;
    if (singles === 0) {
      const loss = { ratio, burst: 1 };
      do singles++;
      while (
        singles < MAX_LAST_REPAIRS &&
        chanceOfMoreLost(singles, size + singles, loss, 1) > LAST_TARGET
      );
      this.#singles[size] = singles;
    }
    // In a burst the packet after a lost one is lost with a chance of 1 - 1 / burst.
    const bursts = Math.ceil(size * (1 - 1 / burst)) + 1;
    return Math.min(MAX_LAST_REPAIRS, Math.max(singles, bursts));
  }

  #suffices(rows: number, members: number, depth: number): boolean {
    return chanceOfMoreLost(rows, members + rows, this.pattern, depth) <= AHEAD_TARGET;
  }
}
