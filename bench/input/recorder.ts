/**
 * An X client on the host's display: prints each key, button and motion with the time of its arrival, until its
 * standard input ends. Arguments: DISPLAY WIDTHxHEIGHT. Lines: `ready`, `key CODE DOWN T`, `button N DOWN T`,
 * `motion X Y T`, T as CLOCK_MONOTONIC in µs. Its window takes the keyboard and covers `inputArea`.
 */
import { writeSync } from "node:fs";
import {
  createWindow,
  EventMask,
  EventType,
  focusWindow,
  Poll,
  sharpenTimers,
  XConnection,
} from "@wavry/x11";
import { monotonicMicros } from "../lib/clock.ts";
import { inputArea } from "./input-area.ts";

const [displayName = "", sizeText = ""] = process.argv.slice(2);
const [width = 0, height = 0] = sizeText.split("x").map(Number);
using connection = XConnection.open(displayName);
const window = createWindow(connection, {
  ...inputArea({ width, height }),
  background: 0x304050,
  events:
    EventMask.keyPress |
    EventMask.keyRelease |
    EventMask.buttonPress |
    EventMask.buttonRelease |
    EventMask.pointerMotion,
});
connection.sync();
focusWindow(connection, window);
connection.sync();
sharpenTimers();
writeSync(1, "ready\n");

const poll = new Poll([0, connection.fd]);
for (;;) {
  let lines = "";
  for (let event = connection.pollEvent(); event !== undefined; event = connection.pollEvent()) {
    const at = monotonicMicros().toFixed(1);
    const detail = event.u8[1]!;
    if (event.type === EventType.keyPress) lines += `key ${detail} 1 ${at}\n`;
    else if (event.type === EventType.keyRelease) lines += `key ${detail} 0 ${at}\n`;
    else if (event.type === EventType.buttonPress) lines += `button ${detail} 1 ${at}\n`;
    else if (event.type === EventType.buttonRelease) lines += `button ${detail} 0 ${at}\n`;
    else if (event.type === EventType.motionNotify)
      lines += `motion ${event.i16[10]} ${event.i16[11]} ${at}\n`;
  }
  if (lines !== "") writeSync(1, lines);
  if (connection.isClosed || (poll.wait() & 1) !== 0) break;
}
