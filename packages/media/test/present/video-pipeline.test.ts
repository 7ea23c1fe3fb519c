import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import type { Rect, Size } from "@wavry/rift-core";
import { destroyWindow, readPixels, XConnection } from "@wavry/x11";
import { startTestDisplay } from "@wavry/x11/testing";
import { MediaError } from "../../src/media-error.ts";
import { ClientWindow } from "../../src/present/client-window.ts";
import { VideoPipeline, type VideoPipelineOptions } from "../../src/present/video-pipeline.ts";
import type { UpdateStats } from "../../src/present/video-protocol.ts";
import {
  blockPaint,
  colourDistance,
  h264Update,
  type Paint,
  patchUpdate,
  TestEncoder,
  until,
} from "./test-stream.ts";

const SCREEN = { width: 320, height: 192 };

interface Followed {
  readonly stats: UpdateStats[];
  keyframeRequests: number;
  /** Pushes an update and waits until the pipeline has dealt with it. */
  push(bytes: Uint8Array, contiguous?: boolean): Promise<UpdateStats>;
}

function follow(pipeline: VideoPipeline): Followed {
  let frameId = 0;
  const followed: Followed = {
    stats: [],
    keyframeRequests: 0,
    push: (bytes, contiguous = true) => {
      const id = ++frameId;
      pipeline.push(bytes, { frameId: id, contiguous });
      return until(() => followed.stats.find((each) => each.frameId === id), `update ${id}`);
    },
  };
  pipeline.onUpdates = (stats) => followed.stats.push(...stats);
  pipeline.onKeyframeNeeded = () => {
    followed.keyframeRequests++;
  };
  return followed;
}

/** A window on a display of its own with a pipeline in it, and a reader of the window's pixels. */
async function openShown(size: Size, presenter: VideoPipelineOptions["presenter"] = "x11") {
  const display = await startTestDisplay({ width: 1000, height: 700 });
  const window = await ClientWindow.open({
    title: "test",
    size,
    borderless: true,
    display: display.display,
  });
  const pipeline = await VideoPipeline.start({ window, presenter });
  const connection = XConnection.open(display.display);
  const pixels = (rect: Rect): Uint32Array => {
    const bytes = readPixels(connection, window.x11Window ?? 0, rect);
    return new Uint32Array(bytes.slice().buffer).map((pixel) => pixel & 0xffffff);
  };
  return {
    display,
    window,
    pipeline,
    connection,
    followed: follow(pipeline),
    pixels,
    pixelAt: (x: number, y: number) => pixels({ x, y, width: 1, height: 1 })[0] ?? 0,
    [Symbol.asyncDispose]: async () => {
      connection[Symbol.dispose]();
      await window.close();
      await display[Symbol.asyncDispose]();
    },
  };
}

function assertNear(actual: number, expected: number, what: string): void {
  assert.ok(
    colourDistance(actual, expected) <= 8,
    `${what}: ${actual.toString(16)} instead of ${expected.toString(16)}`,
  );
}

async function keyframeOf(size: Size, paint: Paint): Promise<Uint8Array> {
  using encoder = await TestEncoder.open(size);
  return h264Update(size, encoder.encode(paint, true), { keyframe: true });
}

test("without a window the picture stands in memory, with the times of every stage", async () => {
  await using pipeline = await VideoPipeline.start();
  const followed = follow(pipeline);
  const shown = await followed.push(await keyframeOf(SCREEN, blockPaint(1)));
  assert.equal(shown.dropped, undefined);
  assert.deepEqual(
    [shown.capturedAt, shown.captureMicros, shown.hostConvertMicros, shown.encodeMicros],
    [1, 2, 3, 4],
  );
  assert.ok(shown.decodeMicros > 0 && shown.presentedAt > 0);
  await followed.push(patchUpdate(SCREEN, [{ x: 5, y: 6, width: 70, height: 80 }], blockPaint(2)));
  assert.deepEqual(pipeline.screenSize, SCREEN);
  const { width, height, pixels } = await pipeline.snapshot();
  assert.deepEqual({ width, height }, SCREEN);
  assertNear((pixels[100 * width + 300] ?? 0) & 0xffffff, blockPaint(1)(300, 100), "picture");
  assert.equal((pixels[50 * width + 50] ?? 0) & 0xffffff, blockPaint(2)(50, 50));
});

for (const presenter of ["x11", "sdl"] as const)
  test(`${presenter}: what is presented stands in the window's pixels`, async () => {
    await using shown = await openShown(SCREEN, presenter);
    const { followed, pixelAt } = shown;
    await followed.push(await keyframeOf(SCREEN, blockPaint(1)));
    for (const [x, y] of [
      [0, 0],
      [16, 16],
      [300, 180],
    ] as const)
      assertNear(pixelAt(x, y), blockPaint(1)(x, y), `picture at ${x},${y}`);
    const rects = [
      { x: 9, y: 11, width: 50, height: 33 },
      { x: 200, y: 100, width: 1, height: 1 },
    ];
    await followed.push(patchUpdate(SCREEN, rects, blockPaint(2)));
    assert.equal(pixelAt(9, 11), blockPaint(2)(9, 11));
    assert.equal(pixelAt(58, 43), blockPaint(2)(58, 43));
    assert.equal(pixelAt(200, 100), blockPaint(2)(200, 100));
    assertNear(pixelAt(80, 80), blockPaint(1)(80, 80), "beside the patch");
  });

for (const presenter of ["x11", "sdl"] as const)
  test(`${presenter}: in a window of another size the picture keeps its aspect between black bars`, async () => {
    await using shown = await openShown({ width: 640, height: 600 }, presenter);
    const { followed, pixelAt, window } = shown;
    const halves: Paint = (x) => (x < 160 ? 0xc02030 : 0x2040c0);
    await followed.push(await keyframeOf(SCREEN, halves));
    // 320x192 becomes 640x384 and leaves 108 rows above and below.
    assert.equal(pixelAt(320, 100), 0);
    assert.equal(pixelAt(320, 500), 0);
    assertNear(pixelAt(10, 112), 0xc02030, "left top");
    assertNear(pixelAt(630, 487), 0x2040c0, "right bottom");
    const white: Paint = () => 0xffffff;
    await followed.push(patchUpdate(SCREEN, [{ x: 32, y: 32, width: 32, height: 32 }], white));
    assertNear(pixelAt(96, 108 + 96), 0xffffff, "patch");
    assertNear(pixelAt(200, 108 + 96), 0xc02030, "beside the scaled patch");

    window.setSize({ width: 480, height: 192 });
    await until(() => window.size.width === 480, "the new size");
    await until(() => {
      const bars = [pixelAt(10, 100), pixelAt(470, 100)];
      return (
        bars.every((pixel) => pixel === 0) && colourDistance(pixelAt(80 + 40, 40), 0xffffff) <= 8
      );
    }, "the picture at its own size between bars at the sides");
    assertNear(pixelAt(80 + 310, 100), 0x2040c0, "right half");
  });

test("a change in a scaled picture gives the same pixels as showing all anew", async () => {
  await using shown = await openShown({ width: 500, height: 300 });
  const { followed, pixels, window, pipeline } = shown;
  await followed.push(await keyframeOf(SCREEN, blockPaint(1)));
  const rects = [
    { x: 31, y: 17, width: 77, height: 45 },
    { x: 150, y: 100, width: 3, height: 5 },
  ];
  await followed.push(patchUpdate(SCREEN, rects, blockPaint(5)));
  const all = { x: 0, y: 0, width: 500, height: 300 };
  const partial = pixels(all);
  window.onSurfaceChange?.(window.size);
  await pipeline.snapshot();
  const whole = pixels(all);
  const worst = partial.reduce(
    (most, pixel, at) => Math.max(most, colourDistance(pixel, whole[at] ?? 0)),
    0,
  );
  assert.ok(worst <= 2, `they differ by ${worst}`);
});

test("the overlay lies over the window only, stays while the picture changes, and goes without a trace", async () => {
  await using shown = await openShown(SCREEN);
  const { followed, pixels, pixelAt, pipeline } = shown;
  await followed.push(await keyframeOf(SCREEN, blockPaint(1)));
  const before = pixels({ x: 0, y: 0, ...SCREEN });
  pipeline.setOverlay(["fps 60", "decode 1.2 ms"]);
  await pipeline.snapshot();
  const box = pixelAt(1, 1);
  assert.equal(box, 0x101418);
  assert.ok(pixels({ x: 0, y: 0, width: 60, height: 20 }).includes(0xe8f0f0), "text");
  await followed.push(patchUpdate(SCREEN, [{ x: 0, y: 0, width: 320, height: 10 }], blockPaint(1)));
  assert.equal(pixelAt(1, 1), box);
  assert.equal(pixelAt(300, 5), blockPaint(1)(300, 5));
  const { pixels: picture } = await pipeline.snapshot();
  assert.equal((picture[SCREEN.width + 1] ?? 0) & 0xffffff, blockPaint(1)(1, 1));
  pipeline.setOverlay(["x"]);
  pipeline.setOverlay(null);
  await pipeline.snapshot();
  const after = pixels({ x: 0, y: 0, ...SCREEN });
  const changed = after.filter((pixel, at) => colourDistance(pixel, before[at] ?? 0) > 8);
  assert.equal(changed.length, 0);
});

test("a hole in the chain drops pictures and asks for a keyframe, and garbage ends nothing", async () => {
  await using pipeline = await VideoPipeline.start();
  const followed = follow(pipeline);
  using encoder = await TestEncoder.open(SCREEN);
  const units = [0, 1, 2].map((seed) => encoder.encode(blockPaint(seed), seed === 0));
  const update = (index: number): Uint8Array =>
    h264Update(SCREEN, units[index] ?? new Uint8Array(), { keyframe: index === 0 });
  await followed.push(update(0));
  assert.equal(followed.keyframeRequests, 0);
  assert.equal((await followed.push(update(2), false)).dropped, "waiting-for-keyframe");
  assert.equal(followed.keyframeRequests, 1);
  for (const bytes of [
    new Uint8Array(0),
    new Uint8Array(500).fill(0xee),
    update(1).subarray(0, 40),
  ])
    assert.notEqual((await followed.push(bytes)).dropped, undefined);
  const absurd = h264Update({ width: 2000, height: 2000 }, encoder.encode(blockPaint(3), true), {
    keyframe: true,
  });
  assert.equal((await followed.push(absurd)).dropped, "bad-size");
  const { drops } = pipeline;
  assert.deepEqual(
    [drops["bad-size"], drops["waiting-for-keyframe"] + drops["bad-data"]],
    [1, followed.stats.filter(({ dropped }) => dropped !== undefined).length - 1],
  );
  assert.equal((await followed.push(update(0))).dropped, undefined);
  assert.equal((await followed.push(update(1))).dropped, undefined);
});

test("updates that pile up are applied in order and none is forgotten", async () => {
  await using shown = await openShown(SCREEN);
  const { followed, pipeline, pixelAt } = shown;
  await followed.push(await keyframeOf(SCREEN, blockPaint(0)));
  const solid =
    (seed: number): Paint =>
    () =>
      (seed * 7919) & 0xffffff;
  const count = 200;
  for (let seed = 1; seed <= count; seed++)
    pipeline.push(
      patchUpdate(SCREEN, [{ x: seed % 100, y: 10, width: 60, height: 60 }], solid(seed)),
      { frameId: 1000 + seed, contiguous: true },
    );
  await until(() => followed.stats.some((each) => each.frameId === 1000 + count), "the last one");
  assert.deepEqual(
    followed.stats.slice(1).map((each) => each.frameId),
    Array.from({ length: count }, (_, index) => 1001 + index),
  );
  assert.equal(pixelAt((count % 100) + 30, 40), solid(count)(0, 0));
});

test("a window that is destroyed, or a display that is killed, ends the pipeline with display-lost", async () => {
  {
    await using shown = await openShown(SCREEN);
    const { followed, connection, window, pipeline } = shown;
    await followed.push(await keyframeOf(SCREEN, blockPaint(0)));
    destroyWindow(connection, window.x11Window ?? 0);
    connection.sync();
    const patch = patchUpdate(SCREEN, [{ x: 0, y: 0, width: 9, height: 9 }], blockPaint(1));
    pipeline.push(patch, { frameId: 9, contiguous: true });
    const failure = await pipeline.closed;
    assert.ok(failure instanceof MediaError && failure.code === "display-lost");
    await assert.rejects(pipeline.snapshot(), { code: "display-lost" });
  }
  await using shown = await openShown(SCREEN);
  await shown.followed.push(await keyframeOf(SCREEN, blockPaint(0)));
  await shown.display.kill();
  const failure = await shown.window.closed;
  assert.equal(failure?.code, "display-lost");
  await shown.pipeline.closed;
});

test("shared memory segments are marked for removal while in use and gone after close", async (context) => {
  const segments = (): string[][] =>
    readFileSync("/proc/sysvipc/shm", "utf8")
      .split("\n")
      .slice(1)
      .map((line) => line.trim().split(/\s+/))
      .filter((fields) => Number(fields[4]) === process.pid);
  try {
    segments();
  } catch {
    context.skip("no /proc/sysvipc");
    return;
  }
  {
    await using shown = await openShown({ width: 500, height: 400 });
    await shown.followed.push(await keyframeOf(SCREEN, blockPaint(0)));
    shown.pipeline.setOverlay(["text"]);
    await shown.pipeline.snapshot();
    const used = segments();
    assert.ok(used.length >= 3);
    // SHM_DEST, 01000 in the mode: the kernel frees it with the last process.
    for (const fields of used) assert.equal((Number.parseInt(fields[2] ?? "", 8) >> 9) & 1, 1);
  }
  assert.deepEqual(segments(), []);
});
