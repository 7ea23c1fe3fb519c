/** `npm run bench -- NAME`: measures and prints; exit codes are in the help text. */

import { crypto } from "./crypto/crypto.ts";
import { delta } from "./delta/delta.ts";
import { fec } from "./fec/fec.ts";
import { flood } from "./flood/flood.ts";
import { gateway } from "./gateway/gateway.ts";
import { glass } from "./glass/glass.ts";
import { idle } from "./idle/idle.ts";
import { input } from "./input/input.ts";
import { parseArguments } from "./lib/arguments.ts";
import type { Benchmark, Report } from "./lib/benchmark.ts";
import { progress } from "./lib/progress.ts";
import type { Row } from "./lib/rows.ts";
import { formatTable } from "./lib/table.ts";
import { UsageError } from "./lib/usage-error.ts";
import { nat } from "./nat/nat.ts";
import { packet } from "./packet/packet.ts";
import { relay } from "./relay/relay.ts";
import { start } from "./start/start.ts";
import { web } from "./web/web.ts";

const BENCHMARKS: readonly Benchmark[] = [
  glass,
  web,
  input,
  idle,
  start,
  crypto,
  packet,
  delta,
  fec,
  flood,
  gateway,
  relay,
  nat,
];

const EXIT = { ok: 0, failed: 1, usage: 2 } as const;

const HELP = `Usage: npm run bench -- NAME... [--json] [--n N] [--seconds S] [--size SIZES] [--with NAMES] [--case NAMES]
       npm run bench -- delta [--profile NAMES | --trace FILE [--rtt MS] [--queue MS]] [--controller NAMES] [--svg FOLDER]
       npm run bench -- web [--profile NAMES]

${BENCHMARKS.map(({ name, summary }) => `  ${name.padEnd(8)} ${summary}`).join("\n")}
  all      every one of them

  --json         print one JSON array of rows, alone, on standard output
  --n N          samples a case
  --seconds S    length of a timed case
  --size SIZES   720p, 1080p or WIDTHxHEIGHT, with commas between
  --with NAMES   only these programs: wavry, ffmpeg, gstreamer, tigervnc; of web: webtransport, webrtc, chromium, novnc
  --case NAMES   only these cases: still, motion, idle, encoding, ...

  --profile NAMES     only these links: lan, home, lte-verizon, ...; web is measured through each of them (needs root)
  --controller NAMES  only these: delta, gcc, scream, fixed-fec
  --trace FILE        a mahimahi trace as the link, with --rtt MS (30) and a queue of --queue MS (2000)
  --svg FOLDER        where the pictures go (tmp/delta)

Exit code: 0 measured; 1 something could not be measured (it is said on standard error); 2 wrong arguments.
`;

function chosen(names: readonly string[]): readonly Benchmark[] {
  if (names.includes("all")) return BENCHMARKS;
  return names.map((name) => {
    const benchmark = BENCHMARKS.find((one) => one.name === name);
    if (benchmark === undefined) throw new UsageError(`no benchmark is called "${name}"`);
    return benchmark;
  });
}

function print(name: string, report: Report): void {
  const footer = report.footer.map((line) => `${line}\n`).join("");
  process.stdout.write(`${name}\n\n${formatTable(report.rows)}\n\n${footer}\n`);
}

async function main(argv: readonly string[]): Promise<number> {
  const options = parseArguments(argv);
  if (options.help) {
    process.stdout.write(HELP);
    return EXIT.ok;
  }
  const benchmarks = chosen(options.names);
  if (benchmarks.length === 0) throw new UsageError("which benchmark?");
  const rows: Row[] = [];
  let failed = false;
  for (const benchmark of benchmarks) {
    const report = await benchmark.run(options);
    rows.push(...report.rows);
    if (!options.json) print(benchmark.name, report);
    for (const failure of report.failures) progress(`${benchmark.name}: ${failure}`);
    failed ||= report.failures.length > 0 || report.rows.length === 0;
  }
  if (options.json) process.stdout.write(`${JSON.stringify(rows)}\n`);
  return failed ? EXIT.failed : EXIT.ok;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (error instanceof UsageError) {
    progress(`${error.message}\n\n${HELP}`);
    process.exitCode = EXIT.usage;
  } else {
    progress(error instanceof Error ? (error.stack ?? error.message) : String(error));
    process.exitCode = EXIT.failed;
  }
}
