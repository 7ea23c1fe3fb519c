/** Two virtual displays, the source that draws on one, and the watcher that looks at the other. */
import { setTimeout as sleep } from "node:timers/promises";
import { monotonicMicros } from "../lib/clock.ts";
import type { Size } from "../lib/sizes.ts";
import { startXvfb, type VirtualDisplay } from "../lib/xvfb.ts";
import { startLines } from "./line-process.ts";
import type { Count, Mark } from "./match.ts";
import { BLANK_NUMBERS, MARKERS } from "./scene.ts";
import type { Content, RunningStreamer } from "./streamer.ts";

const LOOK_AGAIN_MILLIS = 100;

/** What is played. */
export interface TheatreOptions {
  readonly size: Size;
  readonly content: Content;
  /** Of `motion`. */
  readonly fps: number;
}

/** The displays and what was seen so far; the lists grow in bunches, up to half a second late. */
export interface Theatre extends AsyncDisposable {
  readonly displayA: VirtualDisplay;
  readonly displayB: VirtualDisplay;
  /** Flips and frames drawn on A. */
  readonly flips: readonly Mark[];
  readonly frames: readonly Count[];
  /** Marks and frame counters seen on B. */
  readonly marks: readonly Mark[];
  readonly counts: readonly Count[];
  /** Ends the source and the watcher and waits for their last lines. */
  finish(): Promise<void>;
}

/** Opens one: resolves once the source has drawn its first picture. */
export async function openTheatre(options: TheatreOptions): Promise<Theatre> {
  const { size, content, fps } = options;
  await using stack = new AsyncDisposableStack();
  const displayA = stack.use(await startXvfb(size));
  const displayB = stack.use(await startXvfb(size));
  const [flips, frames, marks, counts]: [Mark[], Count[], Mark[], Count[]] = [[], [], [], []];
  const mark = (place?: string, number?: string, at?: string): Mark => ({
    place: Number(place),
    number: Number(number),
    at: Number(at),
  });
  const drawn = Promise.withResolvers<void>();
  const sourceArgs = [displayA.name, `${size.width}x${size.height}`, content, String(fps)];
  const source = stack.use(
    await startLines("source.ts", sourceArgs, ([kind, a, b, c]) => {
      if (kind === "ready") drawn.resolve();
      else if (kind === "flip") flips.push(mark(a, b, c));
      else if (kind === "frame") frames.push({ frame: Number(a), at: Number(b) });
    }),
  );
  void source.process.exited.then((code) =>
    drawn.reject(new Error(`the source ended with ${code}: ${source.process.lastWords}`)),
  );
  await drawn.promise;
  const watcher = stack.use(
    await startLines("watcher.ts", [displayB.framebufferPath, content], ([kind, a, b, c]) => {
      if (kind === "mark") marks.push(mark(a, b, c));
      else if (kind === "count") counts.push({ frame: Number(a), at: Number(b) });
    }),
  );
  const owned = stack.move();
  return {
    ...{ displayA, displayB, flips, frames, marks, counts },
    async finish() {
      await source.finish();
      await watcher.finish();
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

const PICTURE_TIMEOUT_MICROS = 30e6;

/** The marks by which each of the four markers was first seen, once all of them were; a blank screen shows none. */
export function firstPicture(marks: readonly Mark[]): readonly Mark[] | undefined {
  const first = new Map<number, Mark>();
  for (const mark of marks)
    if (!BLANK_NUMBERS.includes(mark.number) && !first.has(mark.place)) first.set(mark.place, mark);
  return first.size === MARKERS ? [...first.values()] : undefined;
}

/** Waits until the whole picture stands on display B. */
export async function waitForPicture(theatre: Theatre, running: RunningStreamer): Promise<void> {
  await waitUntil(() => firstPicture(theatre.marks) !== undefined, {
    running,
    timeoutMicros: PICTURE_TIMEOUT_MICROS,
    orElse: "no readable picture came on display B",
  });
}

/** ms from the call to connect until the whole picture stood on display B; NaN before it does. */
export function firstPictureMs(theatre: Theatre, running: RunningStreamer): number {
  const shownAt = firstPicture(theatre.marks)?.map(({ at }) => at) ?? [Number.NaN];
  return (Math.max(...shownAt) - running.connectedFrom) / 1000;
}

/** Keeps asking until `done()`; throws an Error when a streamer ends by itself or the time is up. */
export async function waitUntil(
  done: () => boolean,
  options: { running: RunningStreamer; timeoutMicros: number; orElse: string },
): Promise<void> {
  let failure: string | undefined;
  void options.running.failed.then((why) => {
    failure = why;
  });
  const deadline = monotonicMicros() + options.timeoutMicros;
  while (!done()) {
    if (failure !== undefined) throw new Error(failure);
    if (monotonicMicros() > deadline) throw new Error(options.orElse);
    await sleep(LOOK_AGAIN_MILLIS);
  }
}
