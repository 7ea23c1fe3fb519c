import type { BenchOptions } from "./arguments.ts";
import type { Row } from "./rows.ts";

/** What a benchmark found. */
export interface Report {
  readonly rows: readonly Row[];
  /** Lines under the table: what was compared, by which command lines. */
  readonly footer: readonly string[];
  /** What could not be measured and why; each is printed, and the program exits with 1 if `rows` lacks Wavry's own. */
  readonly failures: readonly string[];
}

/** One published set of figures, `npm run bench -- NAME`. */
export interface Benchmark {
  readonly name: string;
  /** One line for the list of names. */
  readonly summary: string;
  run(options: BenchOptions): Promise<Report>;
}
