/** Programs that are measured in turns, so that a busy moment of the machine does not hit one of them alone. */
import { progress } from "../lib/progress.ts";

/** What is run, how often, and who is told what. */
export interface TurnOptions<S, R> {
  readonly streamers: readonly S[];
  readonly rounds: number;
  /** What all of them do, for the words on standard error. */
  readonly label: string;
  /** Gets a sentence for each run that fails; the others go on. */
  readonly failures: string[];
  run(streamer: S): Promise<R>;
  /** A result in a few words. */
  describe(result: R): string;
}

/** Runs every program once a round; gives the results of each, in the order of `streamers`. */
export async function takeTurns<S extends { readonly name: string }, R>(
  options: TurnOptions<S, R>,
): Promise<ReadonlyMap<S, readonly R[]>> {
  const results = new Map<S, R[]>(options.streamers.map((streamer) => [streamer, []]));
  for (let round = 0; round < options.rounds; round++)
    for (const [streamer, rounds] of results) {
      const label = `${options.label} ${streamer.name} ${round + 1}/${options.rounds}`;
      try {
        const result = await options.run(streamer);
        rounds.push(result);
        progress(`${label}: ${options.describe(result)}`);
      } catch (error) {
        const why = error instanceof Error ? error.message : String(error);
        options.failures.push(`${label}: ${why}`);
        progress(`${label}: ${why.split("\n", 1)[0]}`);
      }
    }
  return results;
}
