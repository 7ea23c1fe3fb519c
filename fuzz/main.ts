/** `npm run fuzz -- TARGET`: runs parsers on hostile bytes; exit codes are in the help text. */
import { mkdirSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { parseArgs } from "node:util";
import { readInput, writeCorpus, writeInput } from "./engine/corpus.ts";
import type { FuzzTarget } from "./engine/target.ts";
import { type RunResult, runWatched } from "./engine/watched-run.ts";
import { findTarget, TARGET_NAMES } from "./targets/index.ts";

const ROOT = resolve(import.meta.dirname, "..");
const FINDINGS = join(ROOT, "tmp/fuzz");
const DEFAULT_SECONDS = 30;
const EXIT = { ok: 0, found: 1, usage: 2 } as const;

const HELP = `Usage: npm run fuzz -- list
       npm run fuzz -- TARGET... | all [--time S] [--seed N] [--keep] [--json]
       npm run fuzz -- TARGET --replay FILE
       npm run fuzz -- TARGET... | all --seeds

  --time S       seconds a target; default ${DEFAULT_SECONDS}
  --seed N       repeats the same inputs as far as time allows; default: a random one, which is printed
  --keep         replace the target's corpus by the inputs that ran something new
  --replay FILE  run one input, .hex or bytes as they are
  --seeds        replace the target's corpus by valid inputs from the real codecs
  --json         print one JSON array, alone, on standard output

Exit code: 0 nothing found; 1 an input breaks a target (it is kept, and it is said how to replay it); 2 wrong arguments.
`;

class UsageError extends Error {}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        time: { type: "string", default: String(DEFAULT_SECONDS) },
        seed: { type: "string" },
        keep: { type: "boolean", default: false },
        replay: { type: "string" },
        seeds: { type: "boolean", default: false },
        json: { type: "boolean", default: false },
        help: { type: "boolean", short: "h", default: false },
      },
    });
  } catch (cause) {
    throw new UsageError(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

function number(flag: string, text: string, least: number): number {
  const value = Number(text);
  if (!(Number.isFinite(value) && value >= least)) throw new UsageError(`${flag} wants a number`);
  return value;
}

async function chosen(names: readonly string[]): Promise<FuzzTarget[]> {
  const wanted = names.includes("all") ? TARGET_NAMES : names;
  for (const name of wanted)
    if (!TARGET_NAMES.includes(name)) throw new UsageError(`no target is called "${name}"`);
  return await Promise.all(wanted.map(findTarget));
}

/** Keeps an input that breaks a target; gives its path. */
function keepFinding(target: FuzzTarget, { finding }: RunResult): string | undefined {
  if (finding === undefined) return undefined;
  mkdirSync(FINDINGS, { recursive: true });
  const path = join(FINDINGS, `${target.name}-${Date.now()}.hex`);
  writeInput(path, finding.input);
  return relative(ROOT, path);
}

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

async function main(argv: readonly string[]): Promise<number> {
  const { values, positionals } = parse(argv);
  if (values.help) {
    process.stdout.write(HELP);
    return EXIT.ok;
  }
  if (positionals[0] === "list") {
    for (const name of TARGET_NAMES)
      process.stdout.write(`${name.padEnd(18)} ${(await findTarget(name)).summary}\n`);
    return EXIT.ok;
  }
  const targets = await chosen(positionals);
  const [first] = targets;
  if (first === undefined) throw new UsageError("which target?");
  if (values.replay !== undefined) {
    first.run(readInput(resolve(values.replay)));
    say(`${first.name}: the input does no harm`);
    return EXIT.ok;
  }
  if (values.seeds) {
    for (const target of targets) writeCorpus(target, target.seeds());
    return EXIT.ok;
  }
  const seconds = number("--time", values.time, 0.1);
  const seed = number("--seed", values.seed ?? String(Math.floor(Math.random() * 2 ** 32)), 0);
  const rows: object[] = [];
  for (const target of targets) {
    const result = await runWatched(target, { seconds, seed, keep: values.keep });
    const { finding, ...figures } = result;
    const file = keepFinding(target, result);
    rows.push({ target: target.name, seed, seconds, ...figures, finding: finding?.kind, file });
    const { executions, functions, characters, inputs } = figures;
    if (!values.json)
      process.stdout.write(
        `${target.name.padEnd(18)} ${executions} runs, ${functions} functions, ${characters} characters of source, ${inputs} inputs, seed ${seed}\n`,
      );
    if (finding === undefined) continue;
    say(`${target.name}: ${finding.kind}: ${finding.message}`);
    say(`replay: npm run fuzz -- ${target.name} --replay ${file}`);
  }
  if (values.json) process.stdout.write(`${JSON.stringify(rows)}\n`);
  return rows.some((row) => "finding" in row && row.finding !== undefined) ? EXIT.found : EXIT.ok;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  say(error instanceof UsageError ? `${error.message}\n\n${HELP}` : String((error as Error).stack));
  process.exitCode = error instanceof UsageError ? EXIT.usage : EXIT.found;
}
