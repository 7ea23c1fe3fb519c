import type { Micros } from "@wavry/rift-core";
import type { Candidate, PathStatus } from "./candidate.ts";
import type { CandidateBook } from "./candidate-book.ts";
import { PATH_BOUNDS, PATH_TIMES } from "./constants.ts";
import type { PathCounters } from "./counters.ts";
import { Nomination } from "./nomination.ts";
import { bestOf, holdMicros, isMuchQuicker, rankOf } from "./selection.ts";
import { PathWatch } from "./watch.ts";

/** News for the program. */
export type PathEvent =
  /** An answer came from there, for the first time or after a silence. */
  | { readonly type: "proven"; readonly path: PathStatus }
  /** Send there from now on. `previous` is not "proven" where it has died. */
  | { readonly type: "selected"; readonly path: PathStatus; readonly previous?: PathStatus }
  /** The selected one is dead and no other is proven. */
  | { readonly type: "lost"; readonly path: PathStatus };

/** Which path is in use (spec/path.md §6): the client chooses, the host follows, and both leave one that has died. */
export class PathSelector {
  readonly watch: PathWatch = new PathWatch();
  readonly nomination: Nomination = new Nomination();
  readonly isClient: boolean;
  readonly #book: CandidateBook;
  readonly #counters: PathCounters;
  readonly #events: PathEvent[] = [];
  #selected: Candidate | undefined;
  #selectedAt: Micros = -Infinity;
  #changedForSpeedAt: Micros = -Infinity;
  /** Something was selected once: a host without a path then takes any that is proven. */
  #hasSelected = false;
  /** The client's newest nomination, which the host follows as soon as it has proof of its own. */
  #nominated: Candidate | undefined;
  #nominatedSequence = 0;

  constructor(role: "client" | "host", book: CandidateBook, counters: PathCounters) {
    this.isClient = role === "client";
    this.#book = book;
    this.#counters = counters;
  }

  get selected(): Candidate | undefined {
    return this.#selected;
  }

  /** A valid answer came from the candidate; `isInUse`: the peer says that it uses the path. */
  answered(candidate: Candidate, isInUse: boolean, now: Micros): void {
    if (candidate === this.#selected) {
      this.watch.reset();
      if (isInUse) this.nomination.confirm();
    }
    if (candidate.state !== "proven") {
      candidate.state = "proven";
      candidate.provenAt ??= now;
      this.#push({ type: "proven", path: candidate.status(candidate === this.#selected) });
    }
    this.proven(candidate, now);
  }

  /** A candidate is proven: it may be the one to use. */
  proven(candidate: Candidate, now: Micros): void {
    const selected = this.#selected;
    if (candidate === selected) return;
    if (!this.isClient) {
      const isWanted = candidate === this.#nominated;
      if (isWanted || (selected === undefined && this.#hasSelected)) this.#select(candidate, now);
      return;
    }
    if (selected === undefined) this.#select(candidate, now);
    else if (rankOf(candidate) < rankOf(selected)) {
      if (now >= candidate.holdUntil) this.#select(candidate, now);
    } else if (
      rankOf(candidate) === rankOf(selected) &&
      now >= Math.max(candidate.holdUntil, this.#changedForSpeedAt + PATH_TIMES.dwellMicros) &&
      isMuchQuicker(candidate, selected)
    ) {
      this.#changedForSpeedAt = now;
      this.#select(candidate, now);
    }
  }

  /** Host: the client's newest check says that this path is in use. */
  nominated(candidate: Candidate, sequence: number, now: Micros): void {
    if (this.isClient || sequence <= this.#nominatedSequence) return;
    this.#nominatedSequence = sequence;
    this.#nominated = candidate;
    if (candidate.state === "proven") this.proven(candidate, now);
  }

  /** The session heard the peer from there. */
  heard(candidate: Candidate, now: Micros): void {
    candidate.heardAt = now;
    const selected = this.#selected;
    if (candidate === selected) {
      this.watch.reset();
      if (!this.isClient || this.nomination.isConfirmed) this.#rest(selected);
    } else if (candidate.state !== "proven") {
      if (now - candidate.lastCheckAt >= PATH_TIMES.doubtMicros) candidate.hurry(now);
    } else if (selected !== undefined && this.#isSilent(selected, now))
      this.#leave("followed", now);
    else if (this.isClient && selected !== undefined && this.nomination.stray(now))
      selected.hurry(now);
  }

  /** A candidate is not in the book any more. */
  removed(candidate: Candidate, now: Micros): void {
    if (candidate === this.#nominated) this.#nominated = undefined;
    if (candidate !== this.#selected) return;
    candidate.state = "failed";
    this.#leave("removed", now);
  }

  /** Every path has to be proven anew. */
  restart(now: Micros): void {
    for (const one of this.#book.all) {
      one.holdUntil = -Infinity;
      if (one !== this.#selected) one.startAnew(now);
    }
    if (this.#selected !== undefined) this.#doubt(this.#selected, now);
  }

  /** Looks at the selected path's health. */
  handleTimeout(now: Micros): void {
    const selected = this.#selected;
    if (selected === undefined) return;
    const found = this.watch.look(selected, this.#isOtherAlive, now);
    if (found === "doubt") this.#doubt(selected, now);
    else if (found === "dead") this.#leave("died", now);
  }

  pollTimeout(): Micros {
    if (this.#selected === undefined) return Infinity;
    return this.watch.pollTimeout(this.#selected, this.#isOtherAlive);
  }

  pollEvent(): PathEvent | undefined {
    return this.#events.shift();
  }

  /** The selected path is in doubt, and another one has answered since. */
  get #isOtherAlive(): boolean {
    const { isInDoubt, doubtSince } = this.watch;
    if (!isInDoubt) return false;
    for (const one of this.#book.all)
      if (one !== this.#selected && one.state === "proven" && one.answeredAt >= doubtSince)
        return true;
    return false;
  }

  #doubt(selected: Candidate, now: Micros): void {
    this.#counters.doubts++;
    this.watch.doubt(now);
    if (this.isClient) this.nomination.repeat();
    selected.hurry(now);
    for (const one of this.#book.all) {
      if (one === selected || one.state !== "proven") continue;
      one.nextCheckAt = Math.min(one.nextCheckAt, now);
      // The peer is heard from there already: it has left this path.
      if (now - one.heardAt < PATH_TIMES.doubtMicros) {
        this.#leave("followed", now);
        return;
      }
    }
  }

  /** Nothing came from there lately, neither an answer nor what the session sends. */
  #isSilent(path: Candidate, now: Micros): boolean {
    const last = Math.max(path.heardAt, path.answeredAt, this.#selectedAt);
    return now - last >= PATH_TIMES.doubtMicros + path.slowestRttMicros;
  }

  /** The selected path is used no more: takes the best other one, or tells that there is none. */
  #leave(why: "died" | "followed" | "removed", now: Micros): void {
    const left = this.#selected!;
    const { doubtSince } = this.watch;
    if (why === "died") this.#counters.deaths++;
    if (why !== "removed") left.startAnew(now);
    const others = [...this.#book.all].filter((one) => one !== left && one.state === "proven");
    const heard = others.filter((one) => now - one.heardAt < PATH_TIMES.doubtMicros);
    const alive = others.filter((one) => one.answeredAt >= doubtSince);
    // Where nothing else is alive either, the network is gone and not this path.
    if (why !== "removed" && alive.length + heard.length > 0) this.#hold(left, now);
    const next = bestOf(why === "followed" && heard.length > 0 ? heard : alive) ?? bestOf(others);
    if (this.#nominated === left) this.#nominated = undefined;
    if (next !== undefined) {
      this.#select(next, now);
      return;
    }
    this.#selected = undefined;
    this.watch.reset();
    for (const one of this.#book.all) one.startAnew(now);
    this.#push({ type: "lost", path: left.status(false) });
  }

  #hold(path: Candidate, now: Micros): void {
    if (now - this.#selectedAt >= PATH_TIMES.forgivenMicros) path.deaths = 0;
    path.deaths++;
    path.holdUntil = now + holdMicros(path.deaths);
  }

  #select(candidate: Candidate, now: Micros): void {
    const previous = this.#selected;
    this.#selected = candidate;
    this.#selectedAt = now;
    this.#hasSelected = true;
    this.#counters.selections++;
    this.watch.reset();
    if (this.isClient) {
      this.nomination.begin(candidate.slowestRttMicros, now);
      candidate.hurry(now);
    } else this.#rest(candidate);
    for (const one of this.#book.all)
      if (one !== candidate && one.state === "failed")
        one.nextCheckAt = Math.min(one.nextCheckAt, now + PATH_TIMES.recheckMicros);
    if (previous?.state === "proven") previous.rest(now + PATH_TIMES.keepAliveMicros);
    const path = candidate.status(true);
    if (previous === undefined) this.#push({ type: "selected", path });
    else this.#push({ type: "selected", path, previous: previous.status(false) });
  }

  /** No check is due on a selected path that is alive, but for those that measure it. */
  #rest(selected: Candidate): void {
    if (selected.isMeasured) selected.rest(Infinity);
  }

  #push(event: PathEvent): void {
    if (this.#events.length >= PATH_BOUNDS.events) this.#events.shift();
    this.#events.push(event);
  }
}
