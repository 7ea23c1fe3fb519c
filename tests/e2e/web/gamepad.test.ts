import assert from "node:assert/strict";
import { test } from "node:test";
import { RecordingGamepads } from "@wavry/input/testing";
import type { Page } from "playwright-core";
import { setUp } from "./set-up.ts";
import { connect, openAs, untilAsync } from "./stage.ts";

/** What a page has instead of a controller's driver; `pad` is the controller's state. */
const CONTROLLER = `
  globalThis.pad = { index: 0, id: "Test", connected: true, mapping: "standard", axes: [0, 0, 0, 0],
    buttons: Array.from({ length: 17 }, () => ({ pressed: false, touched: false, value: 0 })) };
  navigator.getGamepads = () => globalThis.pad === undefined ? [] : [globalThis.pad];
  // Nobody sits at this browser.
  document.hasFocus = () => true;`;
const AT_REST = "pad 0 buttons 0 triggers 0,0 sticks 0,0,0,0";

const gamepads = new RecordingGamepads();
const scene = setUp({ gamepads });

/** Changes the controller, and waits until the host's has got that; more may have followed. */
async function untilPlayed(page: Page, change: string, wanted: string): Promise<void> {
  const before = gamepads.events.length;
  await page.evaluate(change);
  await untilAsync(
    () =>
      `the host's controller gets "${wanted}" after "${gamepads.events.slice(-4).join('", "')}"`,
    async () => gamepads.events.slice(before).includes(wanted),
  );
}

const press = (button: number, value: number): string =>
  `pad.buttons[${button}] = { pressed: ${value > 0.5}, touched: true, value: ${value} }`;

test("a controller's buttons, triggers and sticks arrive at the host, and it is at rest when the page is left", async () => {
  await using tab = await openAs(scene.browser, scene.stage.owner);
  const { page } = tab;
  await page.addInitScript(CONTROLLER);
  await page.reload();
  await connect(page);
  await untilPlayed(page, press(0, 1), "pad 0 buttons 1 triggers 0,0 sticks 0,0,0,0");
  await untilPlayed(page, press(7, 1), "pad 0 buttons 129 triggers 0,255 sticks 0,0,0,0");
  await untilPlayed(
    page,
    "pad.axes = [-1, 0, 0, 1]",
    "pad 0 buttons 129 triggers 0,255 sticks -32767,0,0,32767",
  );
  await untilPlayed(page, "window.dispatchEvent(new Event('blur'))", AT_REST);
  await untilPlayed(page, press(1, 1), "pad 0 buttons 131 triggers 0,255 sticks -32767,0,0,32767");
  await untilPlayed(page, "pad = undefined", "pad 0 gone");
  assert.deepEqual(tab.complaints, []);
});

test("a controller of a page that is closed is taken away at the host", async () => {
  await using tab = await openAs(scene.browser, scene.stage.owner);
  const { page } = tab;
  await page.addInitScript(CONTROLLER);
  await page.reload();
  await connect(page);
  await untilPlayed(page, press(2, 1), "pad 0 buttons 4 triggers 0,0 sticks 0,0,0,0");
  await page.close();
  await untilAsync("it is gone", async () => gamepads.events.at(-1) === "pad 0 gone");
});
