/**
 * The program that is watched: draws on display A until its standard input ends, and prints when it drew what.
 * Arguments: DISPLAY WIDTHxHEIGHT still|motion|frozen FPS. Lines out: `ready`, `flip PLACE NUMBER T0`, `frame COUNTER T0`,
 * where T0 is CLOCK_MONOTONIC in µs just before the draw request is handed to the X server.
 */
import { writeSync } from "node:fs";
import { createWindow, Painter, Poll, SharedImage, sharpenTimers, XConnection } from "@wavry/x11";
import { monotonicMicros } from "../lib/clock.ts";
import type { Size } from "../lib/sizes.ts";
import { paintTextLine, paintTexture, panOffset, seededRandom } from "./picture.ts";
import {
  COUNTER_FRAMES,
  COUNTER_SIZE,
  counterPlace,
  drawCounter,
  drawMarker,
  FIRST_NUMBER,
  MARKER_PIXELS,
  markerPlaces,
  nextNumber,
  TEXT_LINE,
  textPlace,
} from "./scene.ts";

const STILL_MIN_MICROS = 80_000;
const STILL_MAX_MICROS = 250_000;
const MOTION_MIN_FRAMES = 10;
const MOTION_MAX_FRAMES = 20;
const TEXT_LINES = 32;
const REPORT_MICROS = 500_000;

/** As screens are, a little slower than the round rate: so no grabber of that rate keeps one lucky or unlucky phase. */
const OFF_BEAT_FPS = 0.1;

const [displayName = "", sizeText = "", content = "", fpsText = ""] = process.argv.slice(2);
const [width = 0, height = 0] = sizeText.split("x").map(Number);
const size: Size = { width, height };
const frameMicros = 1e6 / (Number(fpsText) - OFF_BEAT_FPS);

sharpenTimers();
using connection = XConnection.open(displayName);
const window = createWindow(connection, { x: 0, y: 0, ...size });
using painter = new Painter(connection, window);
const picture: Size = { width: width * 2, height: height * 2 };
using image = new SharedImage(connection, picture.width * picture.height * 4);
const canvas = new Uint32Array(image.bytes.buffer, 0, picture.width * picture.height);
paintTexture(canvas, picture.width, 1);

const places = markerPlaces(size);
const numbers = places.map(() => FIRST_NUMBER);
const random = seededRandom(Number(process.hrtime.bigint() & 0xffffffffn));
const stop = new Poll([0]);
let lines = "";
let reportedAt = monotonicMicros();

function report(now: number): void {
  if (now - reportedAt < REPORT_MICROS || lines === "") return;
  writeSync(1, lines);
  lines = "";
  reportedAt = now;
}

/** Sends the buffered requests and waits until they are carried out; gives the time before the sending. */
function draw(): number {
  const before = monotonicMicros();
  connection.flush();
  connection.sync();
  return before;
}

function runStill(): void {
  const origin = { x: 0, y: 0 };
  image.putImage(window, painter.gc, picture, { x: 0, y: 0, ...size }, 0, 0);
  const markerSize: Size = { width: MARKER_PIXELS, height: MARKER_PIXELS };
  const lineBytes = TEXT_LINE.width * TEXT_LINE.height * 4;
  const markerBytes = MARKER_PIXELS * MARKER_PIXELS * 4;
  using small = new SharedImage(connection, markerBytes + lineBytes * TEXT_LINES);
  const markerPixels = new Uint32Array(small.bytes.buffer, 0, markerBytes / 4);
  for (let line = 0; line < TEXT_LINES; line++)
    paintTextLine(
      new Uint32Array(small.bytes.buffer, markerBytes + line * lineBytes, lineBytes / 4),
      TEXT_LINE.width,
      TEXT_LINE.height,
      random,
    );
  for (let flip = -places.length; ; flip++) {
    const index = (flip + places.length) % places.length;
    const place = places[index]!;
    const line = Math.floor(random() * TEXT_LINES);
    const number = flip < 0 ? numbers[index]! : nextNumber(numbers[index]!);
    numbers[index] = number;
    drawMarker(markerPixels, MARKER_PIXELS, origin, number);
    const text = textPlace(place);
    const textImage = { ...TEXT_LINE, byteOffset: markerBytes + line * lineBytes };
    small.putImage(window, painter.gc, textImage, { ...origin, ...TEXT_LINE }, text.x, text.y);
    small.putImage(window, painter.gc, markerSize, { ...origin, ...markerSize }, place.x, place.y);
    const before = draw();
    if (flip < 0) continue;
    if (flip === 0) lines += "ready\n";
    if (content === "frozen") {
      report(Number.POSITIVE_INFINITY);
      stop.wait();
      return;
    }
    lines += `flip ${index} ${number} ${before.toFixed(1)}\n`;
    report(monotonicMicros());
    const pause = STILL_MIN_MICROS + random() * (STILL_MAX_MICROS - STILL_MIN_MICROS);
    if (stop.wait(pause) !== 0) return;
  }
}

/** Remembers and restores what the marks cover, so that the shared picture can pan under them. */
class Overlay {
  readonly #saved: Uint32Array;
  readonly #size: Size;
  #offset = 0;

  constructor(coveredSize: Size) {
    this.#size = coveredSize;
    this.#saved = new Uint32Array(coveredSize.width * coveredSize.height);
  }

  save(x: number, y: number): void {
    this.#offset = y * picture.width + x;
    for (let row = 0; row < this.#size.height; row++) {
      const from = this.#offset + row * picture.width;
      this.#saved.set(canvas.subarray(from, from + this.#size.width), row * this.#size.width);
    }
  }

  restore(): void {
    for (let row = 0; row < this.#size.height; row++) {
      const from = row * this.#size.width;
      canvas.set(
        this.#saved.subarray(from, from + this.#size.width),
        this.#offset + row * picture.width,
      );
    }
  }
}

function runMotion(): void {
  const counter = counterPlace(size);
  const counterOverlay = new Overlay(COUNTER_SIZE);
  const overlays = places.map(() => new Overlay({ width: MARKER_PIXELS, height: MARKER_PIXELS }));
  let nextFlip = MOTION_MIN_FRAMES;
  let place = 0;
  let due = monotonicMicros();
  lines += "ready\n";
  for (let frame = 0; ; frame++) {
    const at = panOffset(frame, picture.width - width, picture.height - height);
    const flips = frame === nextFlip;
    if (flips) {
      place = (place + 1) % places.length;
      numbers[place] = nextNumber(numbers[place]!);
      const span = MOTION_MAX_FRAMES - MOTION_MIN_FRAMES + 1;
      nextFlip += MOTION_MIN_FRAMES + Math.floor(random() * span);
    }
    for (const [index, { x, y }] of places.entries()) {
      overlays[index]!.save(at.x + x, at.y + y);
      drawMarker(canvas, picture.width, { x: at.x + x, y: at.y + y }, numbers[index]!);
    }
    counterOverlay.save(at.x + counter.x, at.y + counter.y);
    const counterAt = { x: at.x + counter.x, y: at.y + counter.y };
    drawCounter(canvas, picture.width, counterAt, frame);
    image.putImage(window, painter.gc, picture, { ...at, ...size }, 0, 0);
    const before = draw();
    counterOverlay.restore();
    for (const overlay of overlays) overlay.restore();
    lines += `frame ${frame % COUNTER_FRAMES} ${before.toFixed(1)}\n`;
    if (flips) lines += `flip ${place} ${numbers[place]} ${before.toFixed(1)}\n`;
    report(monotonicMicros());
    due = Math.max(due + frameMicros, monotonicMicros() - frameMicros);
    if (stop.wait(due - monotonicMicros()) !== 0) return;
  }
}

if (content === "motion") runMotion();
else runStill();
writeSync(1, lines);
