/**
 * Runs a file of Noise test vectors (the JSON form that cacophony and snow share) against our handshake.
 * Usage: node scripts/check-vectors.ts FILE [--json]
 * Exits 0 when none failed, 1 when one did, 2 when the file cannot be used.
 */
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import {
  checkNoiseVectors,
  type VectorReport,
} from "../packages/rift-crypto/test/noise-vectors.ts";

const USAGE = `Usage: node scripts/check-vectors.ts FILE [--json]

Runs the Noise test vectors in FILE and says how many passed, were skipped and failed.
  --json   print the outcome as JSON
  --help   print this`;

function main(): number {
  let file: string | undefined;
  let json = false;
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: { json: { type: "boolean" }, help: { type: "boolean", short: "h" } },
    });
    if (values.help === true) {
      console.log(USAGE);
      return 0;
    }
    json = values.json ?? false;
    if (positionals.length === 1) file = positionals[0];
  } catch (error) {
    console.error(String(error instanceof Error ? error.message : error));
  }
  if (file === undefined) {
    console.error(USAGE);
    return 2;
  }
  let report: VectorReport;
  try {
    report = checkNoiseVectors(JSON.parse(readFileSync(file, "utf8")));
  } catch (error) {
    console.error(
      `${file} is no file of Noise vectors: ${error instanceof Error ? error.message : error}`,
    );
    return 2;
  }
  if (json) console.log(JSON.stringify(report, null, 2));
  else printReport(report);
  return report.failed.length === 0 ? 0 : 1;
}

function printReport(report: VectorReport): void {
  for (const { name, problem } of report.failed) console.log(`failed   ${name}: ${problem}`);
  for (const [reason, count] of Object.entries(report.skippedBecause))
    console.log(`skipped  ${count} (${reason})`);
  const skipped = Object.values(report.skippedBecause).reduce((sum, count) => sum + count, 0);
  console.log(`patterns ${report.patterns.join(", ")}`);
  console.log(`${report.passed} passed, ${report.failed.length} failed, ${skipped} skipped`);
}

process.exitCode = main();
