/** A `WheelEvent` as far as it counts. */
export interface WheelSignal {
  readonly deltaX: number;
  readonly deltaY: number;
  /** 0 pixels, 1 lines, 2 pages. */
  readonly deltaMode: number;
  /** In 1/120 notch to the left and away from the user, where the browser has it (it is not in the standard). */
  readonly wheelDeltaX?: number | undefined;
  readonly wheelDeltaY?: number | undefined;
  readonly shift: boolean;
}

const NOTCH = 120;
const PIXELS_PER_NOTCH = 100;
const LINES_PER_NOTCH = 3;
const PAGES_PER_NOTCH = 1;

/** Turns wheel and touchpad events into 1/120 notches, to the right and away from the user; keeps what is left over. */
export class Wheel {
  #restX = 0;
  #restY = 0;

  /** Whole 1/120 notches, with what was left over before. */
  turn(signal: WheelSignal): { dx: number; dy: number } {
    const [x, y] = notches(signal);
    return this.add(x, y);
  }

  /** The same for a distance that is already in 1/120 notch. */
  add(x: number, y: number): { dx: number; dy: number } {
    this.#restX += x;
    this.#restY += y;
    // Adding 0 turns -0 into 0.
    const dx = Math.trunc(this.#restX) + 0;
    const dy = Math.trunc(this.#restY) + 0;
    this.#restX -= dx;
    this.#restY -= dy;
    return { dx, dy };
  }
}

function notches(signal: WheelSignal): [right: number, up: number] {
  let left = against(signal.deltaX, signal.deltaMode, signal.wheelDeltaX);
  let up = against(signal.deltaY, signal.deltaMode, signal.wheelDeltaY);
  // With Shift browsers make an upright wheel a level one; the host gets Shift and decides for itself.
  if (signal.shift && up === 0) {
    up = left;
    left = 0;
  }
  return [-left, up];
}

/** An axis in 1/120 notch; positive is against the direction of `delta`, as `wheelDelta` is. */
function against(delta: number, mode: number, wheelDelta: number | undefined): number {
  if (delta === 0) return 0;
  // The only number that is in notches on every system, for mice and, at 40 pixels each, for touchpads.
  if (mode === 0 && wheelDelta !== undefined && wheelDelta !== 0) return wheelDelta;
  const per = [PIXELS_PER_NOTCH, LINES_PER_NOTCH, PAGES_PER_NOTCH][mode] ?? PIXELS_PER_NOTCH;
  return (-delta * NOTCH) / per;
}
