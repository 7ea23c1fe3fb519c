import { MILLISECOND, type Micros } from "../micros.ts";
import type { FragmentHead } from "../video-fragment.ts";
import { CadenceMeter } from "./cadence-meter.ts";
import { DEADLINE_MICROS } from "./recovery-planner.ts";
import { RequestWriter } from "./request-writer.ts";
import {
  FragmentState,
  learnCount,
  newTrackedUpdate,
  type TrackedUpdate,
} from "./tracked-update.ts";
import { TrainMeter } from "./train-meter.ts";

/** What came in after a missing fragment makes its loss certain enough: so many packets, or one and so much time … */
const REORDER_PACKETS = 2;
const REORDER_MICROS: Micros = MILLISECOND;
/** … or more where packets were seen to overtake each other, which fades by this with every packet. */
const MAX_REORDER_MICROS: Micros = 8 * MILLISECOND;
const REORDER_FADE = 0.9995;
const REORDER_SAFETY = 1.25;
/** Beyond the round trip: until the request is answered, and what the answer needs at the least. */
const ANSWER_MICROS: Micros = 3 * MILLISECOND;
const MARGIN_MICROS: Micros = MILLISECOND;
const MAX_UPDATES = 16;
/** A larger leap of the frame id is a new start, not a loss. */
const MAX_LEAP = 8;
/** Requests are told again, as they are lost too: so many times where it is the last round, so many before. */
const LAST_TELLS = 17;
const OTHER_TELLS = 3;
const LEAST_REPEAT_MICROS: Micros = 250;
const MOST_REPEAT_MICROS: Micros = 4 * MILLISECOND;
const MAX_ROUND = 255;

/**
 * Knows which fragments to ask for: those that newer packets, or the pace of their own update, show to be lost, as long
 * as an answer can still come in time. Rounds number the requests, so that telling one again asks for nothing twice.
 */
export class NackTracker {
  readonly #deadlineMicros: Micros;
  readonly #train = new TrainMeter();
  readonly #cadence = new CadenceMeter();
  readonly #tracked: TrackedUpdate[] = Array.from({ length: MAX_UPDATES }, newTrackedUpdate);
  readonly #request = new RequestWriter();
  #rttMicros: Micros = 30 * MILLISECOND;
  #newest = 0;
  /** The update that was foretold and did not come; 0: none. */
  #foretold = 0;
  /** Fragments of the newest update that came in. */
  #lastCount = 0;
  #packets = 0;
  /** How much later than the next one a fragment has come in. */
  #reorderMicros: Micros = 0;
  #toldAt: Micros = -Infinity;
  #asked = 0;

  /** `deadlineMicros`: how long after its first fragment an update is still of use. */
  constructor(deadlineMicros: Micros = DEADLINE_MICROS) {
    this.#deadlineMicros = deadlineMicros;
  }

  /** Fragments that were asked for, each round counted; whole updates as one. */
  get asked(): number {
    return this.#asked;
  }

  /** The path's smoothed round trip. */
  setRtt(rttMicros: Micros): void {
    this.#rttMicros = rttMicros;
  }

  /** A fragment came in for the first time; `head` is borrowed. */
  fragmentReceived(head: Readonly<FragmentHead>, now: Micros): void {
    const { frameId, index, count } = head;
    if (frameId < this.#newest) this.#tookTurn();
    else {
      this.#packets++;
      this.#reorderMicros *= REORDER_FADE;
    }
    const begunAt = now - index * this.#train.spacingMicros;
    if (frameId > this.#newest) {
      this.#advance(frameId, begunAt, now);
      this.#cadence.began(frameId, begunAt);
      this.#lastCount = count;
    }
    const tracked = this.#find(frameId);
    if (tracked === undefined) return;
    if (tracked.count === 0) {
      if (frameId === this.#foretold) this.#takeForetold(tracked, begunAt, now);
      learnCount(tracked, count);
    }
    if (index >= tracked.count || tracked.states[index] === FragmentState.received) return;
    if (tracked.states[index] !== FragmentState.unknown) this.#noteReordering(tracked, index, now);
    this.#receive(tracked, index);
    if (tracked.frameId === 0 || index < tracked.high) return;
    if (index === tracked.high && index > 0) this.#train.gap(now - tracked.lastArrivalAt);
    this.#suspect(tracked, index, now);
    tracked.high = index + 1;
    tracked.lastArrivalAt = now;
  }

  /** A fragment was rebuilt: it is not asked for any more. */
  fragmentRecovered(frameId: number, index: number): void {
    const tracked = this.#find(frameId);
    if (tracked === undefined || index >= tracked.count) return;
    if (tracked.states[index] !== FragmentState.received) this.#receive(tracked, index);
  }

  /** The sender says that it has sent all updates up to this one. */
  allSent(frameId: number, now: Micros): void {
    if (frameId > this.#newest) this.#advance(frameId, now, now);
    else if (frameId < this.#newest) this.#tookTurn();
    for (const tracked of this.#tracked)
      if (tracked.frameId !== 0 && tracked.frameId <= frameId)
        this.#suspect(tracked, Math.max(1, tracked.count), now);
  }

  /** An update is complete or given up: nothing of it is asked for any more. */
  closed(frameId: number): void {
    const tracked = this.#find(frameId);
    if (tracked !== undefined) tracked.frameId = 0;
  }

  /** The same for all before `frameId`. */
  forgetBefore(frameId: number): void {
    for (const tracked of this.#tracked) if (tracked.frameId < frameId) tracked.frameId = 0;
  }

  /** When `poll` should be called; Infinity: not. */
  pollTimeout(now: Micros): Micros {
    let next = this.#foretellAt();
    for (const tracked of this.#tracked) {
      if (tracked.frameId === 0 || !this.#canAnswer(tracked, now)) continue;
      next = Math.min(next, this.#overdueAt(tracked));
      if (tracked.open === 0) continue;
      for (let at = tracked.low; at < tracked.high; at++)
        next = Math.min(next, this.#dueAt(tracked, at));
    }
    return next;
  }

  /** Writes a request into `out` (1168 bytes); returns its length, 0: there is nothing to say now. */
  poll(out: Uint8Array, now: Micros): number {
    let due = false;
    if (this.#foretellAt() <= now) this.#foretell(now);
    for (const tracked of this.#tracked) {
      if (tracked.frameId === 0 || !this.#canAnswer(tracked, now)) continue;
      this.#findOverdue(tracked, now);
      if (tracked.open === 0) continue;
      for (let at = tracked.low; at < tracked.high; at++) {
        if (this.#dueAt(tracked, at) > now) continue;
        due = true;
        if (this.#startsRound(tracked, at, now)) this.#startRound(tracked, at, now);
      }
    }
    return due ? this.#write(out, now) : 0;
  }

  #receive(tracked: TrackedUpdate, index: number): void {
    const { states } = tracked;
    if (states[index] !== FragmentState.unknown) tracked.open--;
    states[index] = FragmentState.received;
    if (++tracked.received === tracked.count) tracked.frameId = 0;
    while (tracked.low < tracked.high && states[tracked.low] === FragmentState.received)
      tracked.low++;
  }

  #find(frameId: number): TrackedUpdate | undefined {
    for (const tracked of this.#tracked) if (tracked.frameId === frameId) return tracked;
    return undefined;
  }

  /** A fragment came in that was taken for lost: what no answer can have brought was overtaken. */
  #noteReordering(tracked: TrackedUpdate, at: number, now: Micros): void {
    const wasAsked = tracked.states[at] === FragmentState.asked;
    const lateMicros = now - tracked.since[at]!;
    if (wasAsked && (tracked.rounds[at]! > 1 || lateMicros >= this.#rttMicros * 0.9)) return;
    if (tracked.evidence[at] === -Infinity) {
      this.#train.stalled(lateMicros);
      return;
    }
    const reorderMicros =
      REORDER_SAFETY * (wasAsked ? lateMicros + this.#reorderMicros : lateMicros);
    if (reorderMicros > this.#reorderMicros)
      this.#reorderMicros = Math.min(MAX_REORDER_MICROS, reorderMicros);
  }

  /** A packet of an older update came in: those of the newest one come in later for it. */
  #tookTurn(): void {
    const newest = this.#find(this.#newest);
    if (newest !== undefined) newest.lastArrivalAt += this.#train.spacingMicros;
  }

  /** When the next update is taken for lost, as nothing of it has come in. */
  #foretellAt(): Micros {
    if (this.#foretold === this.#newest) return Infinity;
    // Its first fragments alone may be lost; then the others tell.
    const trainMicros = 1.2 * this.#lastCount * this.#train.spacingMicros;
    return this.#cadence.nextAt + this.#cadence.toleranceMicros + trainMicros;
  }

  #foretell(now: Micros): void {
    const frameId = this.#newest + 1;
    this.#advance(frameId, this.#cadence.nextAt, now);
    this.#foretold = frameId;
    const tracked = this.#find(frameId)!;
    this.#suspect(tracked, 1, now);
    tracked.evidence[0] = -Infinity;
  }

  /** A foretold update comes after all, and sooner than an answer could: it is new. */
  #takeForetold(tracked: TrackedUpdate, begunAt: Micros, now: Micros): void {
    const wasAsked = tracked.states[0] === FragmentState.asked;
    const isAnswer = wasAsked && now - tracked.since[0]! >= this.#rttMicros * 0.9;
    // After its time nothing of it is sent again: then it was not lost, but is new.
    if (isAnswer && now < tracked.firstSeenAt + this.#deadlineMicros) return;
    this.#cadence.began(tracked.frameId, begunAt);
    tracked.states[0] = FragmentState.unknown;
    tracked.rounds[0] = 0;
    tracked.high = 0;
    tracked.firstSeenAt = begunAt;
  }

  /** True while an answer to a request of now can come in time. */
  #canAnswer(tracked: TrackedUpdate, now: Micros): boolean {
    return now + this.#rttMicros + MARGIN_MICROS <= tracked.firstSeenAt + this.#deadlineMicros;
  }

  #advance(frameId: number, firstSeenAt: Micros, now: Micros): void {
    const leap = frameId - this.#newest > MAX_LEAP;
    for (const tracked of this.#tracked)
      if (tracked.frameId !== 0) this.#suspect(tracked, Math.max(1, tracked.count), now);
    for (let missed = leap ? frameId : this.#newest + 1; missed <= frameId; missed++) {
      const tracked = this.#open(missed, firstSeenAt);
      if (missed < frameId) this.#suspect(tracked, 1, now);
    }
    this.#newest = frameId;
  }

  #open(frameId: number, firstSeenAt: Micros): TrackedUpdate {
    let chosen = this.#tracked[0]!;
    for (const tracked of this.#tracked) if (tracked.frameId < chosen.frameId) chosen = tracked;
    chosen.frameId = frameId;
    chosen.count = 0;
    chosen.received = 0;
    chosen.low = 0;
    chosen.high = 0;
    chosen.open = 0;
    chosen.firstSeenAt = firstSeenAt;
    chosen.lastArrivalAt = firstSeenAt;
    chosen.states[0] = FragmentState.unknown;
    chosen.rounds[0] = 0;
    return chosen;
  }

  /** What did not come in before `end` is missing as of now. */
  #suspect(tracked: TrackedUpdate, end: number, now: Micros): void {
    for (let at = tracked.high; at < end; at++) {
      if (tracked.states[at] !== FragmentState.unknown) continue;
      tracked.states[at] = FragmentState.suspect;
      tracked.since[at] = now;
      tracked.evidence[at] = this.#packets;
      tracked.open++;
    }
    if (end > tracked.high) tracked.high = end;
  }

  /** When the next fragment of an update stays away for longer than its pace explains. */
  #overdueAt(tracked: TrackedUpdate): Micros {
    if (tracked.count === 0 || tracked.high >= tracked.count) return Infinity;
    return tracked.lastArrivalAt + this.#train.spacingMicros + this.#train.toleranceMicros;
  }

  #findOverdue(tracked: TrackedUpdate, now: Micros): void {
    while (this.#overdueAt(tracked) <= now) {
      const at = tracked.high;
      this.#suspect(tracked, at + 1, now);
      // It has waited long enough.
      tracked.evidence[at] = -Infinity;
      tracked.lastArrivalAt += this.#train.spacingMicros;
    }
  }

  /** When something is to be said of an entry. */
  #dueAt(tracked: TrackedUpdate, at: number): Micros {
    const state = tracked.states[at];
    const since = tracked.since[at]!;
    if (state === FragmentState.suspect) {
      const certain = this.#packets - tracked.evidence[at]! + 1 >= REORDER_PACKETS;
      return since + this.#reorderMicros + (certain ? 0 : REORDER_MICROS);
    }
    if (state !== FragmentState.asked || tracked.rounds[at] === MAX_ROUND) return Infinity;
    const nextRoundAt = since + this.#rttMicros + ANSWER_MICROS;
    const repeatMicros = this.#repeatMicros(tracked, since);
    const tellAt = Math.max(since, this.#toldAt) + repeatMicros;
    const tells = this.#isLastRound(tracked, since) ? LAST_TELLS : OTHER_TELLS;
    return tellAt < since + tells * repeatMicros ? Math.min(tellAt, nextRoundAt) : nextRoundAt;
  }

  #startsRound(tracked: TrackedUpdate, at: number, now: Micros): boolean {
    if (tracked.states[at] === FragmentState.suspect) return true;
    return now >= tracked.since[at]! + this.#rttMicros + ANSWER_MICROS;
  }

  #startRound(tracked: TrackedUpdate, at: number, now: Micros): void {
    tracked.states[at] = FragmentState.asked;
    tracked.rounds[at]!++;
    tracked.since[at] = now;
    this.#asked++;
  }

  #isLastRound(tracked: TrackedUpdate, since: Micros): boolean {
    const nextAt = since + this.#rttMicros + ANSWER_MICROS;
    return nextAt + this.#rttMicros + MARGIN_MICROS > tracked.firstSeenAt + this.#deadlineMicros;
  }

  #repeatMicros(tracked: TrackedUpdate, since: Micros): Micros {
    if (!this.#isLastRound(tracked, since))
      return Math.min(MOST_REPEAT_MICROS, Math.max(MILLISECOND, this.#rttMicros / 4));
    const end = tracked.firstSeenAt + this.#deadlineMicros - this.#rttMicros - MARGIN_MICROS;
    const micros = (0.5 * (end - since)) / LAST_TELLS;
    return Math.min(2 * MILLISECOND, Math.max(LEAST_REPEAT_MICROS, micros));
  }

  /** Tells all that is asked for and not answered. */
  #write(out: Uint8Array, now: Micros): number {
    this.#request.begin(out);
    for (const tracked of this.#tracked)
      if (tracked.frameId !== 0 && tracked.open > 0 && this.#canAnswer(tracked, now))
        this.#request.add(tracked);
    const length = this.#request.end();
    if (length > 0) this.#toldAt = now;
    return length;
  }
}
