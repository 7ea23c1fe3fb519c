import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, openSync } from "node:fs";

const SETPRIV = "/usr/bin/setpriv";

/** A server that ends with the test process. */
export interface ServerProcess {
  readonly running: boolean;
  /** Sends a signal and resolves once it is gone. */
  end(signal: NodeJS.Signals): Promise<void>;
}

/** Starts a program; what it says goes to the file `log`. `user` is whom it runs as, for tests that root runs. */
export function startServer(options: {
  readonly command: readonly string[];
  readonly log: string;
  /** What ends it when the test process dies. */
  readonly deathSignal: "TERM" | "QUIT";
  readonly user?: { uid: number; gid: number } | undefined;
}): ServerProcess {
  const { user } = options;
  const output = openSync(options.log, "a");
  const guard = existsSync(SETPRIV)
    ? [
        SETPRIV,
        ...["--pdeathsig", options.deathSignal],
        ...(user ? ["--reuid", `${user.uid}`, "--regid", `${user.gid}`, "--clear-groups"] : []),
        "--",
      ]
    : [];
  const [command, ...words] = [...guard, ...options.command];
  const child: ChildProcess = spawn(command!, words, { stdio: ["ignore", output, output] });
  const gone = once(child, "exit");
  child.unref();
  return {
    get running() {
      return child.exitCode === null && child.signalCode === null;
    },
    async end(signal) {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.ref();
      child.kill(signal);
      await gone;
    },
  };
}
