import {
  createWindow,
  destroyWindow,
  Painter,
  Poll,
  readPixels,
  type XConnection,
} from "@wavry/x11";

const FLIPS = 40;
const WARM_UP_FLIPS = 5;
const MARK = { x: 640, y: 400, width: 64, height: 64 };
const COLOURS = [0xf0f0f0, 0x102030] as const;
const TIMEOUT_MICROS = 2_000_000;
const LOOK_EVERY_MICROS = 100;
const PAUSE_MICROS = 60_000;

/**
 * Flips the colour of a small window on one display and waits until another display shows it; gives the
 * times in microseconds, sorted. Throws if a flip does not arrive. Blocks the thread.
 */
export function measureFlips(source: XConnection, shown: XConnection): number[] {
  const window = createWindow(source, MARK);
  using painter = new Painter(source, window);
  const middle = { x: MARK.x + 32, y: MARK.y + 32, width: 1, height: 1 };
  const pause = new Poll([]);
  const times: number[] = [];
  try {
    for (let flip = 0; flip < FLIPS + WARM_UP_FLIPS; flip++) {
      const colour = COLOURS[flip & 1]!;
      const start = process.hrtime.bigint();
      painter.fill(window, { x: 0, y: 0, width: MARK.width, height: MARK.height }, colour);
      source.flush();
      const elapsed = (): number => Number((process.hrtime.bigint() - start) / 1000n);
      while (!isLike(readPixels(shown, shown.root, middle), colour)) {
        if (elapsed() > TIMEOUT_MICROS)
          throw new Error("a change of colour did not arrive within 2 s");
        pause.wait(LOOK_EVERY_MICROS);
      }
      if (flip >= WARM_UP_FLIPS) times.push(elapsed());
      pause.wait(PAUSE_MICROS);
    }
  } finally {
    destroyWindow(source, window);
  }
  return times.sort((a, b) => a - b);
}

function isLike(pixel: Uint8Array, colour: number): boolean {
  return Math.abs(pixel[1]! - ((colour >> 8) & 255)) < 64;
}
