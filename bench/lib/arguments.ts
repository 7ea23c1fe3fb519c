/** The command line of `npm run bench`. */
import { parseArgs } from "node:util";
import { parseSizes, type Size } from "./sizes.ts";
import { UsageError } from "./usage-error.ts";

/** What every benchmark is told; each documents its own defaults. */
export interface BenchOptions {
  /** How many samples a case; undefined: the benchmark's own default. */
  readonly n: number | undefined;
  /** How long a timed case runs; undefined: the benchmark's own default. */
  readonly seconds: number | undefined;
  /** Screen sizes; undefined: the benchmark's own default. */
  readonly sizes: readonly Size[] | undefined;
  /** Names of the programs to measure (`wavry`, `ffmpeg`, …); undefined: all. */
  readonly programs: readonly string[] | undefined;
  /** Cases to run, as the part of the name after the size (`still`, `motion`, …); undefined: all. */
  readonly cases: readonly string[] | undefined;
  /** For `delta`: link profiles and congestion controllers by name; undefined: all. */
  readonly profiles: readonly string[] | undefined;
  readonly controllers: readonly string[] | undefined;
  /** For `delta`: a mahimahi trace instead of the profiles, and the link around it, in ms. */
  readonly trace: string | undefined;
  readonly rttMillis: number | undefined;
  readonly queueMillis: number | undefined;
  /** Where `delta` writes its pictures. */
  readonly svg: string | undefined;
}

/** The parsed command line. */
export interface Arguments extends BenchOptions {
  readonly help: boolean;
  readonly json: boolean;
  readonly names: readonly string[];
}

function positive(flag: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (!Number.isFinite(value) || value <= 0)
    throw new UsageError(`${flag} wants a number above zero, not "${text}"`);
  return value;
}

function list(text: string | undefined): readonly string[] | undefined {
  return text?.split(",").filter((item) => item !== "");
}

/** Reads the arguments after the script's name. UsageError on anything unknown. */
export function parseArguments(argv: readonly string[]): Arguments {
  let parsed: ReturnType<typeof parse>;
  try {
    parsed = parse(argv);
  } catch (cause) {
    throw new UsageError(cause instanceof Error ? cause.message : String(cause), { cause });
  }
  const { values, positionals } = parsed;
  const n = positive("--n", values.n);
  if (n !== undefined && !Number.isInteger(n)) throw new UsageError("--n wants a whole number");
  return {
    help: values.help === true,
    json: values.json === true,
    names: positionals,
    n,
    seconds: positive("--seconds", values.seconds),
    sizes: parseSizes(values.size),
    programs: list(values.with),
    cases: list(values.case),
    profiles: list(values.profile),
    controllers: list(values.controller),
    trace: values.trace,
    rttMillis: positive("--rtt", values.rtt),
    queueMillis: positive("--queue", values.queue),
    svg: values.svg,
  };
}

function parse(argv: readonly string[]) {
  return parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      help: { type: "boolean", short: "h" },
      json: { type: "boolean" },
      n: { type: "string" },
      seconds: { type: "string" },
      size: { type: "string" },
      with: { type: "string" },
      case: { type: "string" },
      profile: { type: "string" },
      controller: { type: "string" },
      trace: { type: "string" },
      rtt: { type: "string" },
      queue: { type: "string" },
      svg: { type: "string" },
    },
  });
}
