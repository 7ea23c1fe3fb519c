import assert from "node:assert/strict";
import { test } from "node:test";
import type { Rect, Size } from "@wavry/rift-core";
import { createWindow, FakeInput, Painter, rootSize, XConnection } from "@wavry/x11";
import { startTestDisplay } from "@wavry/x11/testing";
import type { CaptureEvent, ScreenCapture } from "../../src/capture/screen-capture.ts";
import { SyntheticCapture } from "../../src/capture/synthetic-capture.ts";
import { SyntheticControls, SyntheticScreen } from "../../src/capture/synthetic-screen.ts";
import { Waker } from "../../src/capture/waker.ts";
import { X11Capture } from "../../src/capture/x11-capture.ts";
import { setScreenSize } from "../helpers/set-screen-size.ts";

const SIZE: Size = { width: 320, height: 240 };
const LONG_MICROS = 10_000_000;

/** A screen that can be captured and drawn on. */
interface Stage extends AsyncDisposable {
  readonly capture: ScreenCapture;
  readonly waker: Waker;
  fill(rect: Rect, colour: number): void;
  movePointer(x: number, y: number): void;
  resize(size: Size): void;
  end(): Promise<void>;
}

async function x11Stage(): Promise<Stage> {
  const server = await startTestDisplay(SIZE);
  const connection = XConnection.open(server.display);
  const window = createWindow(connection, { x: 0, y: 0, ...SIZE });
  const painter = new Painter(connection, window);
  connection.sync();
  const waker = new Waker();
  const capture = new X11Capture({ display: server.display, waker });
  const input = new FakeInput(connection);
  return {
    capture,
    waker,
    fill: (rect, colour) => {
      painter.fill(window, rect, colour);
      connection.sync();
    },
    movePointer: (x, y) => {
      input.moveTo(x, y);
      connection.sync();
    },
    resize: (size) => {
      setScreenSize(connection, size);
      assert.deepEqual(rootSize(connection), size);
    },
    end: () => server.kill(),
    [Symbol.asyncDispose]: async () => {
      capture[Symbol.dispose]();
      connection[Symbol.dispose]();
      waker[Symbol.dispose]();
      await server[Symbol.asyncDispose]();
    },
  };
}

async function syntheticStage(): Promise<Stage> {
  const controls = new SyntheticControls(SIZE);
  const waker = new Waker();
  const screen = new SyntheticScreen(controls.memory);
  const capture = new SyntheticCapture({ screen, waker });
  return {
    capture,
    waker,
    fill: (rect, colour) => controls.fill(rect, colour),
    movePointer: (x, y) => controls.movePointer(x, y),
    resize: (size) => controls.resize(size),
    end: async () => controls.close(),
    [Symbol.asyncDispose]: async () => {
      capture[Symbol.dispose]();
      waker[Symbol.dispose]();
    },
  };
}

function waitFor(capture: ScreenCapture, wanted: CaptureEvent): void {
  const deadline = process.hrtime.bigint() + 10_000_000_000n;
  while (process.hrtime.bigint() < deadline) if (capture.wait(100_000, true) === wanted) return;
  assert.fail(`no "${wanted}" within ten seconds`);
}

function assertColour(capture: ScreenCapture, rect: Rect, colour: number): void {
  for (let y = rect.y; y < rect.y + rect.height; y++)
    for (let x = rect.x; x < rect.x + rect.width; x++)
      assert.equal(
        (capture.image.pixels[y * capture.image.stridePixels + x] ?? 0) & 0xffffff,
        colour,
      );
}

function covers(rects: readonly Rect[], inner: Rect): boolean {
  return rects.some(
    ({ x, y, width, height }) =>
      x <= inner.x &&
      y <= inner.y &&
      x + width >= inner.x + inner.width &&
      y + height >= inner.y + inner.height,
  );
}

for (const [name, open] of [
  ["x11", x11Stage],
  ["synthetic", syntheticStage],
] as const) {
  test(`${name}: the first grab is the whole screen, then only what changed is brought`, async () => {
    await using stage = await open();
    const { capture } = stage;
    assert.deepEqual(capture.size, SIZE);
    assert.equal(capture.wait(LONG_MICROS, true), "damage");
    assert.deepEqual(capture.grab().rects, [{ x: 0, y: 0, ...SIZE }]);
    const first = { x: 21, y: 33, width: 40, height: 25 };
    const second = { x: 250, y: 180, width: 30, height: 31 };
    stage.fill(first, 0x123456);
    stage.fill(second, 0xfedcba);
    waitFor(capture, "damage");
    const { rects } = capture.grab();
    assert.equal(rects.length, 2);
    assert.ok(covers(rects, first) && covers(rects, second));
    const pixels = rects.reduce((sum, rect) => sum + rect.width * rect.height, 0);
    assert.ok(pixels < 42 * 27 + 32 * 33, `${pixels} pixels were fetched`);
    assertColour(capture, first, 0x123456);
    assertColour(capture, second, 0xfedcba);
  });

  test(`${name}: a change of whole rows arrives in place`, async () => {
    await using stage = await open();
    stage.capture.grab();
    const rect = { x: 0, y: 100, width: SIZE.width, height: 20 };
    stage.fill(rect, 0x00ff77);
    waitFor(stage.capture, "damage");
    assert.deepEqual(stage.capture.grab().rects, [rect]);
    assertColour(stage.capture, rect, 0x00ff77);
  });

  test(`${name}: a still screen is idle, and so is a wait that is woken`, async () => {
    await using stage = await open();
    stage.capture.grab();
    assert.equal(stage.capture.wait(20_000, true), "idle");
    stage.waker.wake();
    const started = process.hrtime.bigint();
    assert.equal(stage.capture.wait(LONG_MICROS, true), "idle");
    assert.ok(process.hrtime.bigint() - started < 5_000_000_000n);
    assert.deepEqual(stage.capture.grab().rects, []);
  });

  test(`${name}: damage that is not heeded adds up until it is`, async () => {
    await using stage = await open();
    stage.capture.grab();
    const rect = { x: 10, y: 10, width: 8, height: 8 };
    stage.fill(rect, 0x808080);
    assert.equal(stage.capture.wait(20_000, false), "idle");
    assert.equal(stage.capture.wait(LONG_MICROS, true), "damage");
    assert.ok(covers(stage.capture.grab().rects, rect));
  });

  test(`${name}: many small changes come as at most 16 rectangles`, async () => {
    await using stage = await open();
    stage.capture.grab();
    const dots: Rect[] = [];
    for (let index = 0; index < 80; index++)
      dots.push({ x: (index * 37) % 300, y: (index * 53) % 220, width: 3, height: 3 });
    for (const [index, dot] of dots.entries()) stage.fill(dot, 0x010101 * (index + 1));
    waitFor(stage.capture, "damage");
    const { rects } = stage.capture.grab();
    assert.ok(rects.length <= 16);
    for (const dot of dots) assert.ok(covers(rects, dot));
  });

  test(`${name}: a new screen size is told, followed, and begins with the whole screen`, async () => {
    await using stage = await open();
    const { capture } = stage;
    capture.grab();
    const smaller = { width: 200, height: 150 };
    stage.resize(smaller);
    waitFor(capture, "resized");
    capture.resize();
    assert.deepEqual(capture.size, smaller);
    assert.deepEqual([capture.image.width, capture.image.height], [200, 150]);
    assert.equal(capture.wait(LONG_MICROS, true), "damage");
    assert.deepEqual(capture.grab().rects, [{ x: 0, y: 0, ...smaller }]);
    stage.fill({ x: 150, y: 100, width: 20, height: 20 }, 0xabcdef);
    waitFor(capture, "damage");
    capture.grab();
    assertColour(capture, { x: 150, y: 100, width: 20, height: 20 }, 0xabcdef);
  });

  test(`${name}: an inactive capture notices nothing and starts over when active again`, async () => {
    await using stage = await open();
    const { capture } = stage;
    capture.grab();
    capture.setActive(false);
    stage.fill({ x: 0, y: 0, width: 50, height: 50 }, 0x445566);
    assert.equal(capture.wait(20_000, true), "idle");
    capture.setActive(true);
    assert.equal(capture.wait(LONG_MICROS, true), "damage");
    assert.deepEqual(capture.grab().rects, [{ x: 0, y: 0, ...SIZE }]);
    assertColour(capture, { x: 0, y: 0, width: 50, height: 50 }, 0x445566);
  });

  test(`${name}: the pointer's shape and place are told once, and again only when new`, async () => {
    await using stage = await open();
    const { capture } = stage;
    stage.movePointer(40, 50);
    const news = capture.cursorNews();
    assert.ok(news.shape !== undefined && news.shape.rgba.length > 0);
    assert.equal(news.shape.rgba.length, news.shape.width * news.shape.height * 4);
    assert.deepEqual(news.position, { x: 40, y: 50 });
    assert.deepEqual(capture.cursorNews(), {});
    stage.movePointer(41, 55);
    assert.deepEqual(capture.cursorNews(), { position: { x: 41, y: 55 } });
    capture.forgetCursor();
    const again = capture.cursorNews();
    assert.ok(again.shape !== undefined && again.position !== undefined);
  });

  test(`${name}: a display that goes away ends the capture`, async () => {
    await using stage = await open();
    stage.capture.grab();
    await stage.end();
    waitFor(stage.capture, "closed");
  });
}
