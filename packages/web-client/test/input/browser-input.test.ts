import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Browser } from "playwright-core";
import { InputPage, startBrowser, withoutPlaces } from "./input-page.ts";

let browser: Browser;

before(async () => {
  browser = await startBrowser();
});

after(() => browser?.close());

const open = (options?: Parameters<typeof InputPage.open>[1]): Promise<InputPage> =>
  InputPage.open(browser, options);

test("keys go out by their places once the picture was clicked, and not before", async () => {
  await using subject = await open();
  const { keyboard } = subject.page;
  await keyboard.press("a");
  assert.deepEqual(await subject.take(), []);
  await subject.activate();
  await keyboard.down("Shift");
  await keyboard.press("KeyQ");
  await keyboard.up("Shift");
  await keyboard.press("NumpadEnter");
  assert.deepEqual(await subject.take(), [
    ...["ShiftLeft down", "KeyQ down", "KeyQ up", "ShiftLeft up"],
    ...["NumpadEnter down", "NumpadEnter up"],
  ]);
});

test("what a key prints does not matter, and the page does not get it", async () => {
  await using subject = await open();
  await subject.activate();
  await subject.page.evaluate(
    `document.addEventListener("keydown", () => harness.log.push("the page has it"))`,
  );
  const key = { code: "KeyA", key: "ф", windowsVirtualKeyCode: 65 };
  await subject.devtools.send("Input.dispatchKeyEvent", { type: "keyDown", text: "ф", ...key });
  await subject.devtools.send("Input.dispatchKeyEvent", { type: "keyUp", ...key });
  await subject.page.keyboard.press("Tab");
  assert.deepEqual(await subject.take(), ["KeyA down", "KeyA up", "Tab down", "Tab up"]);
});

test("a key that repeats is pressed once", async () => {
  await using subject = await open();
  await subject.activate();
  for (let count = 0; count < 4; count++) await subject.page.keyboard.down("x");
  await subject.page.keyboard.up("x");
  assert.deepEqual(await subject.take(), ["KeyX down", "KeyX up"]);
});

test("AltGr is the right Alt, and Windows's Ctrl before it goes nowhere", async () => {
  const control = (type: string) => ({ type, code: "ControlLeft", key: "Control" });
  const altGraph = (type: string) => ({ type, code: "AltRight", key: "AltGraph" });
  const euro = (type: string) => ({ type, code: "KeyE", key: "€", modifierAltGraph: true });
  for (const platform of ["Win32", "Linux x86_64"]) {
    await using subject = await open({ platform });
    await subject.activate();
    const isWindows = platform === "Win32";
    // In one task, as the system sends the first two in one moment.
    await subject.keys(
      ...(isWindows ? [{ ...control("keydown"), ctrlKey: true }] : []),
      { ...altGraph("keydown"), modifierAltGraph: true },
      ...[euro("keydown"), euro("keyup")],
      ...(isWindows ? [{ ...control("keyup"), modifierAltGraph: true }] : []),
      altGraph("keyup"),
    );
    const expected = ["AltRight down", "KeyE down", "KeyE up", "AltRight up"];
    assert.deepEqual(await subject.take(), expected, platform);
  }
});

test("Windows's left Ctrl alone goes down by itself", async () => {
  await using subject = await open({ platform: "Win32" });
  await subject.activate();
  await subject.page.keyboard.down("ControlLeft");
  await subject.takeWhen((log) => log.includes("ControlLeft down"), "Ctrl is down");
});

test("macOS's keys under Cmd come up although nobody says so", async () => {
  await using subject = await open({ platform: "MacIntel" });
  await subject.activate();
  await subject.page.keyboard.down("MetaLeft");
  await subject.page.keyboard.down("KeyC");
  await subject.page.keyboard.up("MetaLeft");
  const expected = ["MetaLeft down", "KeyC down", "KeyC up", "MetaLeft up"];
  assert.deepEqual(await subject.take(), expected);
});

test("the pointer is told in the host's pixels, at the edge of the picture where it is beside it", async () => {
  await using subject = await open();
  const { mouse } = subject.page;
  const at = async (x: number, y: number): Promise<string[]> => {
    await mouse.move(x, y);
    return await subject.takeWhen((log) => log.length > 0, "the pointer has moved");
  };
  assert.deepEqual(await at(20 + 100, 90 + 50), ["at 100,50"]);
  assert.deepEqual(await at(20 + 639, 90 + 359), ["at 639,359"]);
  // In the bar above the picture.
  assert.deepEqual(await at(20 + 7, 40), ["at 7,0"]);
});

test("each of five buttons works, also while another is down, and beside the element while it is held", async () => {
  await using subject = await open();
  const { mouse } = subject.page;
  await mouse.move(120, 140);
  await mouse.down();
  await mouse.down({ button: "right" });
  await mouse.up();
  await mouse.move(900, 850);
  await mouse.up({ button: "right" });
  await mouse.move(120, 140);
  await mouse.down({ button: "middle" });
  await mouse.up({ button: "middle" });
  for (const button of ["back", "forward"] as const)
    for (const type of ["mousePressed", "mouseReleased"] as const)
      await subject.devtools.send("Input.dispatchMouseEvent", {
        ...{ type, button, x: 120, y: 140, clickCount: 1 },
        buttons: type === "mousePressed" ? (button === "back" ? 8 : 16) : 0,
      });
  const log = await subject.take();
  assert.deepEqual(
    withoutPlaces(log),
    [1, 2, -1, -2, 3, -3, 4, -4, 5, -5].map(
      (button) => `button ${Math.abs(button)} ${button > 0 ? "down" : "up"}`,
    ),
  );
  assert.equal(log[log.indexOf("button 2 up") - 1], "at 639,359");
  assert.equal(await subject.page.evaluate("location.pathname"), "/");
});

test("no menu opens, nothing is dragged or selected", async () => {
  await using subject = await open();
  const prevented = (type: string): Promise<boolean> =>
    subject.page.evaluate(`!harness.target.dispatchEvent(
      new MouseEvent("${type}", { bubbles: true, cancelable: true }))`);
  for (const type of ["contextmenu", "mousedown", "auxclick", "dragstart"])
    assert.equal(await prevented(type), true, type);
});

test("the wheel turns in notches, keeps what is left over, and the page does not scroll", async () => {
  await using subject = await open();
  await subject.page.mouse.move(120, 140);
  await subject.take();
  await subject.page.mouse.wheel(0, 100);
  const scrolled = (log: readonly string[]): boolean => log.some((each) => each.startsWith("scr"));
  assert.deepEqual(await subject.takeWhen(scrolled, "it has turned"), ["scroll 0,-120"]);
  const turn = (init: string): Promise<boolean> =>
    subject.page.evaluate(`harness.target.dispatchEvent(
      new WheelEvent("wheel", { bubbles: true, cancelable: true, ...${init} }))`);
  assert.equal(await turn("{ deltaY: 0.0125, deltaMode: 1 }"), false);
  assert.deepEqual(await subject.take(), []);
  await turn("{ deltaY: 0.0625, deltaMode: 1 }");
  await turn("{ deltaY: -3, deltaMode: 1 }");
  await turn("{ deltaX: 1, deltaMode: 2 }");
  assert.deepEqual(await subject.take(), ["scroll 0,-3", "scroll 0,120", "scroll 120,0"]);
  // Pinching on a touchpad is reserved, and does not zoom the page.
  assert.equal(await turn("{ deltaY: 100, ctrlKey: true }"), false);
  assert.deepEqual(await subject.take(), []);
});

test("with the pointer locked its motion goes out, and what is held is released with the lock", async () => {
  await using subject = await open();
  const { mouse, keyboard } = subject.page;
  await subject.activate();
  await mouse.move(100, 200);
  assert.equal(await subject.run("input.requestRelative()"), true);
  await subject.takeWhen((log) => log.includes("relative true"), "the lock is there");
  await mouse.move(110, 195);
  assert.deepEqual(await subject.takeWhen((log) => log.length > 0, "it moved"), ["by 10,-5"]);
  await mouse.down();
  await keyboard.down("w");
  await subject.take();
  await subject.run("input.leaveRelative()");
  const log = await subject.takeWhen((log) => log.includes("relative false"), "the lock has gone");
  assert.deepEqual(log.toSorted(), ["KeyW up", "button 1 up", "relative false"].toSorted());
});

test("in fullscreen the system's keys are asked for, and given back at its end or when only viewing", async () => {
  await using subject = await open();
  const { page } = subject;
  await page.evaluate(`Object.defineProperty(navigator, "keyboard", { value: {
    lock: async () => void harness.log.push("lock"), unlock: () => void harness.log.push("unlock") } })`);
  const full = (): Promise<void> =>
    page.evaluate(`document.querySelector("#frame").requestFullscreen()`);
  await full();
  await subject.takeWhen((log) => log.includes("lock"), "the keys are locked");
  await page.evaluate("document.exitFullscreen()");
  await subject.takeWhen((log) => log.includes("unlock"), "the keys are given back");
  await full();
  await subject.takeWhen((log) => log.includes("lock"), "the keys are locked again");
  await page.evaluate("harness.input.viewOnly = true");
  assert.deepEqual(await subject.take(), ["unlock"]);
  await page.evaluate("document.exitFullscreen()");
  await page.evaluate(`document.querySelector("#other").requestFullscreen()`);
  await page.evaluate("harness.input.viewOnly = false");
  assert.deepEqual(await subject.take(), []);
});

test("everything is released when the window, the element or the tab is left", async () => {
  await using subject = await open();
  const { page } = subject;
  const leavings = [
    `window.dispatchEvent(new Event("blur"))`,
    `document.querySelector("#other").focus()`,
    `Object.defineProperty(document, "visibilityState", { get: () => "hidden", configurable: true });
     document.dispatchEvent(new Event("visibilitychange")); delete document.visibilityState;`,
    `window.dispatchEvent(new Event("pagehide"))`,
    "harness.input.sink = undefined",
  ];
  for (const leave of leavings) {
    await page.mouse.up();
    await subject.activate();
    await page.keyboard.down("ControlLeft");
    await page.keyboard.down("KeyA");
    await page.mouse.down();
    await subject.take();
    await page.evaluate(leave);
    const log = withoutPlaces(await subject.take());
    const expected = ["ControlLeft up", "KeyA up", "button 1 up"];
    assert.deepEqual(log.toSorted(), expected, leave);
    await page.keyboard.up("KeyA");
    await page.keyboard.up("ControlLeft");
    assert.deepEqual(withoutPlaces(await subject.take()), [], leave);
  }
  await page.mouse.up();
  await page.mouse.click(100, 200);
  await page.keyboard.press("a");
  assert.deepEqual(await subject.take(), []);
});

test("disposal releases everything, and nothing goes out after it", async () => {
  await using subject = await open();
  await subject.activate();
  await subject.page.keyboard.down("KeyA");
  await subject.run("input[Symbol.dispose]()");
  await subject.run("input[Symbol.dispose]()");
  assert.deepEqual(withoutPlaces(await subject.take()), ["KeyA down", "KeyA up"]);
  await subject.page.mouse.click(100, 200);
  await subject.page.keyboard.press("b");
  assert.deepEqual(await subject.take(), []);
  assert.equal(await subject.page.locator("#screen textarea").count(), 0);
});

test("who only views sends nothing, keeps the page's keys, and lets go of what was held", async () => {
  await using subject = await open();
  const { page } = subject;
  await subject.activate();
  await page.keyboard.down("KeyA");
  await subject.take();
  await page.evaluate("harness.input.viewOnly = true");
  assert.deepEqual(await subject.take(), ["KeyA up"]);
  await page.keyboard.press("b");
  await page.mouse.click(100, 200);
  await page.mouse.wheel(0, 100);
  await page.mouse.click(100, 200, { button: "right" });
  await subject.run(`input.sendShortcut(["Alt", "F4"])`);
  await subject.run(`input.sendText("no")`);
  await page.locator("wavry-keyboard button[data-code=KeyC]").click();
  assert.deepEqual(await subject.take(), []);
  await page.locator("#other").focus();
  await page.evaluate("harness.input.viewOnly = false");
  await subject.activate();
  await page.keyboard.press("b");
  assert.deepEqual(await subject.take(), ["KeyB down", "KeyB up"]);
});

test("a shortcut is pressed in its order and released the other way round", async () => {
  await using subject = await open();
  assert.equal(await subject.run(`input.sendShortcut(["Control", "Alt", "Delete"])`), true);
  assert.deepEqual(await subject.take(), [
    ...["ControlLeft down", "AltLeft down", "Delete down"],
    ...["Delete up", "AltLeft up", "ControlLeft up"],
  ]);
});

test("Ctrl+Alt+Shift+Q gives the keyboard back to the page", async () => {
  await using subject = await open();
  const { keyboard } = subject.page;
  await subject.activate();
  for (const key of ["ControlLeft", "AltLeft", "ShiftLeft", "KeyQ"]) await keyboard.down(key);
  const log = await subject.take();
  assert.equal(log.at(-1), "chord leave");
  assert.equal(log.filter((each) => each.endsWith(" up")).length, 3);
  assert.ok(!log.some((each) => each.startsWith("KeyQ")));
  for (const key of ["KeyQ", "ShiftLeft", "AltLeft", "ControlLeft"]) await keyboard.up(key);
  await keyboard.press("Tab");
  assert.deepEqual(await subject.take(), []);
});

test("what an input method composes goes out as text when it is done, and its keys do not", async () => {
  await using subject = await open();
  await subject.activate();
  const { devtools } = subject;
  const compose = (text: string) =>
    devtools.send("Input.imeSetComposition", {
      ...{ text, selectionStart: text.length, selectionEnd: text.length },
    });
  const processed = { key: "Process", code: "KeyN", windowsVirtualKeyCode: 229 };
  await devtools.send("Input.dispatchKeyEvent", { type: "rawKeyDown", ...processed });
  await compose("n");
  await compose("ni");
  await devtools.send("Input.dispatchKeyEvent", { type: "keyUp", key: "n", code: "KeyN" });
  assert.deepEqual(await subject.take(), []);
  await devtools.send("Input.insertText", { text: "你" });
  assert.deepEqual(await subject.take(), ['text "你"']);
  await devtools.send("Input.insertText", { text: "😀" });
  assert.deepEqual(await subject.take(), ['text "😀"']);
  await compose("x");
  await compose("");
  await subject.page.keyboard.press("a");
  assert.deepEqual(await subject.take(), ["KeyA down", "KeyA up"]);
});

test("a phone's keyboard types as it composes, corrects what it typed, deletes and ends lines", async () => {
  await using subject = await open({ touch: true });
  assert.equal(await subject.run("input.showSoftKeyboard()"), true);
  const { devtools, page } = subject;
  const field = page.locator("#screen textarea");
  assert.equal(await field.getAttribute("inputmode"), "text");
  for (const text of ["t", "te", "teh"])
    await devtools.send("Input.imeSetComposition", { text, selectionStart: 3, selectionEnd: 3 });
  await devtools.send("Input.insertText", { text: "the" });
  assert.deepEqual(await subject.take(), [
    ...['text "t"', 'text "e"', 'text "h"', String.raw`text "\b\bhe"`],
  ]);
  await page.evaluate(`document.execCommand("delete")`);
  await page.evaluate(`document.execCommand("insertLineBreak")`);
  assert.deepEqual(await subject.take(), [String.raw`text "\b"`, String.raw`text "\n"`]);
  await subject.run("input.hideSoftKeyboard()");
  assert.equal(await field.getAttribute("inputmode"), "none");
});

test("a phone's keyboard for Chinese types what it has converted", async () => {
  await using subject = await open({ touch: true, locale: "zh-CN" });
  await subject.run("input.showSoftKeyboard()");
  await subject.devtools.send("Input.imeSetComposition", {
    ...{ text: "ni", selectionStart: 2, selectionEnd: 2 },
  });
  assert.deepEqual(await subject.take(), []);
  await subject.devtools.send("Input.insertText", { text: "你" });
  assert.deepEqual(await subject.take(), ['text "你"']);
});

test("a host that takes no text gets keys alone, and no field has the focus", async () => {
  await using subject = await open();
  await subject.activate();
  const focused = (): Promise<string> => subject.run("focused()");
  assert.equal(await focused(), "textarea");
  await subject.page.evaluate("harness.input.sink = harness.plainSink");
  assert.equal(await focused(), "div");
  await subject.devtools.send("Input.insertText", { text: "你" });
  assert.equal(await subject.run("input.showSoftKeyboard()"), false);
  await subject.page.keyboard.press("a");
  assert.deepEqual(await subject.take(), ["KeyA down", "KeyA up"]);
});
