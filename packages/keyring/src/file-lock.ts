import { linkSync, readFileSync, renameSync } from "node:fs";
import { KeyringError } from "./keyring-error.ts";
import { cannotWrite, removeQuietly, writeTemporary } from "./write-file.ts";

const PATIENCE_MILLIS = 5_000;
const RETRY_MILLIS = 10;

/**
 * Runs `task` while no other process is in the same section, which it holds for a moment only. A lock
 * of a process that died is taken over. Throws KeyringError "locked" after five seconds.
 */
export function withFileLock<T>(path: string, task: () => T): T {
  const lock = `${path}.lock`;
  acquire(lock, path);
  try {
    return task();
  } finally {
    removeQuietly(lock);
  }
}

function acquire(lock: string, path: string): void {
  const deadline = performance.now() + PATIENCE_MILLIS;
  const mine = writeTemporary(lock, String(process.pid), { sync: false });
  try {
    for (;;) {
      try {
        // A link makes the lock with its owner's number in it, in one step.
        linkSync(mine, lock);
        return;
      } catch (cause) {
        if ((cause as NodeJS.ErrnoException).code !== "EEXIST") throw cannotWrite(path, cause);
      }
      if (removeStale(lock)) continue;
      if (performance.now() > deadline)
        throw new KeyringError(
          "locked",
          `another program holds ${lock}; end it, or remove that file, and try again`,
        );
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, RETRY_MILLIS);
    }
  } finally {
    removeQuietly(mine);
  }
}

/** Removes the lock of a process that has died; true where it is worth trying again at once. */
function removeStale(lock: string): boolean {
  const owner = ownerOf(lock);
  if (owner === undefined || isAlive(owner)) return false;
  const aside = `${lock}.${process.pid}.stale`;
  try {
    // Of several that find it stale, one gets it; what it got may be the next one's new lock.
    renameSync(lock, aside);
    const owner = ownerOf(aside);
    if (owner !== undefined && isAlive(owner)) linkSync(aside, lock);
  } catch {
    // Another process was faster, which shows at the next try.
  }
  removeQuietly(aside);
  return true;
}

/** The process that made the lock; 0 for a lock without a number, undefined where there is no lock. */
function ownerOf(lock: string): number | undefined {
  try {
    const pid = Number(readFileSync(lock, "utf8"));
    return Number.isSafeInteger(pid) && pid > 0 ? pid : 0;
  } catch {
    return undefined;
  }
}

function isAlive(pid: number): boolean {
  if (pid === 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== "ESRCH";
  }
}
