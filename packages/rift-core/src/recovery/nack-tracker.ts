import { MILLISECOND, type Micros } from "../micros.ts";
import { MAX_PAYLOAD_BYTES } from "../packet.ts";
import { type FragmentHead, MAX_FRAGMENTS } from "../video-fragment.ts";
import { CadenceMeter } from "./cadence-meter.ts";
import {
  MAX_NACK_BITMAP_BYTES,
  NACK_ENTRY_BYTES,
  NACK_HEAD_BYTES,
  writeNackEntry,
  writeNackHead,
} from "./nack.ts";
import { DEADLINE_MICROS } from "./recovery-planner.ts";
import { TrainMeter } from "./train-meter.ts";

/** What came in after a missing fragment makes its loss certain enough: so many packets, or one and so much time … */
const REORDER_PACKETS = 3;
const REORDER_MICROS: Micros = MILLISECOND;
/** … or more where packets were seen to overtake each other, which fades by this with every packet. */
const MAX_REORDER_MICROS: Micros = 8 * MILLISECOND;
const REORDER_FADE = 0.9995;
/** Beyond the round trip: until the request is answered, and what the answer needs at the least. */
const ANSWER_MICROS: Micros = 3 * MILLISECOND;
const MARGIN_MICROS: Micros = MILLISECOND;
const MAX_UPDATES = 16;
/** A larger leap of the frame id is a new start, not a loss. */
const MAX_LEAP = 8;
/** Requests are told again, as they are lost too: so many times where it is the last round, so many before. */
const LAST_TELLS = 18;
const OTHER_TELLS = 3;
const LEAST_REPEAT_MICROS: Micros = 500;
const MOST_REPEAT_MICROS: Micros = 4 * MILLISECOND;
const MAX_ROUND = 255;

const State = { unknown: 0, received: 1, suspect: 2, asked: 3 } as const;

interface Tracked {
  /** 0: free. */
  frameId: number;
  /** 0: nothing of it came in, so that nobody knows; entry 0 below then stands for all of it. */
  count: number;
  received: number;
  /** One more than the highest index that came in or is taken for lost. */
  high: number;
  /** When its first fragment came in, or would have. */
  firstSeenAt: Micros;
  lastArrivalAt: Micros;
  /** Fragments that are suspect or asked for. */
  open: number;
  states: Uint8Array;
  rounds: Uint8Array;
  /** Of a suspect: since when, and after how many packets. Of one asked for: since when in this round. */
  since: Float64Array;
  evidence: Float64Array;
}

/**
 * Knows which fragments to ask for: those that newer packets, or the pace of their own update, show to be lost, as long
 * as an answer can still come in time. Rounds number the requests, so that telling one again asks for nothing twice.
 */
export class NackTracker {
  readonly #deadlineMicros: Micros;
  readonly #train = new TrainMeter();
  readonly #cadence = new CadenceMeter();
  readonly #tracked: Tracked[] = Array.from({ length: MAX_UPDATES }, () => ({
    frameId: 0,
    count: 0,
    received: 0,
    high: 0,
    firstSeenAt: 0,
    lastArrivalAt: 0,
    open: 0,
    states: new Uint8Array(64),
    rounds: new Uint8Array(64),
    since: new Float64Array(64),
    evidence: new Float64Array(64),
  }));
  readonly #bitmap: Uint8Array = new Uint8Array(MAX_NACK_BITMAP_BYTES);
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

  /** A fragment came in or was rebuilt, for the first time; `head` is borrowed. */
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
    if (index >= tracked.count || tracked.states[index] === State.received) return;
    if (tracked.states[index] !== State.unknown) {
      tracked.open--;
      this.#noteReordering(tracked, index, now);
    }
    tracked.states[index] = State.received;
    if (++tracked.received === tracked.count) {
      tracked.frameId = 0;
      return;
    }
    if (index < tracked.high) return;
    if (index === tracked.high && index > 0) this.#train.gap(now - tracked.lastArrivalAt);
    this.#suspect(tracked, index, now);
    tracked.high = index + 1;
    tracked.lastArrivalAt = now;
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
      const entries = Math.max(1, tracked.count);
      for (let at = 0; at < entries; at++) next = Math.min(next, this.#dueAt(tracked, at));
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
      const entries = Math.max(1, tracked.count);
      for (let at = 0; at < entries; at++) {
        if (this.#dueAt(tracked, at) > now) continue;
        due = true;
        if (this.#startsRound(tracked, at, now)) this.#startRound(tracked, at, now);
      }
    }
    return due ? this.#write(out, now) : 0;
  }

  #find(frameId: number): Tracked | undefined {
    for (const tracked of this.#tracked) if (tracked.frameId === frameId) return tracked;
    return undefined;
  }

  /** A fragment came in that was taken for lost: what no answer can have brought was overtaken. */
  #noteReordering(tracked: Tracked, at: number, now: Micros): void {
    const wasAsked = tracked.states[at] === State.asked;
    const lateMicros = now - tracked.since[at]!;
    if (wasAsked && (tracked.rounds[at]! > 1 || lateMicros >= this.#rttMicros * 0.9)) return;
    if (tracked.evidence[at] === -Infinity) {
      this.#train.stalled(lateMicros);
      return;
    }
    const reorderMicros = wasAsked ? lateMicros + this.#reorderMicros : lateMicros;
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
  #takeForetold(tracked: Tracked, begunAt: Micros, now: Micros): void {
    if (tracked.states[0] === State.asked && now - tracked.since[0]! >= this.#rttMicros * 0.9)
      return;
    this.#cadence.began(tracked.frameId, begunAt);
    tracked.states[0] = State.unknown;
    tracked.rounds[0] = 0;
    tracked.firstSeenAt = begunAt;
  }

  /** True while an answer to a request of now can come in time. */
  #canAnswer(tracked: Tracked, now: Micros): boolean {
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

  #open(frameId: number, firstSeenAt: Micros): Tracked {
    let chosen = this.#tracked[0]!;
    for (const tracked of this.#tracked) if (tracked.frameId < chosen.frameId) chosen = tracked;
    chosen.frameId = frameId;
    chosen.count = 0;
    chosen.received = 0;
    chosen.high = 0;
    chosen.open = 0;
    chosen.firstSeenAt = firstSeenAt;
    chosen.lastArrivalAt = firstSeenAt;
    chosen.states[0] = State.unknown;
    chosen.rounds[0] = 0;
    return chosen;
  }

  /** What did not come in before `end` is missing as of now. */
  #suspect(tracked: Tracked, end: number, now: Micros): void {
    for (let at = tracked.high; at < end; at++) {
      if (tracked.states[at] !== State.unknown) continue;
      tracked.states[at] = State.suspect;
      tracked.since[at] = now;
      tracked.evidence[at] = this.#packets;
      tracked.open++;
    }
    if (end > tracked.high) tracked.high = end;
  }

  /** When the next fragment of an update stays away for longer than its pace explains. */
  #overdueAt(tracked: Tracked): Micros {
    if (tracked.count === 0 || tracked.high >= tracked.count) return Infinity;
    return tracked.lastArrivalAt + this.#train.spacingMicros + this.#train.toleranceMicros;
  }

  #findOverdue(tracked: Tracked, now: Micros): void {
    while (this.#overdueAt(tracked) <= now) {
      const at = tracked.high;
      this.#suspect(tracked, at + 1, now);
      // It has waited long enough.
      tracked.evidence[at] = -Infinity;
      tracked.lastArrivalAt += this.#train.spacingMicros;
    }
  }

  /** When something is to be said of an entry. */
  #dueAt(tracked: Tracked, at: number): Micros {
    const state = tracked.states[at];
    const since = tracked.since[at]!;
    if (state === State.suspect) {
      const certain = this.#packets - tracked.evidence[at]! + 1 >= REORDER_PACKETS;
      return since + this.#reorderMicros + (certain ? 0 : REORDER_MICROS);
    }
    if (state !== State.asked || tracked.rounds[at] === MAX_ROUND) return Infinity;
    const nextRoundAt = since + this.#rttMicros + ANSWER_MICROS;
    const repeatMicros = this.#repeatMicros(tracked, since);
    const tellAt = Math.max(since, this.#toldAt) + repeatMicros;
    const tells = this.#isLastRound(tracked, since) ? LAST_TELLS : OTHER_TELLS;
    return tellAt < since + tells * repeatMicros ? Math.min(tellAt, nextRoundAt) : nextRoundAt;
  }

  #startsRound(tracked: Tracked, at: number, now: Micros): boolean {
    if (tracked.states[at] === State.suspect) return true;
    return now >= tracked.since[at]! + this.#rttMicros + ANSWER_MICROS;
  }

  #startRound(tracked: Tracked, at: number, now: Micros): void {
    tracked.states[at] = State.asked;
    tracked.rounds[at]!++;
    tracked.since[at] = now;
    this.#asked++;
  }

  #isLastRound(tracked: Tracked, since: Micros): boolean {
    const nextAt = since + this.#rttMicros + ANSWER_MICROS;
    return nextAt + this.#rttMicros + MARGIN_MICROS > tracked.firstSeenAt + this.#deadlineMicros;
  }

  #repeatMicros(tracked: Tracked, since: Micros): Micros {
    if (!this.#isLastRound(tracked, since))
      return Math.min(MOST_REPEAT_MICROS, Math.max(MILLISECOND, this.#rttMicros / 4));
    const end = tracked.firstSeenAt + this.#deadlineMicros - this.#rttMicros - MARGIN_MICROS;
    const micros = (end - since) / LAST_TELLS;
    return Math.min(2 * MILLISECOND, Math.max(LEAST_REPEAT_MICROS, micros));
  }

  /** Tells all that is asked for and not answered. */
  #write(out: Uint8Array, now: Micros): number {
    let offset = NACK_HEAD_BYTES;
    let entries = 0;
    for (const tracked of this.#tracked) {
      if (tracked.frameId === 0 || tracked.open === 0 || !this.#canAnswer(tracked, now)) continue;
      const end = Math.max(1, tracked.count);
      for (let at = 0; at < end && entries < 255; ) {
        if (tracked.states[at] !== State.asked) {
          at++;
          continue;
        }
        const span = this.#gather(tracked, at);
        const bitmapBytes = tracked.count === 0 ? 0 : (span + 7) >>> 3;
        if (offset + NACK_ENTRY_BYTES + bitmapBytes > MAX_PAYLOAD_BYTES) break;
        const entry = { frameId: tracked.frameId, round: tracked.rounds[at]!, firstIndex: at };
        offset = writeNackEntry(out, offset, entry, bitmapBytes);
        for (let byte = 0; byte < bitmapBytes; byte++) out[offset++] = this.#bitmap[byte]!;
        entries++;
        at += span;
      }
    }
    if (entries === 0) return 0;
    writeNackHead(out, 0, entries);
    this.#toldAt = now;
    return offset;
  }

  /** Collects the entries from `first` on that are asked for in the same round, up to one of another round; gives its span. */
  #gather(tracked: Tracked, first: number): number {
    const bitmap = this.#bitmap;
    const round = tracked.rounds[first];
    const end = Math.min(Math.max(1, tracked.count), first + 8 * bitmap.length);
    bitmap.fill(0);
    let span = 0;
    for (let at = first; at < end; at++) {
      if (tracked.states[at] !== State.asked) continue;
      if (tracked.rounds[at] !== round) break;
      const bit = at - first;
      bitmap[bit >>> 3]! |= 1 << (bit & 7);
      span = bit + 1;
    }
    return span;
  }
}

/** The first fragment of an update came in: what was known of the whole holds for each. */
function learnCount(tracked: Tracked, count: number): void {
  tracked.count = Math.min(count, MAX_FRAGMENTS);
  if (tracked.states.length < tracked.count) grow(tracked, tracked.count);
  const state = tracked.states[0]!;
  tracked.states.fill(state, 0, tracked.count);
  tracked.rounds.fill(tracked.rounds[0]!, 0, tracked.count);
  tracked.since.fill(tracked.since[0]!, 0, tracked.count);
  tracked.evidence.fill(tracked.evidence[0]!, 0, tracked.count);
  const known = state !== State.unknown;
  tracked.open = known ? tracked.count : 0;
  tracked.high = known ? tracked.count : 0;
}

function grow(tracked: Tracked, entries: number): void {
  const capacity = Math.min(MAX_FRAGMENTS, 2 ** Math.ceil(Math.log2(entries)));
  const { states, rounds, since, evidence } = tracked;
  tracked.states = new Uint8Array(capacity);
  tracked.rounds = new Uint8Array(capacity);
  tracked.since = new Float64Array(capacity);
  tracked.evidence = new Float64Array(capacity);
  tracked.states[0] = states[0]!;
  tracked.rounds[0] = rounds[0]!;
  tracked.since[0] = since[0]!;
  tracked.evidence[0] = evidence[0]!;
}
