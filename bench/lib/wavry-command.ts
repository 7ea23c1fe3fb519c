/** Wavry's own program, as people start it. */
import { fileURLToPath } from "node:url";
import { OwnedProcess } from "./processes.ts";

const CLI = fileURLToPath(new URL("../../apps/cli/bin/wavry.js", import.meta.url));

/** Starts `wavry ARGS`; its standard output is left to the caller. `prefix` is put in front of the command line. */
export function startWavry(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  prefix: readonly string[] = [],
): Promise<OwnedProcess> {
  const [command, ...rest] = [...prefix, process.execPath, CLI, ...args];
  return OwnedProcess.start({ command: command!, args: rest, env, readsStdout: true });
}
