import { pictureFit } from "@wavry/media-core";
import type { Rect, Size } from "@wavry/rift-core";
import type { Surface } from "./surface.ts";

/** Whole pictures in a row that make a run, and the longest pause between two of them. */
const RUN_PICTURES = 4;
const RUN_PAUSE_MILLIS = 100;
/** Pictures that the page may take to uncover the video. */
const MAX_COVERED_PICTURES = 240;
/** Pictures on their way into the video, at most. */
const MAX_WRITING = 3;

/** What a motion surface works with and tells. */
export interface MotionSurfaceInit {
  /** Holds the screen, pixel by pixel, whenever the video does not. */
  readonly still: Surface;
  /** Shows what is written into it, above the still surface, while the page has it uncovered. */
  readonly video: WritableStream<VideoFrame>;
  /** Milliseconds. */
  readonly now: () => number;
  /** Calls back before one of the display's next frames. */
  readonly nextFrame: (then: () => void) => void;
  /** The video gets pictures from now on: the page is to uncover it with the next one, and to call `uncovered`. */
  onRun(run: number): void;
  /** The still surface is up to date: the page is to cover the video. */
  onRest(run: number): void;
}

/**
 * A surface for screens that move as a whole: runs of whole pictures go into a video, which browsers show sooner than
 * what is drawn; all else is drawn on the still surface. Both show the same whenever the page goes from one to the other.
 */
export class MotionSurface implements Surface, AsyncDisposable {
  readonly #init: MotionSurfaceInit;
  readonly #writer: WritableStreamDefaultWriter<VideoFrame>;
  #writing = 0;
  #usable = true;
  /** Whole pictures in a row, and when the last one came. */
  #wholes = 0;
  #lastAt = Number.NEGATIVE_INFINITY;
  #run = 0;
  /** `both`: the page has not uncovered the video yet. */
  #shows: "still" | "both" | "video" = "still";
  /** The page has been told to cover the video of the last run. */
  #rested: Promise<void> = Promise.resolve();
  /** What the video shows and the still surface does not. */
  #ahead: VideoFrame | undefined;

  /** Takes the stream over. */
  constructor(init: MotionSurfaceInit) {
    this.#init = init;
    this.#writer = init.video.getWriter();
    this.#writer.closed.catch(() => this.#giveUp());
  }

  get size(): Size | undefined {
    return this.#init.still.size;
  }

  resize(size: Size): void {
    this.#drop();
    if (this.#shows !== "still") this.#rest();
    this.#init.still.resize(size);
  }

  drawPicture(picture: VideoFrame, rects: readonly Rect[]): boolean {
    if (!this.#isRun(picture, rects)) {
      this.#settle();
      return this.#init.still.drawPicture(picture, rects);
    }
    if (this.#shows === "still") this.#begin();
    if (!this.#write(picture)) {
      this.#settle();
      return this.#init.still.drawPicture(picture, rects);
    }
    if (this.#shows === "both") return this.#init.still.drawPicture(picture, rects);
    this.#drop();
    this.#ahead = picture.clone();
    return true;
  }

  drawPatches(payload: Uint8Array, rects: readonly Rect[]): void {
    this.#wholes = 0;
    this.#settle();
    this.#init.still.drawPatches(payload, rects);
  }

  snapshot(): Promise<ImageBitmap | undefined> {
    this.#catchUp();
    return this.#init.still.snapshot();
  }

  /** The page shows the video of this run. */
  uncovered(run: number): void {
    if (run === this.#run && this.#shows === "both") this.#shows = "video";
  }

  /** Brings the still surface up to date at once; resolves when the page has been told to cover the video. Idempotent. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#giveUp();
    await this.#rested;
    await this.#writer.close().catch(ignore);
  }

  /** Whether a picture is the whole screen, alike in a video, and one of several in a row. */
  #isRun(picture: VideoFrame, rects: readonly Rect[]): boolean {
    const now = this.#init.now();
    const isNext = now - this.#lastAt <= RUN_PAUSE_MILLIS;
    this.#lastAt = now;
    this.#wholes = isWhole(picture, rects, this.size) ? (isNext ? this.#wholes + 1 : 1) : 0;
    if (!this.#usable || this.#wholes === 0) return false;
    return this.#shows === "video" || this.#wholes >= RUN_PICTURES;
  }

  #begin(): void {
    this.#shows = "both";
    this.#init.onRun(++this.#run);
  }

  /** Puts a picture into the video; false: it takes no more. */
  #write(picture: VideoFrame): boolean {
    const isStuck = this.#writing >= MAX_WRITING;
    const isUnseen = this.#shows === "both" && this.#wholes > MAX_COVERED_PICTURES;
    if (isStuck || isUnseen) {
      this.#giveUp();
      return false;
    }
    this.#writing++;
    this.#writer.write(picture.clone()).then(
      () => {
        this.#writing--;
      },
      () => this.#giveUp(),
    );
    return true;
  }

  #giveUp(): void {
    this.#usable = false;
    this.#settle();
  }

  /** The still surface takes over, with what the video shows on it. */
  #settle(): void {
    this.#catchUp();
    if (this.#shows !== "still") this.#rest();
  }

  /** The page covers the video only once the still surface's own picture has gone to the display. */
  #rest(): void {
    this.#shows = "still";
    const run = this.#run;
    const { nextFrame, onRest } = this.#init;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#rested = promise;
    nextFrame(() =>
      nextFrame(() => {
        onRest(run);
        resolve();
      }),
    );
  }

  #catchUp(): void {
    const { still } = this.#init;
    if (this.#ahead !== undefined && still.size !== undefined)
      still.drawPicture(this.#ahead, [{ x: 0, y: 0, ...still.size }]);
    this.#drop();
  }

  #drop(): void {
    this.#ahead?.close();
    this.#ahead = undefined;
  }
}

function isWhole(picture: VideoFrame, rects: readonly Rect[], screen: Size | undefined): boolean {
  const [rect] = rects;
  if (rects.length !== 1 || rect === undefined || screen === undefined) return false;
  if (rect.x !== 0 || rect.y !== 0) return false;
  if (rect.width !== screen.width || rect.height !== screen.height) return false;
  const { displayWidth: width, displayHeight: height } = picture;
  const fit = pictureFit({ width, height }, screen);
  // What fills the last macroblocks would be seen.
  return fit === "scaled" || (width === screen.width && height === screen.height);
}

function ignore(): void {}
