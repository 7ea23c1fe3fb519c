import { type Check, isHealthy } from "./check.ts";

const MARKS: Record<Check["status"], string> = { ok: "✔", missing: "✖", unverified: "?" };

/** The findings as lines to read: what is there, what is missing and how to get it. */
export function printChecks(checks: readonly Check[]): string {
  const nameWidth = Math.max(...checks.map(({ name }) => name.length));
  const lines: string[] = [];
  let area = "";
  for (const check of checks) {
    const mark = check.status === "missing" && !check.required ? "–" : MARKS[check.status];
    const heading = check.area === area ? "" : check.area;
    lines.push(`${heading.padEnd(8)} ${mark} ${check.name.padEnd(nameWidth)}  ${check.detail}`);
    if (check.fix !== undefined) lines.push(`${" ".repeat(13 + nameWidth)}get it: ${check.fix}`);
    area = check.area;
  }
  lines.push(
    "",
    "✔ works   – not here, not needed   ? here, unverified   ✖ needed and missing",
    "",
  );
  lines.push(
    isHealthy(checks)
      ? "This machine can share a screen and show others'."
      : "Something that a session needs is missing.",
  );
  return lines.join("\n");
}
