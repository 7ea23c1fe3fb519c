/** An X client whose window covers the display and writes down the input that it gets. */
import { setTimeout as sleep } from "node:timers/promises";
import {
  createWindow,
  EventMask,
  EventType,
  focusWindow,
  pressedKeycodes,
  queryPointer,
  XConnection,
} from "@wavry/x11";
import { startTestDisplay, type TestDisplay } from "@wavry/x11/testing";

const BUTTONS_MASK = 0x1f00;
export const DEADLINE_MILLIS = 60_000;

/** Starts a display without auto-repeat, which would add presses to slow tests. */
export function startQuietDisplay(): Promise<TestDisplay> {
  return startTestDisplay({ width: 800, height: 600, extraArguments: ["-r"] });
}

/** Waits until `isTrue`, and fails when that takes too long. */
export async function until(isTrue: () => boolean, what: string): Promise<void> {
  for (const start = performance.now(); !isTrue(); await sleep(5))
    if (performance.now() - start > DEADLINE_MILLIS) throw new Error(`still not: ${what}`);
}

export class XObserver implements Disposable {
  readonly connection: XConnection;
  /** "key 38 down", "button 1 up", "move 10,20", in order. */
  readonly events: string[] = [];

  constructor(display: string) {
    this.connection = XConnection.open(display);
    const window = createWindow(this.connection, {
      x: 0,
      y: 0,
      width: 800,
      height: 600,
      events:
        EventMask.keyPress |
        EventMask.keyRelease |
        EventMask.buttonPress |
        EventMask.buttonRelease |
        EventMask.pointerMotion,
    });
    focusWindow(this.connection, window);
    this.collect();
    this.events.length = 0;
  }

  /** Adds what has come until now. */
  collect(): readonly string[] {
    this.connection.sync();
    for (let event = this.connection.pollEvent(); event; event = this.connection.pollEvent()) {
      const detail = event.u8[1];
      if (event.type === EventType.keyPress) this.events.push(`key ${detail} down`);
      if (event.type === EventType.keyRelease) this.events.push(`key ${detail} up`);
      if (event.type === EventType.buttonPress) this.events.push(`button ${detail} down`);
      if (event.type === EventType.buttonRelease) this.events.push(`button ${detail} up`);
      if (event.type === EventType.motionNotify)
        this.events.push(`move ${event.i16[10]},${event.i16[11]}`);
    }
    return this.events;
  }

  /** Whether any key or button is down on the display. */
  holdsNothing(): boolean {
    const { mask } = queryPointer(this.connection);
    return pressedKeycodes(this.connection).length === 0 && (mask & BUTTONS_MASK) === 0;
  }

  /** Keycodes that are down on the display. */
  pressed(): number[] {
    return pressedKeycodes(this.connection);
  }

  [Symbol.dispose](): void {
    this.connection[Symbol.dispose]();
  }
}
