import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { type Rect, type Size, UpdateCodec } from "@wavry/rift-core";
import type { JSHandle } from "playwright-core";
import type { PainterBench, PainterState } from "../../pages/painter-bench.ts";
import { PictureCoder } from "../picture-coder.ts";
import { openRealPage, type RealPage } from "../real-page.ts";
import { UpdateStudio } from "../update-studio.ts";

const SCREEN: Size = { width: 320, height: 200 };
/** What a codec at a high rate and its colours may differ by, in 256. */
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

  it("paints AV1 in the colours of the host, with patches between its pictures", async () => {
    using studio = await UpdateStudio.open(SCREEN);
    using coder = await PictureCoder.open("av1", SCREEN);
    studio.paintGradient();
    const place = { x: 33, y: 21, width: 95, height: 60 };
    const patched = { x: 40, y: 30, width: 50, height: 41 };
    await anew();
    const updates = [studio.coded(coder, [studio.whole], true)];
    studio.fill(place, 0x305070);
    updates.push(studio.coded(coder, [place]));
    studio.paintGradient(70);
    updates.push(studio.patch([patched]));
    await push(updates);
    const { screens, dropped } = await shown(3);
    assert.deepEqual([screens, dropped], [["320x200"], 0]);
    assert.equal(await difference(studio, patched), 0);
    studio.paintGradient();
    studio.fill(place, 0x305070);
    // Within its edges, where colours run into each other.
    const below = { x: 36, y: 72, width: 89, height: 6 };
    for (const rect of [below, { x: 128, y: 0, width: 192, height: 200 }])
      assert.ok((await difference(studio, rect)) <= LOSSY);
    // What is built on the pictures before, and a keyframe in the same stream.
    studio.paintGradient(40);
    await push([studio.coded(coder, [studio.whole])]);
    await shown(4);
    assert.ok((await difference(studio, studio.whole)) <= LOSSY);
    studio.paintGradient(90);
    await push([studio.coded(coder, [studio.whole], true)]);
    await shown(5);
    assert.ok((await difference(studio, studio.whole)) <= LOSSY);
  });

  it("keeps black, white and the primary colours in AV1", async () => {
    const size = { width: 256, height: 64 };
    using studio = await UpdateStudio.open(size);
    using coder = await PictureCoder.open("av1", size);
    const wanted = [0x000000, 0xffffff, 0xff0000, 0x00ff00, 0x0000ff, 0x808080, 0xffff00, 0x102030];
    wanted.forEach((colour, index) => {
      studio.fill({ x: index * 32, y: 0, width: 32, height: 64 }, colour);
    });
    await anew();
    await push([studio.coded(coder, [studio.whole], true)]);
    await shown(1);
    for (const index of wanted.keys()) {
      const inner = { x: index * 32 + 4, y: 4, width: 24, height: 56 };
      assert.ok((await difference(studio, inner)) <= LOSSY, wanted[index]!.toString(16));
    }
  });

  it("shows 4:4:4, in which the colours of single columns and rows stay apart", async () => {
    using studio = await UpdateStudio.open(SCREEN);
    using coder = await PictureCoder.open("h264-444", SCREEN);
    const paintLines = (colour: number): void => {
      studio.fill(studio.whole, 0x3030a0);
      for (let x = 1; x < 160; x += 2) studio.fill({ x, y: 0, width: 1, height: 200 }, colour);
      for (let y = 1; y < 200; y += 2) studio.fill({ x: 160, y, width: 160, height: 1 }, colour);
    };
    await anew();
    for (const [index, colour] of [0xc04020, 0x20c040].entries()) {
      paintLines(colour);
      await push([studio.coded(coder, [studio.whole], index === 0)]);
      await shown(index + 1);
      assert.ok((await difference(studio, studio.whole)) <= LOSSY);
    }
    // It would not be so in 4:2:0.
    await push([studio.keyframe()]);
    await shown(3);
    assert.ok((await difference(studio, studio.whole)) > LOSSY * 4);
    await push([studio.coded(coder, [studio.whole], true)]);
    await shown(4);
    assert.ok((await difference(studio, studio.whole)) <= LOSSY);
  });

  it("shows AV1 in 4:4:4", async (test) => {
    using studio = await UpdateStudio.open(SCREEN);
    // No encoder of FFmpeg's here makes it, the browser's own does.
    const key = await real.page.evaluate(async ({ width, height }) => {
      const codec = "av01.1.00M.08";
      const config = {
        codec,
        width,
        height,
        bitrate: 50_000_000,
        latencyMode: "realtime",
      } as const;
      if ((await VideoEncoder.isConfigSupported(config)).supported !== true) return undefined;
      const units: Uint8Array[] = [];
      const encoder = new VideoEncoder({
        output: (chunk) => {
          const unit = new Uint8Array(chunk.byteLength);
          chunk.copyTo(unit);
          units.push(unit);
        },
        error: () => {},
      });
      encoder.configure(config);
      // Columns of two colours in turn, in planes of Y, Cb and Cr.
      const planes = new Uint8Array(width * height * 3);
      for (let at = 0; at < planes.length; at++) {
        const plane = Math.floor(at / (width * height));
        planes[at] = [96, at % 2 === 0 ? 90 : 170, at % 2 === 0 ? 180 : 100][plane]!;
      }
      const frame = new VideoFrame(planes, {
        ...{ format: "I444", codedWidth: width, codedHeight: height, timestamp: 0 },
        colorSpace: {
          fullRange: true,
          matrix: "smpte170m",
          primaries: "bt709",
          transfer: "iec61966-2-1",
        },
      });
      encoder.encode(frame, { keyFrame: true });
      frame.close();
      await encoder.flush();
      encoder.close();
      return units[0]!.toBase64();
    }, SCREEN);
    if (key === undefined) return test.skip("this browser encodes no AV1 in 4:4:4");
    const unit = Uint8Array.from(Buffer.from(key, "base64"));
    await anew();
    await push([studio.update(UpdateCodec.av1, true, [studio.whole], unit)]);
    await shown(1);
    // BT.601 of those two.
    for (let x = 0; x < SCREEN.width; x++)
      studio.fill({ x, y: 0, width: 1, height: SCREEN.height }, x % 2 === 0 ? 0xa9481d : 0x3966aa);
    assert.ok((await difference(studio, studio.whole)) <= LOSSY);
  });

  it("changes the codec with a keyframe, and takes no other picture of another codec", async () => {
    using studio = await UpdateStudio.open(SCREEN);
    using coder = await PictureCoder.open("av1", SCREEN);
    studio.paintGradient();
    const first = studio.coded(coder, [studio.whole], true);
    await anew();
    await push([studio.keyframe()]);
    await shown(1);
    studio.paintGradient(30);
    await push([studio.coded(coder, [studio.whole])]);
    const early = await until(({ dropped }) => dropped === 1);
    assert.equal(early.keyframesNeeded, 1);
    await push([first]);
    await shown(2);
    studio.paintGradient(60);
    await push([studio.coded(coder, [studio.whole], true), studio.coded(coder, [studio.whole])]);
    await shown(4);
    assert.ok((await difference(studio, studio.whole)) <= LOSSY);
    studio.paintGradient(90);
    await push([studio.h264([studio.whole])]);
    assert.equal((await until(({ dropped }) => dropped === 2)).keyframesNeeded, 2);
    await push([studio.keyframe()]);
    const { screens } = await shown(5);
    assert.deepEqual(screens, ["320x200"]);
    assert.ok((await difference(studio, studio.whole)) <= LOSSY);
  });

  it("survives any bytes as AV1, asks for a keyframe and is whole again with the next one", async () => {
    using studio = await UpdateStudio.open(SCREEN);
    using coder = await PictureCoder.open("av1", SCREEN);
    studio.paintGradient();
    await anew();
    const good = studio.coded(coder, [studio.whole], true);
    await push([good]);
    let { keyframesNeeded } = await shown(1);
    const head = good.subarray(0, 36);
    const noise = (length: number, seed: number): Uint8Array =>
      Uint8Array.from({ length }, (_, at) => (at * 37 + seed + ((at * at) >> 3)) & 255);
    const damaged = (from: number): Uint8Array => {
      const bad = good.slice();
      bad.set(noise(bad.length - from, from), from);
      return bad;
    };
    const withHead = (payload: Uint8Array): Uint8Array =>
      Uint8Array.from(Buffer.concat([head, payload]));
    for (const bad of [
      withHead(new Uint8Array()),
      withHead(noise(500, 1)),
      // Its sequence header is cut short, or says another profile.
      good.subarray(0, 36 + 9),
      damaged(36 + 4),
      // Its frame is cut short.
      good.subarray(0, good.length - 20),
    ]) {
      await push([bad]);
      const state = await until((now) => now.keyframesNeeded > keyframesNeeded);
      keyframesNeeded = state.keyframesNeeded;
    }
    // A decoder may take these for a picture, or for the beginning of one.
    await push([good.subarray(0, 36 + 18), damaged(36 + 20), damaged(36 + 60), good]);
    studio.paintGradient(40);
    const keyframe = studio.coded(coder, [studio.whole], true);
    const deadline = Date.now() + 15_000;
    let worst = 255;
    while (worst > LOSSY && Date.now() < deadline) {
      await push([keyframe]);
      await new Promise((resolve) => setTimeout(resolve, 100));
      worst = await difference(studio, studio.whole);
    }
    assert.ok(worst <= LOSSY, `still off by ${worst}`);
  });

  it("asks for a keyframe where AV1 is broken between keyframes", async () => {
    using studio = await UpdateStudio.open(SCREEN);
    using coder = await PictureCoder.open("av1", SCREEN);
    studio.paintGradient();
    await anew();
    await push([studio.coded(coder, [studio.whole], true)]);
    const { keyframesNeeded } = await shown(1);
    studio.paintGradient(20);
    const broken = studio.coded(coder, [studio.whole]);
    // An OBU that goes on beyond the unit.
    await push([broken.subarray(0, broken.length >> 1)]);
    await until((now) => now.keyframesNeeded > keyframesNeeded);
    studio.paintGradient(50);
    const before = await bench.evaluate((painter) => painter.state().shown);
    await push([studio.coded(coder, [studio.whole], true)]);
    await shown(before + 1);
    assert.ok((await difference(studio, studio.whole)) <= LOSSY);
  });

  it("holds back a bounded number of patches for a picture that never comes", async () => {
    using studio = await UpdateStudio.open(SCREEN);
    using coder = await PictureCoder.open("av1", SCREEN);
    studio.paintGradient();
    await anew();
    await push([studio.coded(coder, [studio.whole], true)]);
    await shown(1);
    // Just a temporal delimiter: nothing comes of it, and nothing is wrong with it.
    const nothing = studio.coded(coder, [studio.whole]).subarray(0, 38);
    const patch = studio.patch([{ x: 0, y: 0, width: 8, height: 8 }]);
    await push([nothing, ...Array.from({ length: 40 }, () => patch)]);
    await until((state) => state.keyframesNeeded > 0);
    const keyframe = studio.coded(coder, [studio.whole], true);
    const before = await bench.evaluate((painter) => painter.state().shown);
    await push([keyframe]);
    await shown(before + 1);
    assert.ok((await difference(studio, studio.whole)) <= LOSSY);
  });

  it("names only the codecs that the browser says it decodes", async () => {
    const found = await real.page.evaluate(async () => {
      const { decodableCodecs } = window.wavry;
      const all = await decodableCodecs();
      const original = VideoDecoder.isConfigSupported;
      try {
        VideoDecoder.isConfigSupported = async (config) => ({
          config,
          supported: !config.codec.startsWith("av01"),
        });
        const without = await decodableCodecs();
        VideoDecoder.isConfigSupported = () => Promise.reject(new TypeError("no such codec"));
        return [all, without, await decodableCodecs()];
      } finally {
        VideoDecoder.isConfigSupported = original;
      }
    });
    assert.deepEqual(found, [["h264", "av1"], ["h264"], []]);
  });

  it("breaks no rule of a strict content security policy", () => {
    assert.deepEqual(real.complaints, []);
  });
});
