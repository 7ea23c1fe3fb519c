import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { createWindow, FakeInput, focusWindow, XConnection } from "@wavry/x11";
import { startTestDisplay } from "@wavry/x11/testing";
import { MediaError } from "../../src/media-error.ts";
import { ClientWindow, type ClientWindowOptions } from "../../src/present/client-window.ts";
import type { InputEvent } from "../../src/present/window-events.ts";
import { until } from "./test-stream.ts";

/** X keycodes of the evdev keymap. */
const Key = { a: 38, q: 24, s: 39, leftControl: 37, leftShift: 50, leftAlt: 64, keypad7: 79 };

/** A window on a display of its own, with the keyboard, and a log of its input. */
async function openFocused(options: Partial<ClientWindowOptions> = {}) {
  const display = await startTestDisplay({ width: 800, height: 600 });
  const window = await ClientWindow.open({
    title: "test",
    size: { width: 400, height: 300 },
    borderless: true,
    display: display.display,
    ...options,
  });
  const connection = XConnection.open(display.display);
  const input = new FakeInput(connection);
  const log: InputEvent[] = [];
  window.onInput = (events) => log.push(...events);
  const { x11Window } = window;
  assert.ok(x11Window !== undefined);
  focusWindow(connection, x11Window);
  await until(() => log.some((event) => event.type === "focus" && event.focused), "the focus");
  log.length = 0;
  const types = (type: InputEvent["type"]): InputEvent[] =>
    log.filter((event) => event.type === type);
  return {
    display,
    window,
    connection,
    input,
    log,
    types,
    [Symbol.asyncDispose]: async () => {
      connection[Symbol.dispose]();
      await window.close();
      await display[Symbol.asyncDispose]();
    },
  };
}

test("keys arrive as HID usages of their physical position, once down and once up", async () => {
  await using set = await openFocused();
  const { input, connection, log } = set;
  for (const key of [Key.a, Key.leftShift, Key.keypad7]) {
    input.key(key, true);
    input.key(key, false);
  }
  connection.flush();
  await until(() => log.length >= 6, "six events");
  assert.deepEqual(
    log,
    [4, 225, 95].flatMap((usage) => [
      { type: "key", usage, down: true },
      { type: "key", usage, down: false },
    ]),
  );
});

test("a dead key is sent as the key that it is", async (context) => {
  await using set = await openFocused();
  const { input, connection, log, display } = set;
  const layout = spawnSync("setxkbmap", ["-display", display.display, "us", "intl"]);
  if (layout.status !== 0) {
    context.skip("setxkbmap is not installed");
    return;
  }
  const deadAcute = 48;
  for (const key of [deadAcute, Key.a]) {
    input.key(key, true);
    input.key(key, false);
  }
  connection.flush();
  await until(() => log.length >= 4, "four events");
  assert.deepEqual(
    log.map((event) => event.type === "key" && [event.usage, event.down]),
    [
      [52, true],
      [52, false],
      [4, true],
      [4, false],
    ],
  );
});

test("the pointer is measured across the picture between its bars, with buttons and wheel", async () => {
  await using set = await openFocused();
  const { window, input, connection, log, types } = set;
  // A picture of 2:1 in a window of 400x300 at 200,150 stands 50 pixels below its upper edge.
  window.setPictureSize({ width: 2000, height: 1000 });
  const moveTo = async (x: number, y: number): Promise<InputEvent | undefined> => {
    log.length = 0;
    input.moveTo(200 + x, 150 + y);
    connection.flush();
    await until(() => types("pointer").length > 0, "the pointer");
    return types("pointer").at(-1);
  };
  await moveTo(10, 10);
  assert.deepEqual(await moveTo(100, 50), {
    type: "pointer",
    x: Math.floor((100.5 / 400) * 65_536),
    y: Math.floor((0.5 / 200) * 65_536),
  });
  assert.deepEqual(await moveTo(399, 249), {
    type: "pointer",
    x: Math.floor((399.5 / 400) * 65_536),
    y: Math.floor((199.5 / 200) * 65_536),
  });
  const below = await moveTo(200, 290);
  assert.equal(below?.type === "pointer" && below.y, Math.floor((199.5 / 200) * 65_536));
  log.length = 0;
  for (const button of [1, 2, 3, 4, 5]) {
    input.button(button, true);
    input.button(button, false);
  }
  connection.flush();
  await until(() => types("wheel").length >= 2, "the wheel");
  assert.deepEqual(
    log.map((event) =>
      event.type === "button" ? [event.button, event.down] : event.type === "wheel" && event.dy,
    ),
    [[1, true], [1, false], [3, true], [3, false], [2, true], [2, false], 120, -120],
  );
});

test("relative mode gives distances, and absolute mode comes back", async () => {
  await using set = await openFocused();
  const { window, input, connection, log, types } = set;
  const modes: boolean[] = [];
  window.onMode = ({ relativeMouse }) => modes.push(relativeMouse);
  input.moveTo(410, 310);
  connection.flush();
  await until(() => types("pointer").length > 0, "the pointer");
  window.setRelativeMouse(true);
  await until(() => modes.length === 1, "relative mode");
  log.length = 0;
  input.moveBy(7, -3);
  input.moveBy(5, 0);
  connection.flush();
  const total = (): number[] =>
    log.reduce(
      (sum, event) => (event.type === "motion" ? [sum[0]! + event.dx, sum[1]! + event.dy] : sum),
      [0, 0],
    );
  await until(() => total()[0] === 12, "the motion");
  assert.deepEqual(total(), [12, -3]);
  assert.equal(types("pointer").length, 0);
  window.setRelativeMouse(false);
  await until(() => modes.length === 2, "absolute mode");
  assert.deepEqual(modes, [true, false]);
});

test("the chord asks to close, releases what is held, and its letter is not sent on", async () => {
  await using set = await openFocused();
  const { window, input, connection, log } = set;
  const asked: string[] = [];
  window.onCloseRequest = (by) => asked.push(by);
  window.onStatisticsToggle = () => asked.push("statistics");
  for (const key of [Key.leftControl, Key.leftAlt, Key.leftShift]) input.key(key, true);
  for (const key of [Key.s, Key.q]) {
    input.key(key, true);
    input.key(key, false);
  }
  connection.flush();
  await until(() => asked.length === 2, "the chords");
  assert.deepEqual(asked, ["statistics", "chord"]);
  const held = new Set<number>();
  for (const event of log)
    if (event.type === "key") {
      assert.ok(event.usage >= 224, "only modifiers");
      if (event.down) held.add(event.usage);
      else held.delete(event.usage);
    }
  assert.equal(held.size, 0);
});

test("losing the keyboard releases the keys that are held", async () => {
  await using set = await openFocused();
  const { input, connection, log } = set;
  input.key(Key.a, true);
  connection.flush();
  await until(() => log.length > 0, "the key");
  const other = createWindow(connection, { x: 0, y: 0, width: 50, height: 50 });
  focusWindow(connection, other);
  await until(() => log.at(-1)?.type === "focus", "the loss of focus");
  assert.deepEqual(log, [
    { type: "key", usage: 4, down: true },
    { type: "key", usage: 4, down: false },
    { type: "focus", focused: false },
  ]);
  input.key(Key.a, false);
  connection.flush();
});

test("a cursor can be set, hidden and set back, and one that contradicts itself is refused", async () => {
  await using set = await openFocused();
  const { window, input, connection, types } = set;
  const rgba = new Uint8Array(32 * 32 * 4).fill(200);
  window.setCursor({ width: 32, height: 32, hotX: 3, hotY: 4, rgba });
  window.setCursor("hidden");
  window.setCursor("default");
  assert.throws(
    () => window.setCursor({ width: 32, height: 32, hotX: 32, hotY: 0, rgba }),
    RangeError,
  );
  assert.throws(
    () => window.setCursor({ width: 33, height: 32, hotX: 0, hotY: 0, rgba }),
    RangeError,
  );
  input.moveTo(300, 300);
  connection.flush();
  await until(() => types("pointer").length > 0, "life afterwards");
});

// Not while the window gets the focus: SDL 2 then asks for the keyboard's modifiers and crashes if no answer comes.
test("a display that is killed closes the window with display-lost, and the process lives on", async () => {
  await using set = await openFocused();
  const { display, window } = set;
  await display.kill();
  const failure = await window.closed;
  assert.ok(failure instanceof MediaError);
  assert.equal(failure.code, "display-lost");
  window.setTitle("nobody hears this");
  await window.close();
});

test("a display that does not answer rejects with no-display, and another can be opened then", async () => {
  await assert.rejects(
    ClientWindow.open({ title: "x", size: { width: 10, height: 10 }, display: ":65432" }),
    (error) => error instanceof MediaError && error.code === "no-display",
  );
  await using display = await startTestDisplay();
  const options = { title: "x", size: { width: 99, height: 88 }, display: display.display };
  for (let round = 0; round < 2; round++) {
    await using window = await ClientWindow.open(options);
    assert.deepEqual(window.size, options.size);
    await assert.rejects(ClientWindow.open(options), { code: "unavailable" });
  }
});
