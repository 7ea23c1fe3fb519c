import assert from "node:assert/strict";
import { test } from "node:test";
import { UpdateCodec } from "@wavry/rift-core";
import fc from "fast-check";
import { H264Decoder } from "../../src/decode/h264-decoder.ts";
import { openPainter } from "../../src/decode/open-painter.ts";
import { MemoryPresenter } from "../../src/present/memory-presenter.ts";
import { UpdateApplier } from "../../src/present/update-applier.ts";
import { blockPaint, colourDistance, h264Update, patchUpdate, TestEncoder } from "./test-stream.ts";

const SIZE = { width: 128, height: 96 };

function setUp() {
  const decoder = new H264Decoder();
  const painter = openPainter();
  const presenter = new MemoryPresenter();
  const applier = new UpdateApplier({ decoder, painter, presenter, now: () => 0 });
  const colourAt = (x: number, y: number): number =>
    (presenter.framebuffer.pixels[y * presenter.framebuffer.stridePixels + x] ?? 0) & 0xffffff;
  return {
    applier,
    presenter,
    colourAt,
    [Symbol.dispose]: () => {
      decoder[Symbol.dispose]();
      painter[Symbol.dispose]();
    },
  };
}

test("a keyframe sets the size, pictures and patches paint their rectangles only", async () => {
  using parts = setUp();
  using encoder = await TestEncoder.open(SIZE);
  const { applier, colourAt } = parts;
  const first = applier.apply(
    h264Update(SIZE, encoder.encode(blockPaint(0), true), { keyframe: true }),
    true,
  );
  assert.equal(first.dropped, undefined);
  assert.deepEqual(applier.screen, SIZE);
  assert.ok(colourDistance(colourAt(16, 16), blockPaint(0)(16, 16)) <= 8);

  const patchRect = { x: 33, y: 33, width: 31, height: 30 };
  assert.deepEqual(applier.apply(patchUpdate(SIZE, [patchRect], blockPaint(1)), true).rects, [
    patchRect,
  ]);
  assert.equal(colourAt(40, 40), blockPaint(1)(40, 40));
  assert.equal(colourAt(33, 33), blockPaint(1)(33, 33));
  assert.ok(colourDistance(colourAt(32, 40), blockPaint(0)(32, 40)) <= 8);

  const pictureRect = { x: 64, y: 0, width: 64, height: 96 };
  const second = applier.apply(
    h264Update(SIZE, encoder.encode(blockPaint(2), false), {
      keyframe: false,
      rects: [pictureRect],
    }),
    true,
  );
  assert.deepEqual(second.rects, [pictureRect]);
  assert.ok(colourDistance(colourAt(80, 80), blockPaint(2)(80, 80)) <= 8);
  assert.equal(colourAt(40, 40), blockPaint(1)(40, 40));
});

test("after a loss, pictures are dropped until a keyframe while patches still apply", async () => {
  using parts = setUp();
  using encoder = await TestEncoder.open(SIZE);
  const { applier, colourAt } = parts;
  const units = [0, 1, 2, 3].map((seed) =>
    encoder.encode(blockPaint(seed), seed === 0 || seed === 3),
  );
  const picture = (index: number): Uint8Array =>
    h264Update(SIZE, units[index]!, { keyframe: index === 0 || index === 3 });
  applier.apply(picture(0), true);
  const afterLoss = applier.apply(picture(2), false);
  assert.equal(afterLoss.dropped, "waiting-for-keyframe");
  assert.equal(afterLoss.keyframeNeeded, true);
  assert.ok(colourDistance(colourAt(16, 16), blockPaint(0)(16, 16)) <= 8);

  const patch = applier.apply(
    patchUpdate(SIZE, [{ x: 0, y: 0, width: 8, height: 8 }], blockPaint(7)),
    true,
  );
  assert.equal(patch.dropped, undefined);
  assert.equal(colourAt(3, 3), blockPaint(7)(3, 3));

  assert.equal(applier.apply(picture(1), true).dropped, "waiting-for-keyframe");
  const keyframe = applier.apply(picture(3), true);
  assert.equal(keyframe.dropped, undefined);
  assert.equal(keyframe.keyframeNeeded, false);
  assert.ok(colourDistance(colourAt(16, 16), blockPaint(3)(16, 16)) <= 8);
});

test("a lost patch before a patch asks for a keyframe and still applies", async () => {
  using parts = setUp();
  using encoder = await TestEncoder.open(SIZE);
  parts.applier.apply(
    h264Update(SIZE, encoder.encode(blockPaint(0), true), { keyframe: true }),
    true,
  );
  const result = parts.applier.apply(
    patchUpdate(SIZE, [{ x: 8, y: 8, width: 8, height: 8 }], blockPaint(4)),
    false,
  );
  assert.equal(result.keyframeNeeded, true);
  assert.equal(parts.colourAt(9, 9), blockPaint(4)(9, 9));
});

test("before the first keyframe and after a change of size everything waits for a keyframe", async () => {
  using parts = setUp();
  using encoder = await TestEncoder.open(SIZE);
  const { applier, presenter } = parts;
  const patch = patchUpdate(SIZE, [{ x: 0, y: 0, width: 8, height: 8 }], blockPaint(1));
  assert.equal(applier.apply(patch, true).dropped, "waiting-for-keyframe");
  applier.apply(h264Update(SIZE, encoder.encode(blockPaint(0), true), { keyframe: true }), true);
  assert.equal(applier.apply(patch, true).dropped, undefined);

  const larger = { width: 160, height: 96 };
  const otherPatch = patchUpdate(larger, [{ x: 140, y: 0, width: 8, height: 8 }], blockPaint(1));
  assert.equal(applier.apply(otherPatch, true).dropped, "waiting-for-keyframe");
  assert.equal(presenter.framebuffer.width, 128);
  using largerEncoder = await TestEncoder.open(larger);
  const keyframe = h264Update(larger, largerEncoder.encode(blockPaint(2), true), {
    keyframe: true,
  });
  assert.equal(applier.apply(keyframe, true).dropped, undefined);
  assert.equal(presenter.framebuffer.width, 160);
  assert.equal(applier.apply(otherPatch, true).dropped, undefined);
});

test("AV1, which this client never asks for, is dropped and a keyframe is asked for", async () => {
  using parts = setUp();
  using encoder = await TestEncoder.open(SIZE);
  const { applier, colourAt } = parts;
  const keyframe = h264Update(SIZE, encoder.encode(blockPaint(0), true), { keyframe: true });
  const next = h264Update(SIZE, encoder.encode(blockPaint(1), false), { keyframe: false });
  for (const isKeyframe of [true, false]) {
    assert.equal(applier.apply(keyframe, true).dropped, undefined);
    const update = h264Update(SIZE, encoder.encode(blockPaint(2), true), { keyframe: isKeyframe });
    update[0] = UpdateCodec.av1;
    const { dropped, keyframeNeeded, rects } = applier.apply(update, true);
    assert.deepEqual([dropped, keyframeNeeded, rects], ["bad-data", true, []]);
    assert.equal(applier.apply(next, true).dropped, "waiting-for-keyframe");
    assert.ok(colourDistance(colourAt(16, 16), blockPaint(0)(16, 16)) <= 8);
  }
});

test("a picture smaller than the screen it claims is refused before any memory is taken", async () => {
  using parts = setUp();
  using encoder = await TestEncoder.open(SIZE);
  const huge = { width: 65_535, height: 65_535 };
  const result = parts.applier.apply(
    h264Update(huge, encoder.encode(blockPaint(0), true), { keyframe: true }),
    true,
  );
  assert.equal(result.dropped, "bad-size");
  assert.equal(result.keyframeNeeded, true);
  assert.equal(parts.presenter.framebuffer.width, 1);
});

test("a smaller picture fills the screen, and one of a size that cannot be its is refused", async () => {
  using parts = setUp();
  using encoder = await TestEncoder.open(SIZE);
  const unit = encoder.encode(() => 0x4080c0, true);
  const shown = (screen: { width: number; height: number }): boolean => {
    const { width } = parts.presenter.framebuffer;
    const { dropped, keyframeNeeded } = parts.applier.apply(
      h264Update(screen, unit, { keyframe: true }),
      true,
    );
    assert.equal(dropped, keyframeNeeded ? "bad-size" : undefined);
    if (keyframeNeeded) assert.equal(parts.presenter.framebuffer.width, width);
    return dropped === undefined;
  };
  for (const [width, height] of [
    [512, 384],
    [128, 192],
    [301, 97],
    [113, 81],
  ] as const) {
    assert.ok(shown({ width, height }), `${width}x${height}`);
    assert.ok(colourDistance(parts.colourAt(0, 0), 0x4080c0) <= 8);
    assert.ok(colourDistance(parts.colourAt(width - 1, height - 1), 0x4080c0) <= 8);
  }
  for (const [width, height] of [
    [513, 384],
    [512, 385],
    [112, 96],
    [128, 80],
    [127, 97],
    [129, 95],
    [9_000, 96],
  ] as const)
    assert.ok(!shown({ width, height }), `${width}x${height}`);
});

test("any bytes are applied or dropped, never thrown, and a keyframe repairs all", async () => {
  using parts = setUp();
  using encoder = await TestEncoder.open(SIZE);
  const keyframe = h264Update(SIZE, encoder.encode(blockPaint(0), true), { keyframe: true });
  const patch = patchUpdate(SIZE, [{ x: 0, y: 0, width: 64, height: 64 }], blockPaint(1));
  fc.assert(
    fc.property(
      fc.constantFrom(keyframe, patch),
      fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 12 }),
      fc.nat(),
      (valid, changes, cut) => {
        const bytes = new Uint8Array(valid.subarray(0, valid.length - (cut % valid.length)));
        for (const [at, value] of changes) bytes[at % bytes.length] = value;
        const result = parts.applier.apply(bytes, true);
        assert.ok(result.dropped !== "bad-data" || result.keyframeNeeded);
      },
    ),
    { numRuns: 200 },
  );
  assert.equal(parts.applier.apply(keyframe, false).dropped, undefined);
  assert.ok(colourDistance(parts.colourAt(80, 80), blockPaint(0)(80, 80)) <= 8);
});
