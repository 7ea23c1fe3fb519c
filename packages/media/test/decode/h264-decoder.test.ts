import assert from "node:assert/strict";
import { test } from "node:test";
import { H264Decoder } from "../../src/decode/h264-decoder.ts";
import { LibyuvPainter } from "../../src/decode/libyuv-painter.ts";
import type { PicturePainter } from "../../src/decode/picture-painter.ts";
import { SwscalePainter } from "../../src/decode/swscale-painter.ts";
import { MediaError } from "../../src/media-error.ts";
import { allocateFramebuffer } from "../../src/present/memory-presenter.ts";
import { blockPaint, colourDistance, TestEncoder } from "../present/test-stream.ts";

const SIZE = { width: 320, height: 192 };

/** Colours that change slowly, so that every sound way of scaling gives about the same. */
function wavePaint(x: number, y: number): number {
  const wave = (value: number, period: number): number =>
    Math.round(128 + 100 * Math.sin((value * 2 * Math.PI) / period));
  return (wave(x, 160) << 16) | (wave(y, 120) << 8) | wave(x + y, 200);
}

test("each access unit gives its own picture at once, with one thread and with two", async () => {
  for (const threads of [1, 2]) {
    using encoder = await TestEncoder.open(SIZE, { slices: threads });
    using decoder = new H264Decoder({ threads });
    using painter = new LibyuvPainter();
    const target = allocateFramebuffer(SIZE);
    for (let index = 0; index < 5; index++) {
      const paint = blockPaint(index);
      const picture = decoder.decode(encoder.encode(paint, index === 0));
      assert.equal(picture.width, SIZE.width);
      assert.equal(picture.height, SIZE.height);
      painter.paint(picture, [{ x: 0, y: 0, ...SIZE }], target);
      for (const [x, y] of [
        [16, 16],
        [200, 100],
        [300, 180],
      ] as const)
        assert.ok(
          colourDistance(target.pixels[y * SIZE.width + x] ?? 0, paint(x, y)) <= 8,
          `picture ${index} at ${x},${y}`,
        );
    }
  }
});

for (const [name, open] of [
  ["libyuv", () => new LibyuvPainter()],
  ["swscale", () => new SwscalePainter()],
] as const satisfies readonly (readonly [string, () => PicturePainter])[]) {
  test(`${name} brings back the colours of full and limited range`, async () => {
    for (const fullRange of [true, false]) {
      using encoder = await TestEncoder.open(SIZE, { fullRange });
      using decoder = new H264Decoder();
      using painter = open();
      const picture = decoder.decode(encoder.encode(blockPaint(3), true));
      assert.equal(picture.fullRange, fullRange);
      const target = allocateFramebuffer(SIZE);
      painter.paint(picture, [{ x: 0, y: 0, ...SIZE }], target);
      for (let x = 16; x < SIZE.width; x += 32)
        assert.ok(
          colourDistance(target.pixels[48 * SIZE.width + x] ?? 0, blockPaint(3)(x, 48)) <= 8,
          `full range ${fullRange} at ${x}`,
        );
    }
  });

  test(`${name} paints exactly the given rectangles, also odd ones`, async () => {
    using encoder = await TestEncoder.open(SIZE);
    using decoder = new H264Decoder();
    using painter = open();
    const picture = decoder.decode(encoder.encode(blockPaint(9), true));
    const whole = allocateFramebuffer(SIZE);
    painter.paint(picture, [{ x: 0, y: 0, ...SIZE }], whole);
    const rects = [
      { x: 1, y: 1, width: 1, height: 1 },
      { x: 7, y: 3, width: 33, height: 18 },
      { x: 64, y: 31, width: 20, height: 7 },
      { x: 319, y: 0, width: 1, height: 192 },
      { x: 101, y: 150, width: 50, height: 1 },
    ];
    const target = allocateFramebuffer(SIZE);
    const untouched = 0x12345678;
    target.pixels.fill(untouched);
    painter.paint(picture, rects, target);
    for (let y = 0; y < SIZE.height; y++)
      for (let x = 0; x < SIZE.width; x++) {
        const inside = rects.some(
          (rect) =>
            x >= rect.x && x < rect.x + rect.width && y >= rect.y && y < rect.y + rect.height,
        );
        const at = y * SIZE.width + x;
        if (inside)
          assert.ok(
            colourDistance(target.pixels[at] ?? 0, whole.pixels[at] ?? 0) <= 1,
            `inside at ${x},${y}`,
          );
        else assert.equal(target.pixels[at], untouched, `outside at ${x},${y}`);
      }
    assert.throws(
      () => painter.paint(picture, [{ x: 300, y: 0, width: 21, height: 1 }], target),
      RangeError,
    );
  });

  test(`${name} scales a smaller picture up into exactly the given rectangles`, async () => {
    using encoder = await TestEncoder.open(SIZE);
    using decoder = new H264Decoder();
    using painter = open();
    const picture = decoder.decode(encoder.encode(wavePaint, true));
    for (const screen of [
      { width: 640, height: 384 },
      { width: 427, height: 256 },
      { width: 601, height: 192 },
      { width: 321, height: 767 },
      { width: 1280, height: 768 },
    ]) {
      const whole = allocateFramebuffer(screen);
      painter.paint(picture, [{ x: 0, y: 0, ...screen }], whole);
      for (let y = 0; y < screen.height; y += 7)
        for (let x = 0; x < screen.width; x += 5) {
          const wanted = wavePaint(
            ((x + 0.5) * SIZE.width) / screen.width - 0.5,
            ((y + 0.5) * SIZE.height) / screen.height - 0.5,
          );
          const distance = colourDistance(whole.pixels[y * screen.width + x] ?? 0, wanted);
          assert.ok(distance <= 12, `${distance} at ${x},${y} of ${screen.width}`);
        }
      const { width, height } = screen;
      const rects = [
        { x: 1, y: 1, width: 1, height: 1 },
        { x: 7, y: 3, width: 33, height: 18 },
        { x: width - 1, y: 0, width: 1, height },
        { x: 101, y: height - 3, width: 50, height: 3 },
        { x: width - 40, y: height - 21, width: 40, height: 21 },
      ];
      const target = allocateFramebuffer(screen);
      const untouched = 0x12345678;
      target.pixels.fill(untouched);
      painter.paint(picture, rects, target);
      let wrong = 0;
      for (let y = 0; y < height; y++)
        for (let x = 0; x < width; x++) {
          const inside = rects.some(
            (rect) =>
              x >= rect.x && x < rect.x + rect.width && y >= rect.y && y < rect.y + rect.height,
          );
          const at = y * width + x;
          const got = target.pixels[at] ?? 0;
          if (inside ? colourDistance(got, whole.pixels[at] ?? 0) > 1 : got !== untouched) wrong++;
        }
      assert.equal(wrong, 0, `${width}x${height}`);
    }
  });

  test(`${name} refuses a picture whose size cannot be the screen's`, async () => {
    using encoder = await TestEncoder.open(SIZE);
    using decoder = new H264Decoder();
    using painter = open();
    const picture = decoder.decode(encoder.encode(blockPaint(1), true));
    for (const screen of [
      { width: 304, height: 192 },
      { width: 319, height: 193 },
      { width: 1281, height: 768 },
    ])
      assert.throws(
        () =>
          painter.paint(
            picture,
            [{ x: 0, y: 0, width: 1, height: 1 }],
            allocateFramebuffer(screen),
          ),
        RangeError,
      );
  });
}

test("libyuv and swscale scale the same picture up to about the same", async () => {
  using decoder = new H264Decoder();
  using native = new LibyuvPainter();
  using plain = new SwscalePainter();
  for (const [paint, limit] of [
    [wavePaint, 2],
    [blockPaint(4), 3],
  ] as const) {
    using encoder = await TestEncoder.open(SIZE);
    const picture = decoder.decode(encoder.encode(paint, true));
    for (const screen of [
      { width: 640, height: 384 },
      { width: 427, height: 256 },
    ]) {
      const [a, b] = [allocateFramebuffer(screen), allocateFramebuffer(screen)];
      native.paint(picture, [{ x: 0, y: 0, ...screen }], a);
      plain.paint(picture, [{ x: 0, y: 0, ...screen }], b);
      let sum = 0;
      for (const [at, pixel] of a.pixels.entries())
        for (const shift of [0, 8, 16])
          sum += Math.abs(((pixel >> shift) & 255) - (((b.pixels[at] ?? 0) >> shift) & 255));
      const mean = sum / (3 * a.pixels.length);
      assert.ok(mean < limit, `${mean} at ${screen.width}`);
    }
  }
});

test("libyuv follows the BT.709 matrix that the stream names", async () => {
  using encoder = await TestEncoder.open(SIZE, { matrix: "bt709", fullRange: false });
  using decoder = new H264Decoder();
  using painter = new LibyuvPainter();
  const picture = decoder.decode(encoder.encode(blockPaint(5), true));
  assert.equal(picture.matrix, "bt709");
  const target = allocateFramebuffer(SIZE);
  painter.paint(picture, [{ x: 0, y: 0, ...SIZE }], target);
  for (let x = 16; x < SIZE.width; x += 32)
    assert.ok(colourDistance(target.pixels[16 * SIZE.width + x] ?? 0, blockPaint(5)(x, 16)) <= 8);
});

test("hostile bytes give MediaError bad-data, and a keyframe after reset decodes again", async () => {
  using encoder = await TestEncoder.open(SIZE);
  const units = [0, 1, 2, 3].map((index) => encoder.encode(blockPaint(index), index === 0));
  using decoder = new H264Decoder();
  let seed = 12345;
  const random = (below: number): number => {
    seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
    return (seed >>> 8) % below;
  };
  let refused = 0;
  for (let round = 0; round < 300; round++) {
    const unit = new Uint8Array(units[round % units.length] ?? []);
    const kind = round % 3;
    const bytes =
      kind === 0
        ? unit.subarray(0, random(unit.length))
        : kind === 1
          ? unit.map((byte) => (random(20) === 0 ? random(256) : byte))
          : new Uint8Array(random(400)).map(() => random(256));
    try {
      decoder.decode(bytes);
    } catch (error) {
      assert.ok(error instanceof MediaError && error.code === "bad-data", String(error));
      refused++;
    }
  }
  assert.ok(refused > 200);
  decoder.reset();
  assert.equal(decoder.decode(units[0] ?? new Uint8Array()).width, SIZE.width);
});
