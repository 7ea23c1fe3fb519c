/**
 * Runs the checks and every test, and ends with one summary in the words of Node's own runner:
 *
 *   node scripts/test.ts [--no-check] [PATH…]     PATHs narrow it to the test files below them, without the checks
 *
 * Pure packages share one process, the others get one a file; whole programs, which open displays and browsers, run one after
 * another.
 * Exits 1 when a test fails, is cancelled or never finishes, and when a test file ends early or holds no test.
 */
import { spawnSync } from "node:child_process";
import { globSync } from "node:fs";
import { availableParallelism } from "node:os";
import { relative, resolve } from "node:path";
import { run } from "node:test";
import { inspect } from "node:util";

const ROOT = resolve(import.meta.dirname, "..");
/** A test that takes longer has failed; the environment may say otherwise. */
const TEST_TIMEOUT_MS = Number(process.env.TEST_TIMEOUT_MS ?? 120_000);
/** Hosts of tests are no news for the network that this machine is in. */
process.env.WAVRY_MDNS ??= "off";
/** Longer without any news means that a file hangs after its tests, say on an open handle. */
const SILENCE_MS = 180_000;

interface Group {
  readonly name: string;
  readonly globs: readonly string[];
  readonly isolation: "none" | "process";
  readonly concurrency: number;
}

const PURE = "packages/{rift-core,rift-crypto,media-core,rift-session}/test/**/*.test.ts";
const GROUPS: readonly Group[] = [
  { name: "pure packages", globs: [PURE], isolation: "none", concurrency: 1 },
  {
    name: "packages with I/O",
    globs: ["packages/*/test/**/*.test.ts", "scripts/*.test.ts"],
    isolation: "process",
    concurrency: availableParallelism(),
  },
  {
    name: "servers",
    globs: ["apps/{gateway,relay}/test/**/*.test.ts"],
    isolation: "process",
    concurrency: availableParallelism(),
  },
  {
    name: "whole programs",
    globs: ["apps/*/test/**/*.test.ts", "bench/test/**/*.test.ts", "tests/**/*.test.ts"],
    isolation: "process",
    concurrency: 1,
  },
  { name: "fuzzing", globs: ["fuzz/test/**/*.test.ts"], isolation: "process", concurrency: 1 },
];

const totals = { tests: 0, suites: 0, passed: 0, failed: 0, cancelled: 0, skipped: 0, todo: 0 };
const problems: string[] = [];
let finished = false;

function problem(title: string, detail = ""): void {
  problems.push(title);
  console.log(`✖ ${title}${detail === "" ? "" : `\n${detail.replaceAll(/^/gm, "    ")}`}`);
}

/** The place of a test in words that an editor understands. */
function placeOf(data: { file?: string | undefined; line?: number | undefined }): string {
  return data.file === undefined ? "?" : `${relative(ROOT, data.file)}:${data.line ?? 1}`;
}

function describeError(error: Error): string {
  const cause = error.cause ?? error;
  return cause instanceof Error ? (cause.stack ?? cause.message) : inspect(cause);
}

async function runGroup(group: Group, files: string[]): Promise<void> {
  const { isolation, concurrency } = group;
  const startedAt = performance.now();
  const open = new Set(files);
  const abort = new AbortController();
  const output = new Map<string, string>();
  let quiet: NodeJS.Timeout | undefined;
  const heard = (): void => {
    clearTimeout(quiet);
    quiet = setTimeout(() => {
      problem(`no news for ${SILENCE_MS / 1000} s; unfinished: ${[...open].join(", ")}`);
      if (isolation === "none") process.exit(1);
      abort.abort();
    }, SILENCE_MS);
    // Tests in this process end when nothing but this timer is left to wait for.
    quiet.unref();
  };
  heard();
  const events = run({
    cwd: ROOT,
    files,
    isolation,
    timeout: TEST_TIMEOUT_MS,
    signal: abort.signal,
    ...(isolation === "process" ? { concurrency } : {}),
  });
  for await (const { type, data } of events) {
    heard();
    if (type === "test:stdout" || type === "test:stderr")
      output.set(data.file ?? "", (output.get(data.file ?? "") ?? "") + data.message);
    else if (type === "test:complete" && data.name === data.file) open.delete(data.file);
    else if (type === "test:fail") {
      if (data.details.error.failureType === "subtestsFailed") continue;
      const said = output.get(data.file ?? "");
      const detail = describeError(data.details.error);
      problem(
        `${data.name} (${placeOf(data)})`,
        said === undefined ? detail : `${detail}\n${said}`,
      );
    } else if (type === "test:pass" && data.name === data.file)
      problem(`${relative(ROOT, data.file)} ended early or holds no test`);
    else if (type === "test:pass" && typeof data.skip === "string")
      console.log(`﹣ skipped: ${data.name}: ${data.skip}`);
    else if (type === "test:summary" && data.file === undefined) {
      for (const key of Object.keys(totals) as (keyof typeof totals)[])
        totals[key] += data.counts[key];
      const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
      const bad = data.counts.failed + data.counts.cancelled;
      console.log(
        `${bad === 0 ? "✔" : "✖"} ${group.name}: ${data.counts.tests} tests in ${files.length} files, ${seconds} s`,
      );
      if (bad > 0 && problems.length === 0) problem(`${bad} tests of ${group.name} failed`);
    }
  }
  clearTimeout(quiet);
}

function check(): void {
  const { status } = spawnSync("npm", ["run", "--silent", "check"], {
    cwd: ROOT,
    stdio: "inherit",
  });
  if (status === 0) console.log("✔ npm run check");
  else problem("npm run check");
}

function printSummary(durationMs: number): void {
  console.log();
  for (const title of problems) console.log(`✖ ${title}`);
  const rows = [
    ["tests", totals.tests],
    ["suites", totals.suites],
    ["pass", totals.passed],
    ["fail", totals.failed],
    ["cancelled", totals.cancelled],
    ["skipped", totals.skipped],
    ["todo", totals.todo],
    ["duration_ms", Math.round(durationMs)],
  ];
  for (const [name, value] of rows) console.log(`ℹ ${name} ${value}`);
}

// A test in this process may end it; nothing may pass for success then.
process.on("exit", () => {
  if (finished) return;
  console.log("✖ the run ended before all tests did");
  process.exitCode = 1;
});

const words = process.argv.slice(2);
const paths = words.filter((word) => word !== "--no-check").map((path) => resolve(path));
const startedAt = performance.now();
if (words.length === 0) check();
const taken = new Set<string>();
for (const group of GROUPS) {
  const files = globSync([...group.globs], { cwd: ROOT })
    .map((file) => resolve(ROOT, file))
    .filter((file) => !taken.has(file))
    .filter((file) => paths.length === 0 || paths.some((path) => `${file}/`.startsWith(`${path}/`)))
    .sort();
  for (const file of files) taken.add(file);
  if (files.length > 0) await runGroup(group, files);
}
if (totals.tests === 0) problem("no test was found");
printSummary(performance.now() - startedAt);
finished = true;
// Tests that shared this process may have left handles; what they left unfinished has failed by now.
process.exit(problems.length === 0 ? 0 : 1);
