import { spawn } from "node:child_process";
import { chmodSync, chownSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/** Waits for the test process to end, however it ends, and clears up what it left. */
const KEEPER = `trap "" INT TERM HUP; cat >/dev/null
for _ in 1 2 3 4 5 6 7 8 9 10; do rm -rf "$1" && exit; sleep 0.2; done`;

/** A folder that goes away with its scope, and with the test process if that is killed. `owner` is a user ID. */
export function temporaryFolder(owner?: {
  uid: number;
  gid: number;
}): { readonly path: string } & AsyncDisposable {
  const path = mkdtempSync(join(tmpdir(), "wavry-gateway-"));
  chmodSync(path, 0o700);
  if (owner !== undefined) chownSync(path, owner.uid, owner.gid);
  const keeper = spawn("sh", ["-c", KEEPER, "keeper", path], {
    stdio: ["pipe", "ignore", "ignore"],
  });
  keeper.unref();
  (keeper.stdin as unknown as { unref(): void }).unref();
  return {
    path,
    async [Symbol.asyncDispose]() {
      // A server that has just ended may have workers that still write.
      rmSync(path, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
      keeper.stdin.destroy();
      if (keeper.exitCode === null && keeper.signalCode === null) {
        keeper.ref();
        await new Promise((resolve) => keeper.once("exit", resolve));
      }
    },
  };
}

/** Waits for something to come true; rejects when it does not within a generous time. */
export async function until(
  what: string,
  check: () => boolean | Promise<boolean>,
  withinMillis = 60_000,
): Promise<void> {
  const deadline = performance.now() + withinMillis;
  while (!(await check())) {
    if (performance.now() > deadline) throw new Error(`not in time: ${what}`);
    await sleep(20);
  }
}
