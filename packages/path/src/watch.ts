import type { Micros } from "@wavry/rift-core";
import type { Candidate } from "./candidate.ts";
import { PATH_BOUNDS, PATH_TIMES } from "./constants.ts";

/** Whether the selected path is alive, by what the session sends and hears there. A quiet session asks for nothing. */
export class PathWatch {
  /** Since when something that was sent waits for any word. */
  #awaitingSince: Micros = Infinity;
  #doubtSince: Micros = Infinity;
  #checks = 0;

  /** Nothing heard for too long: the path is being checked. */
  get isInDoubt(): boolean {
    return this.#doubtSince !== Infinity;
  }

  /** When doubt began; Infinity: there is none. */
  get doubtSince(): Micros {
    return this.#doubtSince;
  }

  /** The session sent something that the peer answers. */
  sent(now: Micros): void {
    if (this.#awaitingSince === Infinity) this.#awaitingSince = now;
  }

  /** The path brought something: it is alive. Also for another path that is selected. */
  reset(): void {
    this.#awaitingSince = Infinity;
    this.#doubtSince = Infinity;
    this.#checks = 0;
  }

  /** A check went there. */
  checkSent(): void {
    if (this.isInDoubt) this.#checks++;
  }

  /** The path is to be doubted from now on, whatever was heard. */
  doubt(now: Micros): void {
    if (this.isInDoubt) return;
    this.#doubtSince = now;
    this.#checks = 0;
  }

  /** When doubt is due, or death, which comes sooner where another path has answered since doubt began. */
  pollTimeout(path: Candidate, isOtherAlive: boolean): Micros {
    if (!this.isInDoubt)
      return this.#awaitingSince + PATH_TIMES.doubtMicros + path.slowestRttMicros;
    const { doubtChecks, doubtChecksBeside } = PATH_BOUNDS;
    if (this.#checks < (isOtherAlive ? doubtChecksBeside : doubtChecks)) return Infinity;
    const checked = path.lastCheckAt + PATH_TIMES.doubtCheckMicros;
    return Math.max(checked, this.#doubtSince + 2 * path.slowestRttMicros);
  }

  /** What has come of it by now. */
  look(path: Candidate, isOtherAlive: boolean, now: Micros): "nothing" | "doubt" | "dead" {
    if (now < this.pollTimeout(path, isOtherAlive)) return "nothing";
    if (this.isInDoubt) return "dead";
    this.doubt(now);
    return "doubt";
  }
}
