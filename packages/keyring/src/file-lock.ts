import { closeSync, openSync, readFileSync, unlinkSync, writeSync } from "node:fs";
import { KeyringError } from "./keyring-error.ts";

const PATIENCE_MILLIS = 5_000;
const RETRY_MILLIS = 10;

/** Runs `task` while no other process is in the same section; a lock of a process that died is taken over. */
export function withFileLock<T>(path: string, task: () => T): T {
  const lock = `${path}.lock`;
  acquire(lock, path);
  try {
    return task();
  } finally {
    unlinkSync(lock);
  }
}

function acquire(lock: string, path: string): void {
  const deadline = performance.now() + PATIENCE_MILLIS;
  for (;;) {
    try {
      const file = openSync(lock, "wx", 0o600);
      writeSync(file, String(process.pid));
      closeSync(file);
      return;
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== "EEXIST")
        throw new KeyringError("unreadable", `${path} cannot be written`, { cause });
    }
    if (performance.now() > deadline) {
      if (isStale(lock)) {
        unlinkSync(lock);
        continue;
      }
      throw new KeyringError("locked", `another program holds ${lock}; end it and try again`);
    }
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, RETRY_MILLIS);
    if (isStale(lock)) removeQuietly(lock);
  }
}

function isStale(lock: string): boolean {
  try {
    const pid = Number(readFileSync(lock, "utf8"));
    if (!Number.isInteger(pid) || pid <= 0) return false;
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ESRCH";
  }
}

function removeQuietly(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // Another process was faster.
  }
}
