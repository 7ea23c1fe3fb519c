/**
 * Watches display B's framebuffer file until its standard input ends, and prints when each mark first stood there.
 * Arguments: FRAMEBUFFER still|motion. Lines out: `mark PLACE NUMBER T`, `count COUNTER T`, T as CLOCK_MONOTONIC in µs.
 * Sleeps 100 µs between looks (shorter sleeps cost more CPU than they are worth); a new state counts from the first look that saw it, if the next look sees it too.
 */
import { writeSync } from "node:fs";
import { Poll, sharpenTimers } from "@wavry/x11";
import { monotonicMicros } from "../lib/clock.ts";
import { Framebuffer } from "../lib/framebuffer.ts";
import { counterPlace, markerPlaces, readCounter, readMarker } from "./scene.ts";

const LOOK_MICROS = 100;
const REPORT_MICROS = 500_000;

const [path = "", content = ""] = process.argv.slice(2);
using framebuffer = new Framebuffer(path);
const { pixels, strideWords, layout } = framebuffer;
const places = markerPlaces(layout);
const counter = counterPlace(layout);
const watchesCounter = content === "motion";

/** One state per marker and a last one for the counter: what was settled, and what the latest look saw. */
const settled = new Int32Array(places.length + 1).fill(-1);
const seen = new Int32Array(places.length + 1).fill(-1);
const seenAt = new Float64Array(places.length + 1);
let lines = "";
let reportedAt = monotonicMicros();

function look(index: number, state: number): void {
  if (state !== seen[index]) {
    seen[index] = state;
    if (state !== settled[index]) seenAt[index] = monotonicMicros();
    return;
  }
  if (state === settled[index] || state < 0) return;
  settled[index] = state;
  const at = seenAt[index]!.toFixed(1);
  lines += index === places.length ? `count ${state} ${at}\n` : `mark ${index} ${state} ${at}\n`;
}

sharpenTimers();
const stop = new Poll([0]);
while (stop.wait(LOOK_MICROS) === 0) {
  for (let index = 0; index < places.length; index++)
    look(index, readMarker(pixels, strideWords, places[index]!));
  if (watchesCounter) look(places.length, readCounter(pixels, strideWords, counter));
  if (lines === "") continue;
  const now = monotonicMicros();
  if (now - reportedAt < REPORT_MICROS) continue;
  writeSync(1, lines);
  lines = "";
  reportedAt = now;
}
writeSync(1, lines);
const { user, system } = process.cpuUsage();
writeSync(1, `cost ${((user + system) / 1e4 / process.uptime()).toFixed(1)}\n`);
