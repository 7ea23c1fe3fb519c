/** A helper process of the glass benchmark that prints lines until its standard input is closed. */
import { fileURLToPath } from "node:url";
import { OwnedProcess } from "../lib/processes.ts";

/** Lines of a running helper; dispose ends it by force. */
export interface LineProcess extends AsyncDisposable {
  readonly process: OwnedProcess;
  /** Asks for the end and waits until the last line is in. Throws if it fails. */
  finish(): Promise<void>;
}

/** Starts a script beside this file; `onLine` gets each line cut at blanks. */
export async function startLines(
  script: string,
  args: readonly string[],
  onLine: (fields: readonly string[]) => void,
): Promise<LineProcess> {
  const path = fileURLToPath(new URL(script, import.meta.url));
  const child = await OwnedProcess.start({
    command: process.execPath,
    args: [path, ...args],
    readsStdout: true,
  });
  let rest = "";
  const ended = new Promise<void>((resolve) => child.child.stdout!.once("end", resolve));
  child.child.stdout!.on("data", (chunk: Buffer) => {
    const lines = (rest + chunk.toString("latin1")).split("\n");
    rest = lines.pop()!;
    for (const line of lines) onLine(line.split(" "));
  });
  return {
    process: child,
    async finish() {
      child.child.stdin!.end();
      const code = await child.exited;
      if (code !== 0) throw new Error(`${script} ended with ${code}: ${child.lastWords}`);
      await ended;
    },
    [Symbol.asyncDispose]: () => child[Symbol.asyncDispose](),
  };
}
