import type { CheckReport } from "./round-trip-check.ts";

/** The outcome of a check as lines to read. */
export function printCheck(report: CheckReport): string {
  const { glassToGlassMs: glass, likenessDb, stages, rttMs } = report;
  const ms = (value: number): string => `${value.toFixed(1)} ms`;
  const lines = [
    "The whole round works on this machine.",
    "",
    `  first picture     ${ms(report.firstPictureMs)} after connecting`,
    `  glass to glass    ${ms(glass.p50)} median, ${ms(glass.p95)} at the 95th percentile (${glass.n} changes of a 64x64 window)`,
    `  typed command     ran ${ms(report.typedWordMs)} after its first key`,
    `  picture           ${likenessDb === null ? "equal to the host's, bit for bit" : `like the host's (${likenessDb.toFixed(1)} dB)`}`,
  ];
  if (rttMs !== undefined) lines.push(`  round trip        ${ms(rttMs)}`);
  if (stages !== undefined)
    lines.push(
      `  stages            ${Object.entries(stages)
        .map(([name, value]) => `${name} ${value.toFixed(2)}`)
        .join(", ")} (ms)`,
    );
  lines.push("", `Picture of the client's window: ${report.screenshot}`);
  return lines.join("\n");
}
