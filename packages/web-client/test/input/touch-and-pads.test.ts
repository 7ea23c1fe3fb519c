import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Browser } from "playwright-core";
import { InputPage, startBrowser, withoutPlaces } from "./input-page.ts";

let browser: Browser;

before(async () => {
  browser = await startBrowser();
});

after(() => browser?.close());

const open = (): Promise<InputPage> => InputPage.open(browser, { touch: true });

/** A controller that the page finds, with what it says. */
const FAKE_GAMEPAD = `
  globalThis.pad = { index: 1, connected: true, mapping: "standard", axes: [0, 0, 0, 0],
    buttons: Array.from({ length: 17 }, () => ({ pressed: false, value: 0 })) };
  navigator.getGamepads = () => [null, globalThis.pad];
  window.dispatchEvent(new Event("gamepadconnected"));`;

test("a tap is a click there, and no phone's keyboard opens", async () => {
  await using subject = await open();
  await subject.touch("touchStart", [120, 140]);
  await subject.touch("touchEnd");
  const log = await subject.takeWhen((log) => log.includes("button 1 up"), "the click is there");
  assert.deepEqual(log, ["at 100,50", "button 1 down", "button 1 up"]);
  const field = subject.page.locator("#screen textarea");
  assert.equal(await field.getAttribute("inputmode"), "none");
});

test("a finger that stays is a right click", async () => {
  await using subject = await open();
  await subject.touch("touchStart", [120, 140]);
  const log = await subject.takeWhen((log) => log.includes("button 2 up"), "the click is there");
  assert.deepEqual(log, ["at 100,50", "button 2 down", "button 2 up"]);
  await subject.touch("touchEnd");
  assert.deepEqual(await subject.take(), []);
});

test("a tap of two fingers is a right click", async () => {
  await using subject = await open();
  await subject.touch("touchStart", [120, 140]);
  await subject.touch("touchStart", [120, 140], [160, 140]);
  await subject.touch("touchEnd");
  const log = await subject.takeWhen((log) => log.includes("button 2 up"), "the click is there");
  assert.deepEqual(log, ["at 100,50", "button 2 down", "button 2 up"]);
});

test("a finger that slides leads the pointer, or drags", async () => {
  await using subject = await open();
  const slide = async (): Promise<string[]> => {
    await subject.touch("touchStart", [120, 140]);
    await subject.touch("touchMove", [150, 140]);
    await subject.touch("touchMove", [160, 150]);
    await subject
      .takeWhen((log) => log.includes("at 140,60"), "the pointer is there")
      .then((log) => all.push(...log));
    await subject.touch("touchEnd");
    all.push(...(await subject.take()));
    return all.splice(0);
  };
  const all: string[] = [];
  assert.deepEqual(withoutPlaces(await slide()), []);
  await subject.page.evaluate(`harness.input.touchMode = "drag"`);
  const dragged = await slide();
  assert.deepEqual(dragged.slice(0, 2), ["at 100,50", "button 1 down"]);
  assert.deepEqual(withoutPlaces(dragged), ["button 1 down", "button 1 up"]);
});

test("two fingers scroll, and a drag that the system takes away lets go", async () => {
  await using subject = await open();
  await subject.touch("touchStart", [120, 140]);
  await subject.touch("touchStart", [120, 140], [160, 140]);
  for (const y of [150, 160, 170, 180]) await subject.touch("touchMove", [120, y], [160, y]);
  const total = (log: readonly string[]): number =>
    log.reduce(
      (sum, each) => sum + (each.startsWith("scroll") ? Number(each.split(",")[1]) : 0),
      0,
    );
  const log = await subject.takeWhen((log) => total(log) === 120, "it has scrolled by 40 pixels");
  assert.ok(!log.some((each) => each.startsWith("button")));
  await subject.touch("touchEnd");
  await subject.page.evaluate(`harness.input.touchMode = "drag"`);
  await subject.touch("touchStart", [120, 140]);
  await subject.touch("touchMove", [150, 140]);
  await subject.takeWhen((log) => log.includes("button 1 down"), "it drags");
  await subject.touch("touchCancel");
  await subject.takeWhen((log) => log.includes("button 1 up"), "it has let go");
});

test("a controller's changes go out, and it is at rest when the window is left", async () => {
  await using subject = await open();
  await subject.page.evaluate(FAKE_GAMEPAD);
  await subject.takeWhen((log) => log.includes("gamepad 0 0 0"), "it is there");
  await subject.page.evaluate("pad.buttons[0] = { pressed: true, value: 1 }; pad.axes[0] = -1");
  await subject.takeWhen((log) => log.includes("gamepad 0 1 -32767"), "it is told");
  await subject.page.evaluate("harness.input.releaseAll()");
  const log = await subject.takeWhen((log) => log.length >= 2, "it rests, and goes on");
  assert.deepEqual(log.slice(0, 2), ["gamepad 0 0 0", "gamepad 0 1 -32767"]);
  await subject.page.evaluate("document.hasFocus = () => false");
  await subject.takeWhen((log) => log.includes("gamepad 0 0 0"), "it rests");
  await subject.page.evaluate("delete document.hasFocus; navigator.getGamepads = () => []");
  await subject.takeWhen((log) => log.includes("gamepad 0 gone"), "it has gone");
});

test("a host that takes no gamepad is told of none", async () => {
  await using subject = await open();
  await subject.page.evaluate(`harness.input.sink = harness.plainSink; ${FAKE_GAMEPAD}`);
  await subject.page.evaluate("pad.buttons[0] = { pressed: true, value: 1 }");
  await subject.page.evaluate("harness.input.sink = harness.sink");
  assert.deepEqual(await subject.takeWhen((log) => log.length > 0, "the next host is told"), [
    "gamepad 0 1 0",
  ]);
});

test("the on-screen keyboard presses while it is touched, and its modifiers latch", async () => {
  await using subject = await open();
  await subject.activate();
  const key = (code: string) => subject.page.locator(`wavry-keyboard button[data-code=${code}]`);
  await key("KeyA").hover();
  await subject.page.mouse.down();
  assert.deepEqual(await subject.take(), ["KeyA down"]);
  await subject.page.mouse.move(5, 5);
  await subject.page.mouse.up();
  assert.deepEqual(await subject.take(), ["KeyA up"]);
  await key("ControlLeft").click();
  assert.equal(await key("ControlLeft").getAttribute("aria-pressed"), "true");
  await key("KeyC").tap();
  assert.deepEqual(await subject.take(), [
    ...["ControlLeft down", "KeyC down", "KeyC up", "ControlLeft up"],
  ]);
  assert.equal(await key("ControlLeft").getAttribute("aria-pressed"), "false");
  await key("ShiftLeft").click();
  assert.equal(await key("Digit1").textContent(), "!");
  // The real keyboard still has its focus.
  await subject.page.keyboard.press("b");
  await subject.page.evaluate(`window.dispatchEvent(new Event("blur"))`);
  assert.deepEqual(await subject.take(), [
    ...["ShiftLeft down", "KeyB down", "KeyB up", "ShiftLeft up"],
  ]);
  assert.equal(await key("ShiftLeft").getAttribute("aria-pressed"), "false");
});

test("the on-screen keyboard works by keyboard alone, and is one stop of it", async () => {
  await using subject = await open();
  const { page } = subject;
  const { keyboard } = page;
  await page.locator("#other").focus();
  await keyboard.press("Tab");
  await keyboard.press("ArrowDown");
  await keyboard.press("ArrowRight");
  await keyboard.press("Enter");
  await keyboard.press("ArrowRight");
  await keyboard.press("Space");
  assert.deepEqual(await subject.take(), [
    ...["Digit1 down", "Digit1 up", "Digit2 down", "Digit2 up"],
  ]);
  await keyboard.press("Tab");
  const inside = "document.activeElement.localName";
  assert.equal(await page.evaluate(inside), "wavry-gamepad");
});

test("the on-screen gamepad is a controller, and keys where the host takes none", async () => {
  await using subject = await open();
  const { page } = subject;
  const south = page.locator("wavry-gamepad button[aria-label=A]");
  await south.hover();
  await page.mouse.down();
  await page.mouse.up();
  assert.deepEqual(await subject.take(), ["gamepad 0 1 0", "gamepad 0 0 0"]);
  await page.evaluate("harness.input.sink = harness.plainSink");
  await subject.take();
  await south.hover();
  await page.mouse.down();
  await page.mouse.up();
  assert.deepEqual(await subject.take(), ["Space down", "Space up"]);
  const box = await page.locator("wavry-gamepad .stick").first().boundingBox();
  assert.ok(box !== null);
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width / 2, box.y + 5);
  await page.mouse.up();
  assert.deepEqual(await subject.take(), ["KeyW down", "KeyW up"]);
});
