import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { test } from "node:test";

const SETUP = join(import.meta.dirname, "setup.mjs");

test("the command runs under the project's own Node, and nothing else stands on stdout", () => {
  const { stdout, status } = spawnSync("node", [SETUP, "--", "node", "-p", "process.version"], {
    encoding: "utf8",
  });
  assert.equal(status, 0);
  assert.match(stdout, /^v26\.[\d.]+\n$/);
});

test("the command's exit code is the exit code", () => {
  assert.equal(spawnSync("node", [SETUP, "--", "sh", "-c", "exit 7"]).status, 7);
});

test("a signal reaches the command, which may still choose how to end", async () => {
  const script =
    'process.on("SIGTERM", () => process.exit(9)); setInterval(() => {}, 1e6); console.log("up")';
  const child = spawn("node", [SETUP, "--", "node", "-e", script], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  await once(child.stdout, "data");
  child.kill("SIGTERM");
  const [code] = await once(child, "exit");
  assert.equal(code, 9);
});

test("when it is killed outright, the command ends too", async () => {
  const script = "setInterval(() => {}, 1e6); console.log(process.pid)";
  const child = spawn("node", [SETUP, "--", "node", "-e", script], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  await once(child.stdout, "data");
  child.kill("SIGKILL");
  // The command holds the other end of the pipe: it closes when the command is gone.
  await once(child.stdout, "close");
});

test("an unknown option is refused with exit code 2", () => {
  const { status, stderr } = spawnSync("node", [SETUP, "--fast", "--", "true"], {
    encoding: "utf8",
  });
  assert.equal(status, 2);
  assert.match(stderr, /--fast/);
});
