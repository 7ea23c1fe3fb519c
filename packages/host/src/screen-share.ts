import {
  type MediaError,
  type PictureScale,
  type PointerShape,
  pictureScaleFor,
  ScreenSource,
} from "@wavry/media/share";
import type { CursorPosition, Micros, Size } from "@wavry/rift-core";
import { monotonicMicros } from "@wavry/rift-udp";

/** The video's rate where neither host nor viewer asks for another: good text and motion at 1080p60 on a LAN. */
export const DEFAULT_BITRATE_BPS = 20_000_000;

/** The encoder is told of a rate that differs by more than this share. */
const RATE_STEP = 0.02;

/** Someone who watches a shared screen. All arguments are borrowed until the call returns. */
export interface Viewer {
  /** Whether lossless patches are understood. */
  readonly patches: boolean;
  /** The most that this viewer's video may take, by its wish and by its path, in bits a second; undefined: no limit. */
  readonly maxBitrateBps: number | undefined;
  readonly maxFps: number | undefined;
  /** What its path leaves of the sides of a picture, 0 to 1: 1 is the screen's own size. */
  readonly scale: number;
  /** From when on its path has room for another frame. */
  nextFrameAt(now: Micros): Micros;
  onUpdate(update: Uint8Array): void;
  onCursorShape(id: number, shape: PointerShape): void;
  onCursorPosition(position: CursorPosition): void;
  onResized(size: Size): void;
}

/** What a share is made with. */
export interface ScreenShareOptions {
  readonly display: string | undefined;
  readonly bitrateBps: number;
  readonly maxFps: number;
  onResized(size: Size): void;
  /** The source ended and cannot go on. */
  onEnded(error: MediaError): void;
}

/**
 * One monitor's source and all who watch it. Nothing is captured while nobody does.
 * All viewers get the same encoded updates; a newcomer waits for a keyframe, which is asked for at once.
 */
export class ScreenShare implements AsyncDisposable {
  readonly #source: ScreenSource;
  readonly #options: ScreenShareOptions;
  readonly #viewers = new Map<Viewer, { needsKeyframe: boolean }>();
  #cursor: { id: number; shape: PointerShape } | undefined;
  #position: CursorPosition | undefined;
  #nextShapeId = 1;
  #bitrateBps: number;
  #maxFps: number;
  #scale: PictureScale = 1;
  #patches = true;
  #held = false;

  private constructor(source: ScreenSource, options: ScreenShareOptions) {
    this.#source = source;
    this.#options = options;
    this.#bitrateBps = options.bitrateBps;
    this.#maxFps = options.maxFps;
    source.onUpdate = (update, keyframe) => this.#forward(update, keyframe);
    source.onCursorShape = (shape) => this.#setCursor(shape);
    source.onCursorPosition = (point) => this.#moveCursor(point.x, point.y);
    source.onResized = (size) => this.#resized(size);
    source.onClosed = (error) => options.onEnded(error);
  }

  /** Opens the display and its encoder, and waits for viewers; MediaError if that is not possible. */
  static async start(options: ScreenShareOptions): Promise<ScreenShare> {
    const { display, bitrateBps, maxFps } = options;
    const source = await ScreenSource.start({
      maxFps,
      bitrateBps,
      ...(display !== undefined && { screen: { kind: "x11", display } }),
    });
    return new ScreenShare(source, options);
  }

  /** The monitor's size in pixels now. */
  get size(): Size {
    return this.#source.size;
  }

  add(viewer: Viewer): void {
    this.#viewers.set(viewer, { needsKeyframe: true });
    this.applyWishes();
    if (this.#viewers.size === 1) this.#source.resume();
    this.#source.requestKeyframe();
    if (this.#cursor !== undefined) viewer.onCursorShape(this.#cursor.id, this.#cursor.shape);
    if (this.#position !== undefined) viewer.onCursorPosition(this.#position);
  }

  remove(viewer: Viewer): void {
    if (!this.#viewers.delete(viewer)) return;
    if (this.#viewers.size === 0) this.#source.pause();
    else this.applyWishes();
  }

  /** Somebody is about to watch: the first picture comes sooner. Where others watch already, there is nothing to do. */
  warmUp(): void {
    if (this.#viewers.size === 0) this.#source.warmUp();
  }

  requestKeyframe(): void {
    this.#source.requestKeyframe();
  }

  /** One encoder serves everybody: the most modest wish and the narrowest path count. */
  applyWishes(): void {
    let { bitrateBps, maxFps } = this.#options;
    let scale = 1;
    let patches = true;
    for (const viewer of this.#viewers.keys()) {
      bitrateBps = Math.min(bitrateBps, viewer.maxBitrateBps ?? bitrateBps);
      maxFps = Math.min(maxFps, viewer.maxFps ?? maxFps);
      scale = Math.min(scale, viewer.scale);
      patches &&= viewer.patches;
    }
    if (Math.abs(bitrateBps - this.#bitrateBps) > RATE_STEP * this.#bitrateBps) {
      this.#bitrateBps = bitrateBps;
      this.#source.setBitrate(bitrateBps);
    }
    if (maxFps !== this.#maxFps) {
      this.#maxFps = maxFps;
      this.#source.setMaxFps(maxFps);
    }
    const pictureScale = pictureScaleFor(scale);
    if (pictureScale !== this.#scale) {
      this.#scale = pictureScale;
      this.#source.setScale(pictureScale);
    }
    if (patches !== this.#patches) {
      this.#patches = patches;
      this.#source.setPatches(patches);
    }
  }

  /** A viewer's path gives more or less room: follows it, and lets the next frame wait where it would only queue. */
  followPaths(): void {
    this.applyWishes();
    const now = monotonicMicros();
    let until = now;
    for (const viewer of this.#viewers.keys()) until = Math.max(until, viewer.nextFrameAt(now));
    if (until <= now && !this.#held) return;
    this.#held = until > now;
    this.#source.holdUntil(until);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#viewers.clear();
    await this.#source[Symbol.asyncDispose]();
  }

  #forward(update: Uint8Array, keyframe: boolean): void {
    for (const [viewer, state] of this.#viewers) {
      if (state.needsKeyframe && !keyframe) continue;
      state.needsKeyframe = false;
      viewer.onUpdate(update);
    }
    this.followPaths();
  }

  #setCursor(shape: PointerShape): void {
    this.#cursor = { id: this.#nextShapeId++, shape };
    for (const viewer of this.#viewers.keys()) viewer.onCursorShape(this.#cursor.id, shape);
  }

  #moveCursor(x: number, y: number): void {
    this.#position = { display: 0, x, y, visible: true, shapeId: this.#cursor?.id ?? 0 };
    for (const viewer of this.#viewers.keys()) viewer.onCursorPosition(this.#position);
  }

  #resized(size: Size): void {
    this.#options.onResized(size);
    for (const viewer of this.#viewers.keys()) viewer.onResized(size);
  }
}
