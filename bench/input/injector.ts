/**
 * A person at the client's display: injects keys, buttons and motion through XTEST, in turn, at random moments, until
 * its standard input ends. Arguments: DISPLAY WIDTHxHEIGHT. Lines as the recorder's, T just before the flush.
 */
import { writeSync } from "node:fs";
import {
  childrenOf,
  FakeInput,
  focusWindow,
  hasWindowManager,
  Poll,
  sharpenTimers,
  XConnection,
} from "@wavry/x11";
import { monotonicMicros } from "../lib/clock.ts";
import { inputArea } from "./input-area.ts";

const MIN_PAUSE_MICROS = 12_000;
const MAX_PAUSE_MICROS = 45_000;
const REPORT_EVENTS = 10;
/** Keycodes of the letters a, s, d and f on PC keyboards under evdev. */
const KEYCODES = [38, 39, 40, 41];

const [displayName = "", sizeText = ""] = process.argv.slice(2);
const [width = 0, height = 0] = sizeText.split("x").map(Number);
const area = inputArea({ width, height });
using connection = XConnection.open(displayName);
const fake = new FakeInput(connection);
const stop = new Poll([0]);
const top = childrenOf(connection, connection.root).at(-1);
if (top !== undefined && !hasWindowManager(connection)) focusWindow(connection, top);
connection.sync();
sharpenTimers();

let lines = "";
let events = 0;
function send(line: string): boolean {
  const at = monotonicMicros().toFixed(1);
  connection.flush();
  lines += `${line} ${at}\n`;
  if (++events % REPORT_EVENTS === 0) {
    writeSync(1, lines);
    lines = "";
  }
  return stop.wait(MIN_PAUSE_MICROS + Math.random() * (MAX_PAUSE_MICROS - MIN_PAUSE_MICROS)) !== 0;
}

function round(step: number): boolean {
  const x = area.x + 20 + ((step * 37) % (area.width - 40));
  const y = area.y + 20 + ((step * 53) % (area.height - 40));
  fake.moveTo(x, y);
  if (send(`motion ${x} ${y}`)) return true;
  const keycode = KEYCODES[step % KEYCODES.length]!;
  for (const down of [true, false]) {
    fake.key(keycode, down);
    if (send(`key ${keycode} ${down ? 1 : 0}`)) return !down;
    fake.button(1, down);
    if (send(`button 1 ${down ? 1 : 0}`)) return !down;
  }
  return false;
}

for (let step = 0; !round(step); step++);
for (const keycode of KEYCODES) fake.key(keycode, false);
fake.button(1, false);
connection.sync();
writeSync(1, lines);
