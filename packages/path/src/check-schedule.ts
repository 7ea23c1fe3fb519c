import { MILLISECOND, type Micros } from "@wavry/rift-core";
import type { Candidate, Token } from "./candidate.ts";
import type { CandidateBook } from "./candidate-book.ts";
import { PATH_BOUNDS, PATH_TIMES } from "./constants.ts";
import type { PathSelector } from "./path-selector.ts";
import { isDirect, rankOf } from "./selection.ts";

/** A check that came hurries one of ours no more often than this. */
const TRIGGER_MICROS: Micros = 20 * MILLISECOND;

/** When which candidate is checked (spec/path.md §5). */
export class CheckSchedule {
  readonly #book: CandidateBook;
  readonly #selector: PathSelector;
  #paceAt: Micros;

  constructor(book: CandidateBook, selector: PathSelector, now: Micros) {
    this.#book = book;
    this.#selector = selector;
    this.#paceAt = now;
  }

  /** The candidate to check now: what is urgent, else the best rank and the longest wait; undefined: none is due. */
  nextDue(now: Micros): Candidate | undefined {
    let next: Candidate | undefined;
    for (const one of this.#book.all) {
      if (one.dueAt(this.#paceAt) > now) continue;
      if (next === undefined || goesBefore(one, next)) next = one;
    }
    return next;
  }

  /** A check goes to the candidate. */
  sent(candidate: Candidate, token: Token, now: Micros): void {
    if (!candidate.isUrgent) this.#paceAt = now + PATH_TIMES.paceMicros;
    candidate.checkSent(token, now);
    const { watch, selected } = this.#selector;
    if (candidate === selected) watch.checkSent();
    candidate.nextCheckAt = now + this.#waitAfterCheck(candidate, now);
  }

  /** A check came from the candidate. */
  checked(candidate: Candidate, now: Micros): void {
    if (candidate.state === "proven") return;
    if (now - candidate.lastCheckAt < TRIGGER_MICROS) return;
    if (candidate.state === "failed") candidate.startAnew(now);
    candidate.hurry(now);
  }

  /** An answer came from the candidate, which is proven. */
  answered(candidate: Candidate, now: Micros): void {
    const { selected, nomination, isClient } = this.#selector;
    // A nomination is due.
    if (candidate.isUrgent) return;
    if (!candidate.isMeasured) candidate.rest(now + PATH_TIMES.sampleMicros);
    else if (candidate !== selected) candidate.rest(this.#keepAliveAt(candidate, now));
    else if (!isClient || nomination.isConfirmed) candidate.rest(Infinity);
  }

  /** Lets go of what does not answer. */
  expire(now: Micros): void {
    for (const one of this.#book.all) {
      if (now < this.#expiresAt(one)) continue;
      if (one.state === "failed" || one.isBounded) this.#book.delete(one);
      else {
        one.state = "failed";
        one.since = now;
        one.nextCheckAt = now + this.#recheckMicros;
      }
    }
  }

  /** When something is due. */
  pollTimeout(): Micros {
    let next = Infinity;
    for (const one of this.#book.all) {
      if (one.owed !== undefined && one.canPay) return -Infinity;
      next = Math.min(next, one.dueAt(this.#paceAt), this.#expiresAt(one));
    }
    return next;
  }

  #waitAfterCheck(candidate: Candidate, now: Micros): Micros {
    const { watch, selected, nomination, isClient } = this.#selector;
    if (candidate === selected) {
      if (watch.isInDoubt) return PATH_TIMES.doubtCheckMicros;
      const rtt = candidate.slowestRttMicros;
      if (isClient && !nomination.isConfirmed) return nomination.nextWait(rtt);
      return candidate.isMeasured ? Infinity : Math.max(PATH_TIMES.keepAliveRetryMicros, rtt);
    }
    if (candidate.state === "failed") return this.#recheckMicros;
    if (candidate.state === "waiting") return nextRetry(candidate);
    const patience = Math.max(PATH_TIMES.keepAliveRetryMicros, 1.5 * candidate.slowestRttMicros);
    if (
      candidate.unanswered > PATH_BOUNDS.keepAliveChecks &&
      now - candidate.unansweredSince >= patience
    ) {
      candidate.startAnew(now);
      return nextRetry(candidate);
    }
    return watch.isInDoubt ? PATH_TIMES.doubtOtherMicros : patience;
  }

  #keepAliveAt(candidate: Candidate, now: Micros): Micros {
    if (this.#selector.watch.isInDoubt) return now + PATH_TIMES.doubtOtherMicros;
    const next = now + PATH_TIMES.keepAliveMicros;
    return candidate.holdUntil > now ? Math.min(next, candidate.holdUntil) : next;
  }

  /** When the candidate's silence has lasted for too long. */
  #expiresAt(candidate: Candidate): Micros {
    if (candidate === this.#selector.selected) return Infinity;
    switch (candidate.state) {
      case "proven":
        return Infinity;
      case "waiting":
        return candidate.since + PATH_TIMES.failMicros;
      case "failed":
        return candidate.isTold ? Infinity : candidate.since + PATH_TIMES.forgetMicros;
    }
  }

  get #recheckMicros(): Micros {
    const { selected } = this.#selector;
    const hasDirect = selected !== undefined && isDirect(selected);
    return hasDirect ? PATH_TIMES.idleRecheckMicros : PATH_TIMES.recheckMicros;
  }
}

function nextRetry(candidate: Candidate): Micros {
  const wait = candidate.retryMicros;
  candidate.retryMicros = Math.min(PATH_TIMES.maxRetryMicros, wait * 2);
  return wait;
}

function goesBefore(one: Candidate, other: Candidate): boolean {
  if (one.isUrgent !== other.isUrgent) return one.isUrgent;
  if (one.nextCheckAt !== other.nextCheckAt) return one.nextCheckAt < other.nextCheckAt;
  return rankOf(one) < rankOf(other);
}
