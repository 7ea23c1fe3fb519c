import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { ThreadLink } from "@wavry/rift-udp/thread";
import type { ServedCalls, ServedNews } from "../helpers/served-thread.ts";

function start(): {
  link: ThreadLink<ServedCalls, ServedNews>;
  news: ServedNews[];
} & AsyncDisposable {
  const news: ServedNews[] = [];
  const link = new ThreadLink<ServedCalls, ServedNews>({
    entry: new URL("../helpers/served-thread.ts", import.meta.url),
    name: "served",
    onNews: (one) => news.push(one),
  });
  return { link, news, [Symbol.asyncDispose]: () => link.stop() };
}

test("a thread answers calls, tells news, and stops in order", async () => {
  await using served = start();
  const { link, news } = served;
  assert.equal(await link.call("add", [1, 2, 3]), 6);
  await link.call("open", {});
  await link.stop();
  assert.deepEqual(news, ["opened", "closed"]);
  assert.equal(await link.ended, undefined);
  await link.stop();
  await assert.rejects(link.call("add", [1]), /ended/);
});

test("an error comes across with its code, name, message and cause", async () => {
  await using served = start();
  await assert.rejects(served.link.call("refuse"), {
    name: "EndpointError",
    code: "port-in-use",
    message: "UDP port 1 is taken",
    cause: "Error: EADDRINUSE",
  });
});

test("a thread that fails closes its socket, says why, and does not take the process with it", async () => {
  await using served = start();
  const { link, news } = served;
  const port = await link.call("open", {});
  await link.call("fail");
  const error = await link.ended;
  assert.equal(error?.message, "a bug");
  assert.equal((error as { code?: string }).code, "bug");
  assert.deepEqual(news, ["opened", "closed"]);
  const socket = createSocket("udp4").bind(port, "127.0.0.1");
  await once(socket, "listening");
  socket.close();
});

test("a module that does not load ends the thread with the reason", async () => {
  const link = new ThreadLink<ServedCalls, ServedNews>({
    entry: new URL("./no-such-module.ts", import.meta.url),
    name: "missing",
    onNews: () => {},
  });
  await assert.rejects(link.call("add", []), /no-such-module/);
  assert.match(String(await link.ended), /no-such-module/);
});

for (const [how, code] of [
  ["exit", 7],
  ["throw", 1],
] as const)
  test(`a program that ends by ${how} lets its thread close everything before`, () => {
    const folder = mkdtempSync(join(tmpdir(), "wavry-thread-"));
    try {
      const stopFile = join(folder, "stopped");
      const program = join(import.meta.dirname, "../helpers/ending-program.ts");
      const { status, signal } = spawnSync(process.execPath, [program, how, stopFile], {
        timeout: 20_000,
      });
      assert.deepEqual([status, signal], [code, null]);
      assert.ok(existsSync(stopFile));
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

test("a program that ends while its thread loads ends as it meant to", () => {
  const program = join(import.meta.dirname, "../helpers/leaving-program.ts");
  for (const delay of [1, 2, 3, 4, 5, 6, 7, 8]) {
    const { status, signal } = spawnSync(process.execPath, [program, String(delay)], {
      timeout: 20_000,
    });
    assert.deepEqual([status, signal], [7, null]);
  }
});

test("a thread that was asked for nothing does not keep a program from ending", () => {
  const door = JSON.stringify(import.meta.resolve("@wavry/rift-udp/thread"));
  const entry = JSON.stringify(import.meta.resolve("../helpers/served-thread.ts"));
  const text = `import { ThreadLink } from ${door};
    new ThreadLink({ entry: new URL(${entry}), name: "idle", onNews() {}, isOptional: true });`;
  const { status, signal } = spawnSync(process.execPath, ["--input-type=module", "-e", text], {
    timeout: 20_000,
  });
  assert.deepEqual([status, signal], [0, null]);
});
