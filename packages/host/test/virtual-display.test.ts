import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { rootSize, XConnection } from "@wavry/x11";
import { startVirtualDisplay, type VirtualDisplay } from "../src/virtual-display.ts";

type Traces = Pick<VirtualDisplay, "display" | "authority" | "pids">;

/** Looks for what is still there of a display that is there now. Its number may be another one's as soon as it is free. */
function remainsOf({ display, authority, pids }: Traces): () => string[] {
  const number = display.slice(1);
  const files = [`/tmp/.X11-unix/X${number}`, `/tmp/.X${number}-lock`, dirname(authority)];
  const before = files.map(markOf);
  return () =>
    files
      .filter((path, i) => before[i] !== undefined && markOf(path) === before[i])
      .concat(pids.filter(isAlive).map((pid) => `process ${pid}`));
}

/** Tells a file from a later one of the same name; undefined: there is none. */
function markOf(path: string): string | undefined {
  const found = statSync(path, { bigint: true, throwIfNoEntry: false });
  return found && `${found.ino} ${found.birthtimeNs}`;
}

/** Whether a process runs; one that has ended and waits for its parent does not. */
function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}

const small = { size: { width: 640, height: 480 }, windowManager: false, terminal: false };

test("a display with its window manager and terminal comes up, and leaves nothing when it is disposed", async () => {
  const display = await startVirtualDisplay({ ...small, windowManager: true, terminal: true });
  assert.match(display.display, /^:\d+$/);
  assert.equal(display.pids.length, 3);
  assert.ok(display.pids.every(isAlive));
  assert.equal(statSync(dirname(display.authority)).mode & 0o777, 0o700);
  const remains = remainsOf(display);
  assert.notDeepEqual(remains(), []);
  await display[Symbol.asyncDispose]();
  await display.closed;
  assert.deepEqual(remains(), []);
  await display[Symbol.asyncDispose]();
});

test("it has the size that was asked for and lets in only who has the cookie", async () => {
  await using display = await startVirtualDisplay(small);
  const before = process.env.XAUTHORITY;
  try {
    process.env.XAUTHORITY = display.authority;
    using connection = XConnection.open(display.display);
    assert.deepEqual(rootSize(connection), { width: 640, height: 480 });
    process.env.XAUTHORITY = "/dev/null";
    assert.throws(() => XConnection.open(display.display), { code: "no-display" });
  } finally {
    if (before === undefined) delete process.env.XAUTHORITY;
    else process.env.XAUTHORITY = before;
  }
});

test("nothing is left when the process that holds it is killed outright", async () => {
  const helper = join(import.meta.dirname, "helpers/hold-virtual-display.ts");
  const holder = spawn(process.execPath, [helper], { stdio: ["ignore", "pipe", "inherit"] });
  const [line] = await once(holder.stdout, "data");
  const traces: Traces = JSON.parse(String(line));
  const remains = remainsOf(traces);
  assert.notDeepEqual(remains(), []);
  holder.kill("SIGKILL");
  await once(holder, "exit");
  const deadline = performance.now() + 60_000;
  while (remains().length > 0 && performance.now() < deadline) await sleep(20);
  assert.deepEqual(remains(), []);
});

test("a missing Xvfb is named with its Debian package", async () => {
  const before = process.env.PATH;
  process.env.PATH = "/nonexistent";
  try {
    await assert.rejects(startVirtualDisplay(small), { code: "program-missing" });
  } finally {
    process.env.PATH = before;
  }
});

test("an Xvfb that cannot start is quoted", async () => {
  await assert.rejects(
    startVirtualDisplay({ ...small, framebufferDirectory: "/nonexistent/folder" }),
    (error: Error & { code?: string }) =>
      error.code === "server-failed" && /\/nonexistent\/folder/.test(error.message),
  );
});

test("it says when the server ends by itself", async () => {
  await using display = await startVirtualDisplay(small);
  process.kill(display.pids[0] ?? 0, "SIGTERM");
  await display.closed;
});
