import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { Rect, Size } from "@wavry/rift-core";
import type { JSHandle } from "playwright-core";
import type { PainterBench, PainterState } from "../../pages/painter-bench.ts";
import { openRealPage, type RealPage } from "../real-page.ts";
import { UpdateStudio } from "../update-studio.ts";

/** What H.264 at a high rate and its colours may differ by, in 256. */
const LOSSY = 10;

describe("the painter of a browser", () => {
  let real: RealPage;
  let bench: JSHandle<PainterBench>;
  before(async () => {
    real = await openRealPage();
  });
  after(() => real[Symbol.asyncDispose]());

  async function anew(): Promise<void> {
    bench = await real.page.evaluateHandle(() => new window.wavry.PainterBench());
  }

  async function push(updates: readonly Uint8Array[], contiguous = true): Promise<void> {
    const texts = updates.map((update) => Buffer.from(update).toString("base64"));
    await bench.evaluate(
      (painter, { texts, contiguous }) => {
        for (const text of texts) painter.push(text, contiguous);
      },
      { texts, contiguous },
    );
  }

  /** Waits for what the painter has done. */
  async function until(condition: (state: PainterState) => boolean): Promise<PainterState> {
    const deadline = Date.now() + 15_000;
    for (;;) {
      const state = await bench.evaluate((painter) => painter.state());
      if (condition(state)) return state;
      assert.ok(Date.now() < deadline, `the painter stays at ${JSON.stringify(state)}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  const shown = (count: number) => until((state) => state.shown >= count);

  /** R, G, B at places of the canvas. */
  async function colours(places: readonly (readonly [number, number])[], { width }: Size) {
    const pixels = Buffer.from(await bench.evaluate((painter) => painter.pixels()), "base64");
    return places.map(([x, y]) => [
      ...pixels.subarray((y * width + x) * 4, (y * width + x) * 4 + 3),
    ]);
  }

  /** The largest difference between the canvas and the studio's picture within a rectangle. */
  async function difference(studio: UpdateStudio, rect: Rect): Promise<number> {
    const pixels = Buffer.from(await bench.evaluate((painter) => painter.pixels()), "base64");
    const { image } = studio;
    assert.equal(pixels.length, image.width * image.height * 4);
    let worst = 0;
    for (let y = rect.y; y < rect.y + rect.height; y++)
      for (let x = rect.x; x < rect.x + rect.width; x++) {
        const wanted = image.pixels[y * image.stridePixels + x]!;
        const at = (y * image.width + x) * 4;
        for (const [shift, channel] of [
          [16, 0],
          [8, 1],
          [0, 2],
        ] as const)
          worst = Math.max(worst, Math.abs(((wanted >> shift) & 255) - pixels[at + channel]!));
      }
    return worst;
  }

  it("paints a keyframe in the colours of the host", async () => {
    using studio = await UpdateStudio.open({ width: 320, height: 200 });
    studio.paintGradient();
    await anew();
    await push([studio.keyframe()]);
    const { screens } = await shown(1);
    assert.deepEqual(screens, ["320x200"]);
    assert.ok((await difference(studio, studio.whole)) <= LOSSY);
  });

  it("keeps black, white and the primary colours", async () => {
    using studio = await UpdateStudio.open({ width: 256, height: 64 });
    const wanted = [0x000000, 0xffffff, 0xff0000, 0x00ff00, 0x0000ff, 0x808080, 0xffff00, 0x102030];
    wanted.forEach((colour, index) => {
      studio.fill({ x: index * 32, y: 0, width: 32, height: 64 }, colour);
    });
    await anew();
    await push([studio.keyframe()]);
    await shown(1);
    const places = wanted.map((_, index) => [index * 32 + 16, 32] as const);
    const found = await colours(places, studio.screen);
    for (const [index, colour] of wanted.entries())
      for (const [channel, shift] of [16, 8, 0].entries())
        assert.ok(
          Math.abs(found[index]![channel]! - ((colour >> shift) & 255)) <= LOSSY,
          `${colour.toString(16)} became ${found[index]}`,
        );
  });

  it("paints patches without loss, in their rectangles alone", async () => {
    using studio = await UpdateStudio.open({ width: 320, height: 200 });
    studio.paintGradient();
    await anew();
    await push([studio.keyframe()]);
    await shown(1);
    studio.paintGradient(90);
    const rects = [
      { x: 3, y: 5, width: 61, height: 40 },
      { x: 301, y: 187, width: 19, height: 13 },
    ];
    await push([studio.patch(rects)]);
    await shown(2);
    for (const rect of rects) assert.equal(await difference(studio, rect), 0);
    studio.paintGradient();
    assert.ok((await difference(studio, { x: 64, y: 0, width: 200, height: 180 })) <= LOSSY);
  });

  it("repaints from a picture only the rectangles that it is told", async () => {
    using studio = await UpdateStudio.open({ width: 320, height: 200 });
    studio.fill(studio.whole, 0x204060);
    await anew();
    await push([studio.keyframe()]);
    studio.fill(studio.whole, 0xc0a080);
    await push([
      studio.h264([
        { x: 0, y: 0, width: 16, height: 16 },
        { x: 101, y: 51, width: 31, height: 17 },
      ]),
    ]);
    await shown(2);
    const places = [
      [8, 8],
      [17, 8],
      [101, 51],
      [131, 67],
      [132, 67],
      [100, 51],
    ] as const;
    const found = await colours(places, studio.screen);
    const isNew = found.map(([red]) => red! > 0x70);
    assert.deepEqual(isNew, [true, false, true, true, false, false]);
  });

  it("keeps the order where patches follow pictures that are still being decoded", async () => {
    using studio = await UpdateStudio.open({ width: 320, height: 200 });
    const updates: Uint8Array[] = [];
    const place = { x: 40, y: 40, width: 80, height: 60 };
    studio.fill(studio.whole, 0x202020);
    updates.push(studio.keyframe());
    for (let turn = 0; turn < 8; turn++) {
      studio.fill(place, 0x400000 + turn * 16);
      updates.push(studio.h264([place]));
      studio.fill({ ...place, width: 40 }, 0x00ff00 + turn);
      updates.push(studio.patch([{ ...place, width: 40 }]));
    }
    await anew();
    await push(updates);
    const { dropped } = await shown(updates.length);
    assert.equal(dropped, 0);
    assert.equal(await difference(studio, { ...place, width: 40 }), 0);
    assert.ok((await difference(studio, { x: 82, y: 42, width: 36, height: 56 })) <= LOSSY);
  });

  it("scales a smaller picture up to the screen, and goes back to whole ones", async () => {
    const screen = { width: 320, height: 200 };
    using small = await UpdateStudio.open(screen, { width: 160, height: 100 });
    small.paintGradient();
    await anew();
    await push([small.keyframe()]);
    await shown(1);
    // The outermost pixels depend on how a scaler sees the edge.
    assert.ok((await difference(small, { x: 4, y: 4, width: 312, height: 192 })) <= 12);
    small.fill({ x: 100, y: 60, width: 100, height: 80 }, 0xe0e0e0);
    await push([small.h264([{ x: 100, y: 60, width: 50, height: 80 }])]);
    await shown(2);
    const found = await colours(
      [
        [120, 100],
        [170, 100],
      ],
      screen,
    );
    assert.ok(found[0]![0]! > 200 && found[1]![2]! < 0x80, `${found}`);
    using whole = await UpdateStudio.open(screen);
    whole.paintGradient(20);
    await push([whole.keyframe()]);
    const { screens } = await shown(3);
    assert.deepEqual(screens, ["320x200"]);
    assert.ok((await difference(whole, whole.whole)) <= LOSSY);
  });

  it("shows screens with odd sides, and takes another size with a keyframe alone", async () => {
    using odd = await UpdateStudio.open({ width: 321, height: 201 });
    odd.paintGradient();
    await anew();
    await push([odd.keyframe()]);
    await shown(1);
    assert.ok((await difference(odd, odd.whole)) <= LOSSY);
    using other = await UpdateStudio.open({ width: 256, height: 128 });
    other.paintGradient();
    await push([other.patch([{ x: 0, y: 0, width: 8, height: 8 }])]);
    const early = await until(({ dropped }) => dropped === 1);
    assert.equal(early.keyframesNeeded, 1);
    await push([other.keyframe()]);
    const { screens } = await shown(2);
    assert.deepEqual(screens, ["321x201", "256x128"]);
    assert.ok((await difference(other, other.whole)) <= LOSSY);
  });

  it("asks for a keyframe after a loss, drops pictures until it comes, and goes on with patches", async () => {
    using studio = await UpdateStudio.open({ width: 320, height: 200 });
    studio.fill(studio.whole, 0x303030);
    await anew();
    await push([studio.keyframe()]);
    await shown(1);
    studio.fill(studio.whole, 0x909090);
    const lost = studio.h264([studio.whole]);
    const next = studio.h264([studio.whole]);
    assert.ok(lost.length > 0);
    await push([next], false);
    const state = await until(({ dropped }) => dropped === 1);
    assert.equal(state.keyframesNeeded, 1);
    const place = { x: 0, y: 0, width: 32, height: 32 };
    await push([studio.patch([place])]);
    await shown(2);
    assert.equal(await difference(studio, place), 0);
    await push([studio.keyframe()]);
    await shown(3);
    assert.ok((await difference(studio, studio.whole)) <= LOSSY);
  });

  it("survives any bytes, and is whole again with the next keyframe", async () => {
    using studio = await UpdateStudio.open({ width: 320, height: 200 });
    studio.paintGradient();
    await anew();
    await push([studio.keyframe()]);
    await shown(1);
    const broken = studio.h264([studio.whole]);
    for (let at = 45; at < broken.length; at += 3) broken[at] = (at * 37) & 255;
    const patch = studio.patch([{ x: 0, y: 0, width: 40, height: 40 }]);
    await push([broken, patch.subarray(0, patch.length - 2), new Uint8Array(3), Uint8Array.of(9)]);
    await until(({ keyframesNeeded }) => keyframesNeeded >= 3);
    studio.paintGradient(40);
    const keyframe = studio.keyframe();
    const deadline = Date.now() + 10_000;
    let worst = 255;
    while (worst > LOSSY && Date.now() < deadline) {
      await push([keyframe]);
      await new Promise((resolve) => setTimeout(resolve, 100));
      worst = await difference(studio, studio.whole);
    }
    assert.ok(worst <= LOSSY, `still off by ${worst}`);
  });

  it("breaks no rule of a strict content security policy", () => {
    assert.deepEqual(real.complaints, []);
  });
});
