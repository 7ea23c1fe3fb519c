import assert from "node:assert/strict";
import { PassThrough } from "node:stream";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import type { RoundResult } from "../glass/round.ts";
import { CHROMIUM, Chromium } from "../lib/chromium.ts";
import { DevTools } from "../lib/devtools.ts";
import { hasProgram } from "../lib/processes.ts";
import { startXvfb } from "../lib/xvfb.ts";
import { webRows } from "../web/web.ts";

const ROUND: RoundResult = {
  latenciesMs: [20, 30],
  firstPictureMs: 400,
  flipsDrawn: 3,
  flipsLost: 1,
  seconds: 30,
  framesDrawn: 1800,
  framesShown: 900,
  freezesMs: [150, 450],
  cpuHost: 10,
  cpuClient: 20,
  kbps: 5000,
  stages: {},
};

function valuesOf(rows: readonly object[]): Record<string, number> {
  return Object.fromEntries(
    rows.map((row) => {
      const { metric, p50, value } = row as { metric: string; p50?: number; value?: number };
      return [metric, (value ?? p50)!];
    }),
  );
}

test("a case in motion gives every published metric, freezes by the minute", () => {
  const rows = webRows("720p/motion/webtransport", "motion", {
    rounds: [ROUND, { ...ROUND, freezesMs: [], cpuHost: 30 }],
    inputsMs: [1, 2, 3],
    firstPicturesMs: [300, 400, 500],
  });
  for (const row of rows) assert.equal(row.case, "720p/motion/webtransport");
  assert.deepEqual(valuesOf(rows), {
    ...{ glass_to_glass: 20, input: 2, first_picture: 400, lost: 2, fps: 30 },
    ...{ freezes: 2, frozen: 1, freeze: 150, cpu_host: 20, cpu_page: 20, bitrate: 5000 },
  });
});

test("what stands still cannot freeze, and what takes no input has no figure of it", () => {
  const findings = { rounds: [ROUND], inputsMs: [], firstPicturesMs: [400] };
  const rows = webRows("720p/still/chromium", "still", findings);
  assert.deepEqual(Object.keys(valuesOf(rows)), [
    ...["glass_to_glass", "first_picture", "lost", "cpu_host", "cpu_page", "bitrate"],
  ]);
});

test("replies find their calls, however they are cut and in whatever order they come", async () => {
  const commands = new PassThrough();
  const replies = new PassThrough();
  const tools = new DevTools(commands, replies);
  let written = "";
  commands.on("data", (chunk) => {
    written += chunk;
  });
  const first = tools.call("One");
  const second = tools.call("Two", { a: 1 }, "session");
  await setImmediate();
  const sent = written.split("\0");
  assert.deepEqual(JSON.parse(sent[0]!), { id: 1, method: "One", params: {} });
  const session = { id: 2, method: "Two", params: { a: 1 }, sessionId: "session" };
  assert.deepEqual(JSON.parse(sent[1]!), session);
  const bytes = Buffer.from(
    '{"method":"Event"}\0{"id":2,"error":{"message":"zu spät"}}\0{"id":1,"result":7}\0',
  );
  for (const byte of bytes) replies.write(Uint8Array.of(byte));
  await assert.rejects(second, /^Error: Two: zu spät$/);
  assert.equal(await first, 7);
  const last = tools.call("Three");
  replies.destroy();
  await assert.rejects(last, /the browser is gone/);
  await assert.rejects(tools.call("Four"), /the browser is gone/);
});

const skip = !hasProgram(CHROMIUM) || !hasProgram("Xvfb");
test("a kiosk page covers the display, and what it throws is told", { skip }, async () => {
  const size = { width: 800, height: 600 };
  await using display = await startXvfb(size);
  await using browser = await Chromium.start({
    ...{ display: display.name, size, url: "data:text/html,<h1>Hello</h1>" },
    ...{ flags: ["--kiosk"], windowManager: true },
  });
  await browser.waitFor("innerWidth === 800 && innerHeight === 600", "it does not cover it");
  assert.equal(await browser.evaluate("Promise.resolve(document.body.innerText)"), "Hello");
  await assert.rejects(browser.evaluate("nothing.here"), /nothing is not defined/);
});
