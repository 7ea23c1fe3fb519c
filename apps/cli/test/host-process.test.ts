import assert from "node:assert/strict";
import { once } from "node:events";
import { existsSync, globSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { startTestDisplay } from "@wavry/x11/testing";
import { runWavry, startWavry, temporaryHome } from "./run-wavry.ts";

const LISTEN = ["--json", "--address", "127.0.0.1", "--port", "0"];

for (const [signal, code] of [
  ["SIGINT", 130],
  ["SIGTERM", 143],
] as const) {
  test(`host prints a pairing link, and ${signal} ends it with exit code ${code}`, async () => {
    using home = temporaryHome();
    await using server = await startTestDisplay();
    const { child, next } = startWavry(["host", ...LISTEN, "--display", server.display], {
      WAVRY_HOME: home.path,
    });
    const { link } = await next("pairing-link");
    assert.match(String(link), /^wavry:\/\/pair\/wavry1/);
    child.kill(signal);
    assert.deepEqual(await once(child, "exit"), [code, null]);
  });
}

test("a signal that is told twice, by a terminal and by who forwards it, still ends in order", async () => {
  using home = temporaryHome();
  await using server = await startTestDisplay();
  const { child, next } = startWavry(["host", ...LISTEN, "--display", server.display], {
    WAVRY_HOME: home.path,
  });
  await next("listening");
  const exit = once(child, "exit");
  child.kill("SIGINT");
  child.kill("SIGINT");
  assert.equal((await next("ended")).reason, "stopped");
  assert.deepEqual(await exit, [130, null]);
});

test("host exits 1 when the display closes under it", async () => {
  using home = temporaryHome();
  await using server = await startTestDisplay();
  const { child, next } = startWavry(["host", ...LISTEN, "--display", server.display], {
    WAVRY_HOME: home.path,
  });
  await next("listening");
  await server.kill();
  assert.deepEqual(await once(child, "exit"), [1, null]);
});

test("a port in use is told in one line with exit code 1", async () => {
  using home = temporaryHome();
  await using server = await startTestDisplay();
  const first = startWavry(["host", ...LISTEN, "--display", server.display], {
    WAVRY_HOME: home.path,
  });
  const { addresses } = await first.next("listening");
  const { port } = (addresses as { port: number }[])[0]!;
  const { status, stderr } = runWavry(
    ["host", "--address", "127.0.0.1", "--port", String(port), "--display", server.display],
    { WAVRY_HOME: home.path },
  );
  first.child.kill("SIGTERM");
  await once(first.child, "exit");
  assert.equal(status, 1);
  assert.match(stderr, new RegExp(`^wavry: [^\\n]*${port}[^\\n]*\\n$`));
});

for (const [signal, ending] of [
  ["SIGTERM", [143, null]],
  ["SIGKILL", [null, "SIGKILL"]],
] as const) {
  test(`up makes a display of its own where there is none, and ${signal} leaves nothing of it`, async () => {
    using home = temporaryHome();
    const { child, next } = startWavry(["up", ...LISTEN, "--size", "640x480"], {
      WAVRY_HOME: home.path,
      XDG_RUNTIME_DIR: home.path,
    });
    await next("listening");
    const processes = childrenOf(child.pid ?? 0);
    assert.ok(processes.length >= 3, "an X server, a window manager and a terminal run");
    assert.equal(globSync("wavry-display-*", { cwd: home.path }).length, 1);
    child.kill(signal);
    assert.deepEqual(await once(child, "exit"), ending);
    const remains = (): string[] =>
      processes
        .filter(isRunning)
        .map((pid) => `process ${pid}`)
        .concat(globSync("wavry-display-*", { cwd: home.path }));
    const deadline = performance.now() + 60_000;
    while (remains().length > 0 && performance.now() < deadline) await sleep(20);
    assert.deepEqual(remains(), []);
  });
}

/** The ids of a process's children. */
function childrenOf(pid: number): number[] {
  return globSync("/proc/[0-9]*/status")
    .filter((file) => readOrEmpty(file).includes(`\nPPid:\t${pid}\n`))
    .map((file) => Number(file.split("/")[2]));
}

/** Whether a process runs; one that has ended and waits for its parent does not. */
function isRunning(pid: number): boolean {
  return existsSync(`/proc/${pid}`) && !/^State:\s+Z/m.test(readOrEmpty(`/proc/${pid}/status`));
}

function readOrEmpty(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
