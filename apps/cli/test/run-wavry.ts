/** Runs the `wavry` program as users do, with a keyring of its own. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

const MAIN = join(import.meta.dirname, "../bin/wavry.js");

/** A folder for keys that goes away with its scope. */
export function temporaryHome(): { readonly path: string } & Disposable {
  const path = mkdtempSync(join(tmpdir(), "wavry-cli-"));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

/** Runs it to its end. */
export function runWavry(
  words: readonly string[],
  environment: NodeJS.ProcessEnv = {},
): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [MAIN, ...words], {
    encoding: "utf8",
    env: { ...withoutDisplay(), ...environment },
  });
}

/** Starts it with `--json` in mind: `next` gives the next report of a kind, and rejects if it ends before. */
export function startWavry(
  words: readonly string[],
  environment: NodeJS.ProcessEnv = {},
): {
  readonly child: ChildProcess;
  next(event: string): Promise<Record<string, unknown>>;
} {
  const child = spawn(process.execPath, [MAIN, ...words], {
    env: { ...withoutDisplay(), ...environment },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    child,
    async next(event) {
      for (;;) {
        const { value, done } = await lines.next();
        if (done) throw new Error(`wavry ${words.join(" ")} ended without a ${event} report`);
        const report = JSON.parse(value);
        if (report.event === event) return report;
      }
    },
  };
}

function withoutDisplay(): NodeJS.ProcessEnv {
  const { DISPLAY: _display, XAUTHORITY: _authority, ...environment } = process.env;
  return environment;
}
