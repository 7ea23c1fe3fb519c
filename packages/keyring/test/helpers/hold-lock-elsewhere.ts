import { fork } from "node:child_process";
import { once } from "node:events";
import { resolve } from "node:path";

/** Another process that holds the lock of the list in `directory`, until it is killed. */
export async function holdLockElsewhere(
  directory: string,
): Promise<AsyncDisposable & { kill(): Promise<void> }> {
  const holder = fork(resolve(import.meta.dirname, "hold-lock.ts"), [directory]);
  const exited = once(holder, "exit");
  const kill = async (): Promise<void> => {
    holder.kill("SIGKILL");
    await exited;
  };
  await Promise.race([once(holder, "message"), exited]);
  return { kill, [Symbol.asyncDispose]: kill };
}
