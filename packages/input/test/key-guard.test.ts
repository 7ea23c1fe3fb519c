import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { constants } from "node:os";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { openInjector } from "@wavry/input";
import { FakeInput } from "@wavry/x11";
import { startQuietDisplay, until, XObserver } from "./x-observer.ts";

const SHIFT = 50;
const HOLDER = fileURLToPath(new URL("./press-and-wait.ts", import.meta.url));

/** Starts a process that holds Shift and button 1; in a group of its own, which the tests may signal. */
async function startHolder(display: string) {
  const holder = spawn(process.execPath, [HOLDER, display], {
    stdio: ["ignore", "pipe", "inherit"],
    detached: true,
  });
  const nextGuardPid = async (): Promise<number> => {
    const [line] = await once(holder.stdout, "data");
    return Number(String(line));
  };
  const guardPid = await nextGuardPid();
  assert.ok(guardPid > 0, "the holder has a key guard");
  const gone = once(holder, "exit");
  return {
    guardPid,
    nextGuardPid,
    async kill(signal: NodeJS.Signals, target: "process" | "group" = "process"): Promise<void> {
      process.kill(target === "group" ? -holder.pid! : holder.pid!, signal);
      await gone;
    },
    async [Symbol.asyncDispose](): Promise<void> {
      holder.kill("SIGKILL");
      await gone;
    },
  };
}

/** Whether a process runs; one that only waits for its parent to notice its end does not. */
function isAlive(pid: number): boolean {
  try {
    return !/State:\s*[ZX]/.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}

for (const [signal, target] of [
  ["SIGKILL", "process"],
  ["SIGKILL", "group"],
  ["SIGINT", "group"],
  ["SIGTERM", "process"],
] as const)
  test(`nothing stays pressed after ${signal} to the ${target}, and the guard ends`, async () => {
    await using server = await startQuietDisplay();
    using observer = new XObserver(server.display);
    await using holder = await startHolder(server.display);
    await until(() => observer.pressed().includes(SHIFT), "Shift is down");
    await holder.kill(signal, target);
    await until(() => observer.holdsNothing(), "everything is released");
    await until(() => !isAlive(holder.guardPid), "the guard has ended");
  });

test("the guard itself ignores SIGINT and SIGTERM and still does its work", async () => {
  await using server = await startQuietDisplay();
  using observer = new XObserver(server.display);
  await using holder = await startHolder(server.display);
  await until(() => observer.pressed().includes(SHIFT), "Shift is down");
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
    await until(() => ignoresSignal(holder.guardPid, signal), `${signal} is ignored`);
  process.kill(holder.guardPid, "SIGTERM");
  process.kill(holder.guardPid, "SIGINT");
  await holder.kill("SIGKILL");
  await until(() => observer.holdsNothing(), "everything is released");
});

test("a guard that is killed is replaced and knows what is held", async () => {
  await using server = await startQuietDisplay();
  using observer = new XObserver(server.display);
  await using holder = await startHolder(server.display);
  await until(() => observer.pressed().includes(SHIFT), "Shift is down");
  process.kill(holder.guardPid, "SIGKILL");
  const replacement = await holder.nextGuardPid();
  assert.notEqual(replacement, holder.guardPid);
  await holder.kill("SIGKILL");
  await until(() => observer.holdsNothing(), "everything is released");
});

test("a release that the X server had no time to read before the process died is made good", async () => {
  await using server = await startQuietDisplay();
  using observer = new XObserver(server.display);
  await using holder = await startHolder(server.display);
  await until(() => observer.pressed().includes(SHIFT), "Shift is down");
  process.kill(server.pid, "SIGSTOP");
  await holder.kill("SIGUSR2");
  process.kill(server.pid, "SIGCONT");
  await until(() => observer.holdsNothing(), "everything is released");
});

test("what another client holds stays pressed", async () => {
  await using server = await startQuietDisplay();
  using observer = new XObserver(server.display);
  const other = new FakeInput(observer.connection);
  other.key(38, true);
  await using holder = await startHolder(server.display);
  await until(() => observer.pressed().includes(SHIFT), "Shift is down");
  await holder.kill("SIGKILL");
  await until(() => !isAlive(holder.guardPid), "the guard has ended");
  assert.deepEqual(observer.pressed(), [38]);
});

test("the guard ends with its injector, and when the display is gone", async () => {
  const server = await startQuietDisplay();
  const first = await openInjector({ display: server.display });
  const firstPid = first.guardPid!;
  assert.ok(isAlive(firstPid));
  await first.close();
  await until(() => !isAlive(firstPid), "the first guard has ended");

  const second = await openInjector({ display: server.display });
  second.key(4, true);
  second.flush();
  const secondPid = second.guardPid!;
  await server.kill();
  await second.close();
  await until(() => !isAlive(secondPid), "the second guard has ended");
});

/** Whether a process on Linux catches or ignores a signal, as far as the kernel knows. */
function ignoresSignal(pid: number, signal: "SIGINT" | "SIGTERM" | "SIGHUP"): boolean {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const mask = BigInt(`0x${/SigCgt:\s*(\w+)/.exec(status)?.[1] ?? "0"}`);
  return ((mask >> BigInt(constants.signals[signal] - 1)) & 1n) === 1n;
}
