import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";

/** An Xvfb that belongs to one test. */
export interface TestDisplay extends AsyncDisposable {
  /** Its name, such as ":7". */
  readonly display: string;
  readonly pid: number;
  /** Ends it without warning, as a crash would; resolves once it is gone. */
  kill(): Promise<void>;
}

/** Starts Xvfb on a free number at 24 bits; `extraArguments` go to its command line. Rejects if it does not come up. */
export async function startTestDisplay(options?: {
  width?: number;
  height?: number;
  extraArguments?: readonly string[];
}): Promise<TestDisplay> {
  const { width = 1280, height = 720, extraArguments = [] } = options ?? {};
  const server = spawn(
    "Xvfb",
    [
      "-displayfd",
      "3",
      "-screen",
      "0",
      `${width}x${height}x24`,
      "-nolisten",
      "tcp",
      "-noreset",
    ].concat(extraArguments),
    { stdio: ["ignore", "ignore", "pipe", "pipe"] },
  );
  const gone = once(server, "exit");
  const display = await displayNumber(server);
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    if (server.exitCode === null && server.signalCode === null) server.kill(signal);
    await gone;
  };
  return {
    display,
    pid: server.pid ?? 0,
    kill: () => end("SIGKILL"),
    [Symbol.asyncDispose]: () => end("SIGTERM"),
  };
}

function displayNumber(server: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let complaint = "";
    server.stderr?.on("data", (data) => {
      complaint += data;
    });
    server.stdio[3]?.on("data", (data) => resolve(`:${String(data).trim()}`));
    server.once("error", reject);
    server.once("exit", () => reject(new Error(`Xvfb ended at start: ${complaint}`)));
  });
}
