import { type Profiler, Session } from "node:inspector";

/**
 * Which blocks of this project's sources have run in this thread, as V8 counts them anyway: nothing is compiled
 * differently, and a look costs a fraction of a millisecond, so it is worth one a batch of inputs.
 */
export class Coverage implements Disposable {
  readonly #session = new Session();
  readonly #isOurs: (url: string) => boolean;
  /** For each function, the characters of its source that have run. */
  readonly #seen = new Map<string, Uint8Array>();
  #characters = 0;

  /** `isOurs`: whether the script at a URL counts. */
  constructor(isOurs: (url: string) => boolean) {
    this.#isOurs = isOurs;
    this.#session.connect();
    this.#post("Profiler.enable");
    this.#post("Profiler.startPreciseCoverage", { callCount: true, detailed: true });
  }

  /** Characters of source that have run. */
  get characters(): number {
    return this.#characters;
  }

  /** Functions that have run. */
  get functions(): number {
    return this.#seen.size;
  }

  /** What ran since the last call. */
  take(): readonly Profiler.ScriptCoverage[] {
    const { result } = this.#post("Profiler.takePreciseCoverage") as {
      result: Profiler.ScriptCoverage[];
    };
    return result.filter(({ url }) => this.#isOurs(url));
  }

  /** How much of it never ran before. */
  countNew(taken: readonly Profiler.ScriptCoverage[]): number {
    return this.#each(taken, (seen, ran) => {
      let fresh = 0;
      for (let i = 0; i < ran.length; i++) if (ran[i] === 1 && seen?.[i] !== 1) fresh++;
      return fresh;
    });
  }

  /** Notes it; gives what `countNew` would have. */
  add(taken: readonly Profiler.ScriptCoverage[]): number {
    const fresh = this.#each(taken, (seen, ran, key) => {
      if (seen === undefined) this.#seen.set(key, ran);
      let added = 0;
      for (let i = 0; i < ran.length; i++) {
        if (ran[i] !== 1 || seen?.[i] === 1) continue;
        if (seen !== undefined) seen[i] = 1;
        added++;
      }
      return added;
    });
    this.#characters += fresh;
    return fresh;
  }

  /** Starts from nothing. */
  forget(): void {
    this.#seen.clear();
    this.#characters = 0;
    this.take();
  }

  [Symbol.dispose](): void {
    this.#session.disconnect();
  }

  #each(
    taken: readonly Profiler.ScriptCoverage[],
    visit: (seen: Uint8Array | undefined, ran: Uint8Array, key: string) => number,
  ): number {
    let sum = 0;
    for (const { url, functions } of taken)
      for (const { ranges } of functions) {
        const { startOffset, endOffset, count } = ranges[0]!;
        if (count === 0) continue;
        const ran = new Uint8Array(endOffset - startOffset);
        // From the outside in.
        for (const range of ranges)
          ran.fill(
            range.count > 0 ? 1 : 0,
            range.startOffset - startOffset,
            range.endOffset - startOffset,
          );
        const key = `${url}:${startOffset}`;
        sum += visit(this.#seen.get(key), ran, key);
      }
    return sum;
  }

  #post(method: string, parameters: object = {}): object {
    let answer: object | undefined;
    // A session with its own thread answers before it returns.
    this.#session.post(method, parameters, (error: Error | null, result?: object) => {
      if (error !== null) throw error;
      answer = result ?? {};
    });
    if (answer === undefined) throw new Error(`${method} was not answered`);
    return answer;
  }
}
