import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { panOffset, seededRandom } from "../glass/picture.ts";
import {
  BLANK_NUMBERS,
  COUNTER_FRAMES,
  COUNTER_SIZE,
  counterPlace,
  drawCounter,
  drawMarker,
  FIRST_NUMBER,
  MARKER_NUMBERS,
  MARKER_PIXELS,
  markerPlaces,
  nextNumber,
  readCounter,
  readMarker,
  TEXT_LINE,
  textPlace,
} from "../glass/scene.ts";
import { FULL_HD, HD } from "../lib/sizes.ts";

const STRIDE = COUNTER_SIZE.width;
const AT = { x: 0, y: 0 };

/** Changes every pixel by up to `amount`, as lossy coding might. */
function blur(pixels: Uint32Array, amount: number, random: () => number): void {
  for (const [index, pixel] of pixels.entries()) {
    const green = ((pixel >> 8) & 0xff) + Math.round((random() * 2 - 1) * amount);
    pixels[index] = Math.min(255, Math.max(0, green)) << 8;
  }
}

test("a marker's number and a frame counter are read back through heavy coding noise", () => {
  fc.assert(
    fc.property(fc.nat(MARKER_NUMBERS - 1), fc.nat(3 * COUNTER_FRAMES), fc.nat(), (n, frame, s) => {
      const pixels = new Uint32Array(STRIDE * MARKER_PIXELS);
      drawMarker(pixels, STRIDE, AT, n);
      blur(pixels, 90, seededRandom(s));
      assert.equal(readMarker(pixels, STRIDE, AT), n);
      drawCounter(pixels, STRIDE, AT, frame);
      blur(pixels, 90, seededRandom(s));
      assert.equal(readCounter(pixels, STRIDE, AT), frame % COUNTER_FRAMES);
    }),
    { numRuns: 50 },
  );
});

test("a marker that is half drawn is not read as a number", () => {
  const old = new Uint32Array(STRIDE * MARKER_PIXELS);
  const next = new Uint32Array(STRIDE * MARKER_PIXELS);
  for (let number = 0; number < MARKER_NUMBERS; number++) {
    drawMarker(old, STRIDE, AT, number);
    drawMarker(next, STRIDE, AT, (number + 1) % MARKER_NUMBERS);
    const torn = next.slice();
    torn.set(old.subarray(STRIDE * 40), STRIDE * 40);
    assert.equal(readMarker(torn, STRIDE, AT), -1);
  }
});

test("each flip changes a marker's colour and never makes it look like a blank screen", () => {
  const seen = new Set<number>();
  for (let number = FIRST_NUMBER; !seen.has(number); number = nextNumber(number)) {
    assert.ok(!BLANK_NUMBERS.includes(number));
    assert.notEqual(nextNumber(number) & 1, number & 1);
    seen.add(number);
  }
  assert.equal(seen.size, MARKER_NUMBERS - BLANK_NUMBERS.length);
});

test("markers, their text and the counter stay on the screen and off the pointer in its middle", () => {
  for (const size of [HD, FULL_HD, { width: 640, height: 480 }])
    for (const place of markerPlaces(size)) {
      const text = textPlace(place);
      if (size.width >= HD.width) assert.ok(text.x + TEXT_LINE.width <= size.width);
      assert.ok(text.y + TEXT_LINE.height <= size.height);
      const middle = { x: size.width / 2, y: size.height / 2 };
      assert.ok(
        middle.x < place.x ||
          middle.x > place.x + MARKER_PIXELS ||
          middle.y < place.y ||
          middle.y > place.y + MARKER_PIXELS,
      );
      const counter = counterPlace(size);
      assert.ok(counter.x >= 0 && counter.x + COUNTER_SIZE.width <= size.width);
      assert.ok(
        counter.y + COUNTER_SIZE.height <= place.y ||
          counter.x > place.x + MARKER_PIXELS ||
          counter.x + COUNTER_SIZE.width < place.x,
      );
    }
});

test("the pan never leaves the picture and moves in every frame", () => {
  fc.assert(
    fc.property(fc.nat(1e6), (frame) => {
      const here = panOffset(frame, 1280, 720);
      const next = panOffset(frame + 1, 1280, 720);
      assert.ok(here.x >= 0 && here.x <= 1280 && here.y >= 0 && here.y <= 720);
      assert.notDeepEqual(here, next);
    }),
  );
});
