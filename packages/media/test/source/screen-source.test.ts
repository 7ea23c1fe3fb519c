import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import type { PixelImage } from "@wavry/media-core";
import { type Rect, type Size, UpdateCodec } from "@wavry/rift-core";
import { createWindow, FakeInput, Painter, readPixels, rootSize, XConnection } from "@wavry/x11";
import { startTestDisplay, type TestDisplay } from "@wavry/x11/testing";
import type { PointerShape } from "../../src/capture/screen-capture.ts";
import { SyntheticControls } from "../../src/capture/synthetic-screen.ts";
import { MediaError } from "../../src/media-error.ts";
import { ScreenSource, type ScreenSourceOptions } from "../../src/source/screen-source.ts";
import { setScreenSize } from "../helpers/set-screen-size.ts";
import { sameColours, TestClient } from "../helpers/test-client.ts";
import { psnr } from "../helpers/test-decoder.ts";

const SIZE: Size = { width: 640, height: 400 };
const DEADLINE_MS = 60_000;

/** A display, a window over all of it, a source that captures it and a client that paints what comes. */
class Studio implements AsyncDisposable {
  readonly server: TestDisplay;
  readonly connection: XConnection;
  readonly window: number;
  readonly painter: Painter;
  readonly source: ScreenSource;
  readonly client: TestClient;

  constructor(server: TestDisplay, source: ScreenSource, client: TestClient) {
    this.server = server;
    this.connection = XConnection.open(server.display);
    this.window = createWindow(this.connection, { x: 0, y: 0, ...SIZE, background: 0x204060 });
    this.painter = new Painter(this.connection, this.window);
    this.connection.sync();
    this.source = source;
    this.client = client;
    source.onUpdate = (update) => client.paint(update);
  }

  static async open(options?: Partial<ScreenSourceOptions>): Promise<Studio> {
    const server = await startTestDisplay(SIZE);
    const source = await ScreenSource.start({
      screen: { kind: "x11", display: server.display },
      maxFps: 60,
      bitrateBps: 10_000_000,
      ...options,
    });
    return new Studio(server, source, await TestClient.open());
  }

  fill(rect: Rect, colour: number): void {
    this.painter.fill(this.window, rect, colour);
    this.connection.flush();
  }

  /** Many small colourful boxes all over: nothing that patches are for. */
  noise(seed: number): void {
    for (let y = 0; y < SIZE.height; y += 4)
      for (let x = 0; x < SIZE.width; x += 4) {
        const colour = Math.imul(seed * 7919 + y * 640 + x + 1, 0x9e3779b1) >>> 8;
        this.painter.fill(this.window, { x, y, width: 4, height: 4 }, colour & 0x7f7f7f);
      }
    this.connection.sync();
  }

  screen(): PixelImage {
    const size = rootSize(this.connection);
    const bytes = readPixels(this.connection, this.connection.root, { x: 0, y: 0, ...size });
    const pixels = new Uint32Array(bytes.slice().buffer);
    return { ...size, stridePixels: size.width, pixels };
  }

  async settled(): Promise<void> {
    await until("the client's picture is exact", () =>
      sameColours(this.client.image, this.screen()),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.source.stop();
    this.connection[Symbol.dispose]();
    this.client[Symbol.dispose]();
    await this.server[Symbol.asyncDispose]();
  }
}

/** The processes that made the System V segments that there are now. */
function sharedSegments(): number[] {
  const lines = readFileSync("/proc/sysvipc/shm", "utf8").trim().split("\n").slice(1);
  return lines.map((line) => Number(line.trim().split(/\s+/)[4]));
}

async function until(what: string, condition: () => boolean): Promise<void> {
  const deadline = Date.now() + DEADLINE_MS;
  while (!condition()) {
    if (Date.now() > deadline) assert.fail(`not within ${DEADLINE_MS} ms: ${what}`);
    await pause(10);
  }
}

function pause(millis: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, millis));
}

test("a paused source sends nothing; resumed, it begins with a keyframe of the whole screen", async () => {
  await using studio = await Studio.open();
  studio.fill({ x: 0, y: 0, width: 50, height: 50 }, 0xff0000);
  await pause(100);
  assert.equal(studio.client.updates.length, 0);
  studio.source.resume();
  await until("an update comes", () => studio.client.updates.length > 0);
  const [first] = studio.client.updates;
  assert.ok(first?.keyframe && first.codec === UpdateCodec.h264);
  assert.deepEqual(first.rects, [{ x: 0, y: 0, ...SIZE }]);
  assert.ok(psnr(studio.client.image, studio.screen(), { x: 0, y: 0, ...SIZE }) > 25);
});

test("a small change arrives as a lossless patch of just its rectangle", async () => {
  await using studio = await Studio.open();
  studio.source.resume();
  await studio.settled();
  const before = studio.client.updates.length;
  studio.fill({ x: 101, y: 77, width: 60, height: 41 }, 0xc0ffee);
  await studio.settled();
  const update = studio.client.updates[before];
  assert.equal(update?.codec, UpdateCodec.patch);
  assert.deepEqual(update.rects, [{ x: 100, y: 76, width: 62, height: 42 }]);
  assert.ok(update.payload.length < 200);
});

test("a large busy change arrives as H.264, and a still screen becomes exact and then silent", async () => {
  await using studio = await Studio.open();
  studio.source.resume();
  await studio.settled();
  const before = studio.client.updates.length;
  studio.noise(1);
  await until("H.264 comes", () =>
    studio.client.updates.slice(before).some(({ codec }) => codec === UpdateCodec.h264),
  );
  await studio.settled();
  await pause(700);
  const count = studio.client.updates.length;
  await pause(700);
  assert.equal(studio.client.updates.length, count);
});

test("without patches everything is H.264, and a still screen becomes silent too", async () => {
  await using studio = await Studio.open({ patches: false });
  studio.source.resume();
  await until("an update comes", () => studio.client.updates.length > 0);
  studio.fill({ x: 10, y: 10, width: 30, height: 30 }, 0x00ff00);
  await until("the change arrives", () => {
    const rect = { x: 10, y: 10, width: 30, height: 30 };
    return psnr(studio.client.image, studio.screen(), rect) > 25;
  });
  assert.ok(studio.client.updates.every(({ codec }) => codec === UpdateCodec.h264));
  await pause(2_000);
  const count = studio.client.updates.length;
  await pause(500);
  assert.equal(studio.client.updates.length, count);
});

test("patches that were painted before are in the encoder's picture too: after mixed changes all is right", async () => {
  await using studio = await Studio.open();
  studio.source.resume();
  await until("an update comes", () => studio.client.updates.length > 0);
  for (let round = 0; round < 6; round++) {
    studio.fill({ x: 40 * round, y: 20, width: 30, height: 30 }, 0x102030 * (round + 1));
    await pause(20);
    studio.noise(round);
    await pause(20);
    studio.fill({ x: 13, y: 40 * round, width: 200, height: 9 }, 0xffffff - round);
    await pause(20);
  }
  studio.source.requestKeyframe();
  await studio.settled();
});

test("a keyframe comes on request, also on a still screen", async () => {
  await using studio = await Studio.open();
  studio.source.resume();
  await studio.settled();
  const before = studio.client.updates.length;
  studio.source.requestKeyframe();
  await until("a keyframe comes", () =>
    studio.client.updates.slice(before).some(({ keyframe }) => keyframe),
  );
});

test("a changed bitrate holds within a few frames", async () => {
  await using studio = await Studio.open({ patches: false });
  studio.source.resume();
  const run = async (frames: number): Promise<number[]> => {
    const before = studio.client.updates.length;
    for (let step = 0; studio.client.updates.length < before + frames; step++) {
      studio.noise(step);
      await pause(16);
    }
    return studio.client.updates.slice(before).map(({ payload }) => payload.length);
  };
  await run(15);
  const generous = (await run(15)).slice(-8);
  studio.source.setBitrate(3_000_000);
  await run(6);
  const frugal = await run(10);
  const mean = (sizes: number[]): number =>
    sizes.reduce((sum, size) => sum + size, 0) / sizes.length;
  // On a busy machine the noise may be seen in several parts, each a small picture.
  assert.ok(Math.max(...generous) > 10_000, `${generous} bytes`);
  assert.ok(mean(frugal) < (3_000_000 / 60 / 8) * 1.5, `${mean(frugal)} bytes a frame`);
});

test("a resized display is told and goes on with a keyframe of the new size", async () => {
  await using studio = await Studio.open();
  studio.source.resume();
  await studio.settled();
  const resized = new Promise<Size>((resolve) => {
    studio.source.onResized = resolve;
  });
  setScreenSize(studio.connection, { width: 320, height: 200 });
  assert.deepEqual(await resized, { width: 320, height: 200 });
  assert.deepEqual(studio.source.size, { width: 320, height: 200 });
  await studio.settled();
  assert.equal(studio.client.image.width, 320);
});

test("the pointer's shape and place are told apart from the picture", async () => {
  await using studio = await Studio.open();
  const shapes: PointerShape[] = [];
  let place: unknown;
  studio.source.onCursorShape = (shape) => shapes.push(shape);
  studio.source.onCursorPosition = (position) => {
    place = position;
  };
  studio.source.resume();
  const input = new FakeInput(studio.connection);
  input.moveTo(200, 150);
  studio.connection.flush();
  await until("the place is told", () => JSON.stringify(place) === '{"x":200,"y":150}');
  assert.ok(shapes.length > 0);
  const told = shapes.length;
  studio.source.repeatCursor();
  await until("the shape is told again", () => shapes.length > told);
});

test("a display that dies ends the source with a clear error", async () => {
  await using studio = await Studio.open();
  const closed = new Promise<MediaError>((resolve) => {
    studio.source.onClosed = resolve;
  });
  studio.source.resume();
  await until("an update comes", () => studio.client.updates.length > 0);
  await studio.server.kill();
  const error = await closed;
  assert.ok(error instanceof MediaError);
  assert.equal(error.code, "display-lost");
});

test("a display that is not there is refused with the reason", async () => {
  await assert.rejects(
    ScreenSource.start({
      screen: { kind: "x11", display: ":4999" },
      maxFps: 60,
      bitrateBps: 1e6,
    }),
    (error) => error instanceof MediaError && error.code === "no-display",
  );
});

test("a synthetic screen needs no display and shows what its controls do", async () => {
  const controls = new SyntheticControls({ width: 320, height: 200 });
  await using source = await ScreenSource.start({
    screen: { kind: "synthetic", memory: controls.memory },
    maxFps: 60,
    bitrateBps: 5_000_000,
  });
  using client = await TestClient.open();
  source.onUpdate = (update) => client.paint(update);
  source.resume();
  await until("an update comes", () => client.updates.length > 0);
  controls.fill({ x: 100, y: 50, width: 20, height: 20 }, 0x12ab34);
  source.wake();
  await until(
    "the change arrives",
    () => ((client.image.pixels[60 * 320 + 110] ?? 0) & 0xffffff) === 0x12ab34,
  );
});

test("a process may exit while its source is blocked in a wait, and leaves no shared memory behind", async () => {
  await using server = await startTestDisplay(SIZE);
  const module = new URL("../../src/source/screen-source.ts", import.meta.url);
  const script = `
    import { ScreenSource } from ${JSON.stringify(module.href)};
    const screen = { kind: "x11", display: ${JSON.stringify(server.display)} };
    const source = await ScreenSource.start({ screen, maxFps: 60, bitrateBps: 1e6 });
    source.resume();
    source.onUpdate = () => setTimeout(() => process.exit(7), 50);`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", script], {
    stdio: ["ignore", "inherit", "inherit"],
  });
  const [code] = await once(child, "exit");
  assert.equal(code, 7);
  // The server is attached, too, until it has seen the connection end.
  await until("the X server notices", () => !sharedSegments().includes(child.pid ?? 0));
});

test("a killed process leaves no shared memory behind", async () => {
  await using server = await startTestDisplay(SIZE);
  const module = new URL("../../src/source/screen-source.ts", import.meta.url);
  const script = `
    import { ScreenSource } from ${JSON.stringify(module.href)};
    const screen = { kind: "x11", display: ${JSON.stringify(server.display)} };
    await ScreenSource.start({ screen, maxFps: 60, bitrateBps: 1e6 });
    console.log("started");
    setInterval(() => {}, 1e6);`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", script], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  await once(child.stdout, "data");
  assert.ok(sharedSegments().includes(child.pid ?? 0));
  child.kill("SIGKILL");
  await once(child, "exit");
  await until("the X server notices", () => !sharedSegments().includes(child.pid ?? 0));
});
