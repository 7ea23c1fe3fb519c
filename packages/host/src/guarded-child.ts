import { type ChildProcess, type StdioOptions, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { VirtualDisplayError } from "./virtual-display-error.ts";

/** How long a program may take to end after SIGTERM. */
const GRACE_MS = 2000;

/** What a guarded program is started with. */
export interface GuardedOptions {
  readonly arguments: readonly string[];
  readonly environment: NodeJS.ProcessEnv;
  readonly directory?: string;
  readonly stdio?: StdioOptions;
  /** The Debian package that holds the program, for the error message. */
  readonly debianPackage: string;
}

/** A program that cannot outlive this process, whatever ends it. */
export interface GuardedChild extends AsyncDisposable {
  readonly process: ChildProcess;
  readonly pid: number;
  /** Resolves once the program is gone. */
  readonly gone: Promise<void>;
}

/** The full path of a program on $PATH, or undefined. */
export function findProgram(name: string): string | undefined {
  return (process.env.PATH ?? "")
    .split(delimiter)
    .map((folder) => join(folder, name))
    .find((path) => existsSync(path));
}

/**
 * Starts a program in a session of its own, so that Ctrl-C does not reach it before we have let go of it, and with the
 * kernel's promise of a SIGTERM when this process dies. Call it on the main thread: the promise is bound to the thread.
 * Disposing ends the program. Throws VirtualDisplayError "program-missing".
 */
export function startGuarded(program: string, options: GuardedOptions): GuardedChild {
  const guard = requireProgram("setpriv", "util-linux");
  const path = requireProgram(program, options.debianPackage);
  const child = spawn(guard, ["--pdeathsig", "TERM", "--", path, ...options.arguments], {
    detached: true,
    env: options.environment,
    stdio: options.stdio ?? "ignore",
    ...(options.directory !== undefined && { cwd: options.directory }),
  });
  const { promise: gone, resolve } = Promise.withResolvers<void>();
  child.once("exit", () => resolve());
  child.once("error", () => resolve());
  return {
    process: child,
    pid: child.pid ?? 0,
    gone,
    async [Symbol.asyncDispose]() {
      child.kill("SIGTERM");
      const force = setTimeout(() => child.kill("SIGKILL"), GRACE_MS);
      await gone;
      clearTimeout(force);
    },
  };
}

function requireProgram(name: string, debianPackage: string): string {
  const path = findProgram(name);
  if (path !== undefined) return path;
  throw new VirtualDisplayError(
    "program-missing",
    `${name} is not installed; as root: apt-get install ${debianPackage}`,
  );
}
