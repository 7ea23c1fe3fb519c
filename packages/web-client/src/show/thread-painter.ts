import { sharedMicros } from "../session/clock.ts";
import { CanvasSurface } from "./canvas-surface.ts";
import { MotionSurface } from "./motion-surface.ts";
import type {
  PictureCommand,
  PictureFeed,
  PictureNews,
  PictureReport,
} from "./picture-messages.ts";
import type { Surface } from "./surface.ts";
import { type ShownUpdate, UpdatePainter } from "./update-painter.ts";

const FRAME_MILLIS = 17;
/** Failures of the decoder without a picture in between after which this browser is taken as unable. */
const MAX_DECODER_FAILURES = 5;
/** Updates that were taken or shown without the session having been told, at most, and for how long: it is woken seldom. */
const MAX_UNTOLD = 8;
const UNTOLD_MILLIS = 250;

/** Shows what a session receives, in a thread of its own: whatever it takes, the session's thread is free for input. */
export class ThreadPainter implements Disposable {
  readonly #report: (report: PictureReport, transfer?: Transferable[]) => void;
  readonly #updates: MessagePort;
  readonly #surface: Surface;
  /** The surface, where there is a video. */
  readonly #motion: MotionSurface | undefined;
  readonly #painter: UpdatePainter;
  #taken = 0;
  #told = 0;
  #shown: ShownUpdate[] = [];
  #telling: ReturnType<typeof setTimeout> | undefined;
  #decoderFailures = 0;
  #stopped = false;

  /** Takes the stage and the port over. */
  constructor(
    { stage, updates }: Extract<PictureCommand, { type: "start" }>,
    report: (report: PictureReport, transfer?: Transferable[]) => void,
  ) {
    this.#report = report;
    this.#updates = updates;
    const { canvas, video } = stage;
    const still = new CanvasSurface(canvas);
    this.#motion =
      video &&
      new MotionSurface({
        ...{ still, video, now: () => performance.now(), nextFrame },
        onRun: (run) => report({ type: "motion-begins", run }),
        onRest: (run) => report({ type: "motion-rests", run }),
      });
    this.#surface = this.#motion ?? still;
    this.#painter = new UpdatePainter({
      surface: this.#surface,
      now: sharedMicros,
      onKeyframeNeeded: () => this.#tell({ keyframe: true }),
      onScreenSize: (size) => report({ type: "screen", ...size }),
      onShown: (update) => {
        this.#decoderFailures = 0;
        this.#shown.push(update);
        this.#tellSoon();
      },
      onDecoderFailed: (error) => this.#onDecoderFailed(error),
    });
    updates.onmessage = ({ data }: MessageEvent<PictureFeed>) => this.#take(data);
  }

  /** Does what the page says. */
  handle(command: PictureCommand): void {
    if (this.#stopped) return;
    switch (command.type) {
      case "start":
        return;
      case "snapshot":
        void this.#snapshot(command.request);
        return;
      case "motion-shown":
        return this.#motion?.uncovered(command.run);
      case "stop":
        return this.#stop();
    }
  }

  [Symbol.dispose](): void {
    this.#stop();
  }

  #take(feed: PictureFeed): void {
    if (feed.type === "reset") return this.#painter.reset();
    this.#taken++;
    this.#painter.push(feed.bytes, feed.contiguous);
    this.#tellSoon();
  }

  #tellSoon(): void {
    if (Math.max(this.#taken - this.#told, this.#shown.length) >= MAX_UNTOLD) this.#tell();
    else this.#telling ??= setTimeout(() => this.#tell(), UNTOLD_MILLIS);
  }

  #tell({ keyframe = false } = {}): void {
    clearTimeout(this.#telling);
    this.#telling = undefined;
    const news: PictureNews = { taken: this.#taken, shown: this.#shown, keyframe };
    this.#told = this.#taken;
    this.#shown = [];
    this.#updates.postMessage(news);
  }

  #onDecoderFailed(error: unknown): void {
    if (++this.#decoderFailures !== MAX_DECODER_FAILURES) return;
    this.#report({ type: "undecodable", message: (error as Error).message });
  }

  async #snapshot(request: number): Promise<void> {
    const picture = await this.#surface.snapshot();
    this.#report({ type: "snapshot", request, picture }, picture === undefined ? [] : [picture]);
  }

  #stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    clearTimeout(this.#telling);
    this.#updates.onmessage = null;
    this.#updates.close();
    this.#painter[Symbol.dispose]();
    const covered = this.#motion?.[Symbol.asyncDispose]();
    void Promise.allSettled([covered]).then(() => this.#report({ type: "stopped" }));
  }
}

/** Not every browser's workers know the display's frames. */
function nextFrame(then: () => void): void {
  if ("requestAnimationFrame" in globalThis) requestAnimationFrame(then);
  else setTimeout(then, FRAME_MILLIS);
}
