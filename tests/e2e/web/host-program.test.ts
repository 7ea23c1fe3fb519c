import assert from "node:assert/strict";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { pressedKeycodes, XConnection } from "@wavry/x11";
import { startTestDisplay } from "@wavry/x11/testing";
import type { Page } from "playwright-core";
import { openTab } from "../../../apps/web/test/real-browser.ts";
import { buildPages, freePort } from "../../../apps/web/test/web-gateway.ts";
import { until } from "../pair.ts";
import { makeHome, startWavry, type WavryProgram } from "../wavry-program.ts";
import { startChromium } from "./browser.ts";
import { paint, screenIs, untilPointerFollows, untilShown, untilShows } from "./stage.ts";

const KEY_A = 38;
const PATIENCE_MS = 60_000;
const PATIENCE_SECONDS = PATIENCE_MS / 1000;

test("a program that is killed lets go of the keys, and the page comes back when it runs again; SIGTERM tells the page and leaves nothing behind", async () => {
  buildPages();
  await using display = await startTestDisplay();
  using onHost = XConnection.open(display.display);
  using home = makeHome();
  // The page looks for its gateway where it was.
  const listen = String(await freePort());
  const start = (): WavryProgram =>
    startWavry(["up", "--json", "--port", "0", "--web-port", "0", "--listen", listen], {
      ...{ home, display: display.display },
    });
  await using browser = await startChromium();

  await using first = start();
  const { url } = await first.event("sign-in-link");
  await using tab = await openTab(browser, new URL(String(url)).origin);
  const { page } = tab;
  await page.goto(String(url));
  await page.getByRole("link", { name: /^Connect / }).click();
  await untilShown(page);
  await holdKey(page, onHost);
  const killed = first.children();
  assert.ok(killed.length > 0);
  first.kill("SIGKILL");
  await page
    .getByText("The connection was lost. It is coming back")
    .waitFor({ timeout: PATIENCE_MS });
  await until("the key is up", () => pressedKeycodes(onHost).length === 0);
  await until("its processes are gone", () => !killed.some(isRunning), PATIENCE_SECONDS);
  await page.keyboard.up("a");

  await using second = start();
  await second.event("gateway-connected");
  await untilShown(page);
  assert.equal(await screenIs(page, "state"), "connected");
  paint(onHost, 0x306030);
  await untilShows(page, 0x306030);
  await untilPointerFollows(page, { onHost }, { x: 300, y: 200 });
  await holdKey(page, onHost);
  const started = second.children();
  second.kill("SIGTERM");
  await page.getByText("The machine has stopped sharing.").waitFor({ timeout: PATIENCE_MS });
  let code: number | string | undefined;
  void second.exited.then((how) => {
    code = how;
  });
  await until("it has ended", () => code !== undefined, PATIENCE_SECONDS);
  // As shells count an end that SIGTERM asked for.
  assert.deepEqual([code, second.complaints], [143, ""]);
  await until("its processes are gone", () => !started.some(isRunning), PATIENCE_SECONDS);
  assert.deepEqual(pressedKeycodes(onHost), []);
  assert.deepEqual(readdirSync(join(home.path, "gateway")).sort(), [
    "gateway.sqlite",
    "master.key",
  ]);
});

async function holdKey(page: Page, onHost: XConnection): Promise<void> {
  await page.keyboard.down("a");
  await until("the key is down", () => pressedKeycodes(onHost).includes(KEY_A));
}

function isRunning(pid: number): boolean {
  return existsSync(`/proc/${pid}`);
}
