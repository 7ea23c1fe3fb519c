import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A folder for secrets and sockets that does not outlive this process. */
export interface GuardedDirectory extends AsyncDisposable {
  readonly path: string;
}

/**
 * Makes a folder that only its owner may enter, under $XDG_RUNTIME_DIR if there is one.
 * A shell that waits for the end of a pipe removes it: the pipe ends with this process even under SIGKILL.
 */
export function makeGuardedDirectory(prefix: string): GuardedDirectory {
  const path = mkdtempSync(join(runtimeDirectory(), prefix)); // mode 0700
  const sweeper = spawn("/bin/sh", ["-c", 'read -r _; rm -rf -- "$1"', "sh", path], {
    detached: true, // Ctrl-C is not for it
    env: { PATH: "/usr/bin:/bin" },
    stdio: ["pipe", "ignore", "ignore"],
  });
  const gone = once(sweeper, "exit");
  // The sweeper alone keeps nobody waiting; disposing does wait for it.
  sweeper.unref();
  return {
    path,
    async [Symbol.asyncDispose]() {
      sweeper.ref();
      sweeper.stdin.end();
      await gone;
    },
  };
}

function runtimeDirectory(): string {
  const path = process.env.XDG_RUNTIME_DIR;
  if (path !== undefined && statSync(path, { throwIfNoEntry: false })?.isDirectory()) return path;
  return tmpdir();
}
