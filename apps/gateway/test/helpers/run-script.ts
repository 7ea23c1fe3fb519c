import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";

/** Another process of the same Node that runs some TypeScript; its lines on stdout come in order. */
export interface Script extends AsyncDisposable {
  readonly child: ChildProcess;
  readonly lines: AsyncIterator<string>;
  /** Exit code, or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals>;
}

/** Runs `code`; the words are its process.argv from 1 on. It ends with the scope. */
export function runScript(code: string, ...words: readonly string[]): Script {
  const child = spawn(process.execPath, ["--input-type=module-typescript", "-e", code, ...words], {
    stdio: ["ignore", "pipe", "inherit"],
    cwd: import.meta.dirname,
  });
  const ended = new Promise<number | NodeJS.Signals>((resolve) => {
    child.once("exit", (status, signal) => resolve(status ?? signal!));
  });
  return {
    child,
    lines: createInterface({ input: child.stdout })[Symbol.asyncIterator](),
    ended,
    async [Symbol.asyncDispose]() {
      if (child.exitCode === null && child.signalCode === null) child.kill("SIGKILL");
      await ended;
    },
  };
}

/** For import in a script: the URL of a file below apps/gateway. */
export function gatewayFile(path: string): string {
  return JSON.stringify(new URL(`../../${path}`, import.meta.url).href);
}
