import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { createWindow, XConnection } from "@wavry/x11";
import { Framebuffer } from "../lib/framebuffer.ts";
import { familyCpuSeconds, processCpuSeconds } from "../lib/process-times.ts";
import { OwnedDirectory, OwnedProcess } from "../lib/processes.ts";
import { startXvfb } from "../lib/xvfb.ts";

const DEADLINE_MILLIS = 15_000;

async function eventually(done: () => boolean, what: string): Promise<void> {
  const deadline = performance.now() + DEADLINE_MILLIS;
  while (!done()) {
    assert.ok(performance.now() < deadline, what);
    await sleep(20);
  }
}

function isRunning(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "latin1"));
  } catch {
    return false;
  }
}

/** A program that owns a child and a folder, says which, and then waits. */
async function startOwner(): Promise<{ owner: ChildProcess; pid: number; folder: string }> {
  const module = new URL("../lib/processes.ts", import.meta.url).href;
  const code = `
    const { OwnedProcess, OwnedDirectory } = await import(${JSON.stringify(module)});
    const child = await OwnedProcess.start({ command: "sleep", args: ["100"] });
    console.log(JSON.stringify({ pid: child.pid, folder: new OwnedDirectory().path }));
    setInterval(() => {}, 1000);`;
  const owner = spawn(process.execPath, ["--input-type=module", "-e", code]);
  const [line] = await once(owner.stdout!, "data");
  return { owner, ...JSON.parse(String(line)) };
}

test("a signal ends the owned children and removes the folders, with the signal's exit code", async () => {
  const { owner, pid, folder } = await startOwner();
  assert.ok(isRunning(pid) && existsSync(folder));
  owner.kill("SIGTERM");
  const [code] = await once(owner, "exit");
  assert.equal(code, 143);
  assert.ok(!isRunning(pid) && !existsSync(folder));
});

test("even SIGKILL leaves no child behind", { skip: !existsSync("/usr/bin/setpriv") }, async () => {
  const { owner, pid } = await startOwner();
  owner.kill("SIGKILL");
  await once(owner, "exit");
  await eventually(() => !isRunning(pid), "the child outlives its owner");
});

test("dispose ends a child that ignores SIGTERM, and may be repeated", async () => {
  const child = await OwnedProcess.start({
    command: "sh",
    args: ["-c", "trap '' TERM; echo started; while :; do sleep 0.1; done"],
    readsStdout: true,
  });
  await once(child.child.stdout!, "data");
  await child[Symbol.asyncDispose]();
  await child[Symbol.asyncDispose]();
  assert.equal(await child.exited, "SIGKILL");
});

test("the time of a process holds that of all it started, running or over", async () => {
  const burn = "i=0; while [ $i -lt 60000 ]; do i=$((i + 1)); done";
  await using child = await OwnedProcess.start({
    command: "sh",
    args: ["-c", `sh -c '${burn}'; sh -c '${burn}; echo burnt; sleep 100' & wait`],
    readsStdout: true,
  });
  await once(child.child.stdout!, "data");
  const own = processCpuSeconds(child.pid);
  const family = familyCpuSeconds([child.pid]);
  assert.ok(family >= own + 0.02, `${family} s of the family, ${own} s of its own`);
});

test("a virtual display's pixels are read from its file, and nothing of it stays", async () => {
  const display = await startXvfb({ width: 320, height: 200 });
  {
    using framebuffer = new Framebuffer(display.framebufferPath);
    assert.equal(framebuffer.layout.width, 320);
    assert.equal(framebuffer.layout.height, 200);
    using connection = XConnection.open(display.name);
    const window = { x: 10, y: 20, width: 30, height: 40 };
    createWindow(connection, { ...window, background: 0x12ab56 });
    connection.sync();
    await eventually(() => (framebuffer.at(10, 20) & 0xffffff) === 0x12ab56, "no window");
    assert.equal(framebuffer.at(39, 59) & 0xffffff, 0x12ab56);
    assert.notEqual(framebuffer.at(40, 60) & 0xffffff, 0x12ab56);
  }
  await display[Symbol.asyncDispose]();
  assert.ok(!isRunning(display.pid) && !existsSync(display.framebufferPath));
});

test("an owned folder goes with its dispose", () => {
  const directory = new OwnedDirectory();
  assert.ok(existsSync(directory.path));
  directory[Symbol.dispose]();
  assert.ok(!existsSync(directory.path));
});
