import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import { test } from "node:test";
import { startBrowser } from "./helpers/browser-viewer.ts";
import { until } from "./helpers/until.ts";

const FOLDER = new URL("..", import.meta.url).pathname;

test("the example of the README shows moving pictures in a browser", async () => {
  const code = /```ts\n(.*?)```/s.exec(readFileSync(`${FOLDER}/README.md`, "utf8"))?.[1];
  assert.ok(code !== undefined);
  const port = await freePort();
  const child = spawn(process.execPath, ["--input-type=module-typescript"], {
    cwd: FOLDER,
    env: { ...process.env, PORT: String(port) },
    stdio: ["pipe", "ignore", "inherit"],
  });
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.stdin.end(code);
  const browser = await startBrowser();
  try {
    const page = await browser.newPage();
    await until("the page", () => page.goto(`http://127.0.0.1:${port}`).catch(() => undefined));
    await until("the datagram", async () => (await page.title()) === "connected");
    const pictures = 'document.querySelector("video").getVideoPlaybackQuality().totalVideoFrames';
    await until("pictures", async () => ((await page.evaluate(pictures)) as number) > 10);
  } finally {
    child.kill("SIGTERM");
    await Promise.all([browser.close(), ended]);
  }
});

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}
