import { DamageRegion } from "@wavry/media-core";
import { MAX_UPDATE_RECTS, type Micros, type Rect, UpdateCodec } from "@wavry/rift-core";
import type { CaptureEvent, Grab, ScreenCapture } from "../capture/screen-capture.ts";
import { openConverter, type PictureConverter } from "../convert/picture-converter.ts";
import {
  isFullSize,
  type PictureScale,
  partsOf,
  pictureSizeOf,
  SCALED_HALO,
} from "../convert/picture-scale.ts";
import { RateTrim } from "../encode/rate-trim.ts";
import type { EncodedPicture, VideoEncoder, VideoEncoderOptions } from "../encode/video-encoder.ts";
import { MediaError } from "../media-error.ts";
import { Credit } from "./credit.ts";
import { LossyMap } from "./lossy-map.ts";
import { buildUpdate, PATCH_MAX_RECTS, PatchWriter } from "./patch-writer.ts";
import { REFINE_AFTER_MICROS, Stillness } from "./stillness.ts";

/** Up to here patches are always tried. */
const PATCH_SURE_PIXELS = 65_536;
/** Up to here they are tried as long as they keep succeeding. */
const PATCH_MAX_PIXELS = 1 << 21;
/** A small change beside a large one is still sent as a patch. */
const PATCH_SMALL_PIXELS = 8_192;
/** Large changes that go by untried after a large patch failed. */
const LARGE_PATCH_PENALTY = 30;
/** What a patch takes of the frame credit. */
const PATCH_COST = 0.25;
/** The frame credit flows a little faster than the frame rate, so that a source at just that rate never waits. */
const CREDIT_HEADROOM = 1.05;
const CREDIT_BURST = 2;
/** Bytes that may be sent ahead of the bitrate after quiet. */
const BYTE_BURST_SECONDS = 0.1;
const KEYFRAME_INTERVAL_MICROS = 100_000;
/** Tiles that are refined at once. */
const REFINE_TILES = 8;
/** A piece of refinement takes no more of the line's time than this, so that a new change never waits long behind it. */
const REFINE_PIECE_SECONDS = 0.005;
/** Pictures without a failure after which the encoder may be opened anew once more. */
const FORGIVE_AFTER_FRAMES = 300;
const FOREVER = Number.POSITIVE_INFINITY;

/** What a pump is made of. */
export interface ScreenPumpOptions {
  readonly capture: ScreenCapture;
  readonly openEncoder: (options: VideoEncoderOptions) => Promise<VideoEncoder>;
  readonly clock: () => Micros;
  /** Index of the monitor, for the updates. */
  readonly display: number;
  readonly maxFps: number;
  readonly bitrateBps: number;
  readonly patches: boolean;
  /** Takes an update; its buffer is then the taker's. */
  readonly emit: (update: Uint8Array<ArrayBuffer>, keyframe: boolean) => void;
}

/** How the thread is to wait before the next step. */
export interface PumpPlan {
  /** Infinity: nothing is due. */
  readonly dueAt: Micros;
  readonly heedDamage: boolean;
}

/**
 * Turns the changes of a captured screen into updates. Its owner loops: `prepare` if `needsEncoder`, `plan`, wait on
 * the capture, `step`. It keeps three things apart:
 * - the image: the screen as last grabbed;
 * - the encoder's picture, perhaps scaled down: it lags behind by `#unconverted`, and every encode brings it up to date first;
 * - the client's picture: every grab is sent in the same step, as patches or as H.264 that names just its rectangles,
 *   so it lags behind only in quality, which `#lossy` keeps.
 */
export class ScreenPump implements Disposable {
  readonly #options: ScreenPumpOptions;
  readonly #capture: ScreenCapture;
  readonly #clock: () => Micros;
  readonly #converter: PictureConverter = openConverter();
  readonly #patchWriter = new PatchWriter();
  readonly #frames: Credit;
  readonly #bytes: Credit;
  #encoder: VideoEncoder | undefined;
  #encoderFps = 0;
  #unconverted: DamageRegion;
  #lossy: LossyMap;
  #maxFps: number;
  #bitrateBps: number;
  #patches: boolean;
  #scale: PictureScale = 1;
  #paused = true;
  #keyframeWanted = true;
  #keyframeAt: Micros = -KEYFRAME_INTERVAL_MICROS;
  /** Since when a change that was grabbed waits for the keyframe of another scale. */
  #unsentSince: Micros = FOREVER;
  #lastCost = 1;
  #throttled = false;
  #heldUntil: Micros = 0;
  readonly #stillness = new Stillness();
  #largePatchPenalty = 0;
  #failed = false;
  #framesSinceFailure = 0;
  readonly #trim = new RateTrim();

  constructor(options: ScreenPumpOptions) {
    this.#options = options;
    this.#capture = options.capture;
    this.#clock = options.clock;
    this.#maxFps = options.maxFps;
    this.#bitrateBps = options.bitrateBps;
    this.#patches = options.patches;
    const now = this.#clock();
    this.#frames = new Credit({
      ratePerSecond: options.maxFps * CREDIT_HEADROOM,
      capacity: CREDIT_BURST,
      now,
    });
    this.#bytes = new Credit({
      ratePerSecond: options.bitrateBps / 8,
      capacity: Math.max(32_768, (options.bitrateBps / 8) * BYTE_BURST_SECONDS),
      now,
    });
    this.#unconverted = new DamageRegion(this.#capture.size);
    this.#lossy = new LossyMap(this.#capture.size);
    this.#capture.setActive(false);
  }

  /** Whether `prepare` must be awaited before the next step. */
  get needsEncoder(): boolean {
    return this.#encoder === undefined;
  }

  /** Opens the encoder; `MediaError` where that fails, "encoder-failed" if it had worked before. */
  async prepare(): Promise<void> {
    if (this.#encoder !== undefined) return;
    const options = {
      size: pictureSizeOf(this.#capture.size, this.#scale),
      bitrateBps: this.#bitrateBps,
      frameRate: this.#maxFps,
    };
    try {
      this.#encoder = await this.#options.openEncoder(options);
    } catch (error) {
      if (this.#failed) throw encoderFailed(error);
      throw error;
    }
    this.#encoderFps = this.#maxFps;
    this.#unconverted.addScreen();
    this.#keyframeWanted = true;
  }

  /** Makes the next update a keyframe, or the one due 100 ms after the last if that was just now. */
  requestKeyframe(): void {
    this.#keyframeWanted = true;
  }

  setBitrate(bitrateBps: number): void {
    this.#bitrateBps = bitrateBps;
    this.#bytes.setRate(bitrateBps / 8, this.#clock());
    this.#applyRate();
  }

  setMaxFps(maxFps: number): void {
    this.#maxFps = maxFps;
    this.#frames.setRate(maxFps * CREDIT_HEADROOM, this.#clock());
    this.#applyRate();
  }

  /**
   * From the next picture on its sides are this part of the screen's; that picture is then a keyframe of a new encoder.
   * A screen that is shown exactly calls for no picture, nor does one that is to become coarser.
   */
  setScale(scale: PictureScale): void {
    const finer = scale > this.#scale;
    this.#scale = scale;
    if (finer && !this.#lossy.isEmpty) this.#noteLossyChange();
  }

  setPatches(patches: boolean): void {
    this.#patches = patches;
  }

  /** Sends nothing but keyframes before this time: what was sent is still under way. A time gone by ends that. */
  holdUntil(time: Micros): void {
    this.#heldUntil = time;
  }

  /** Stops capturing: nobody looks. */
  pause(): void {
    this.#paused = true;
    this.#capture.setActive(false);
  }

  /** Captures again, beginning with a keyframe. */
  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.#unsentSince = FOREVER;
    this.#keyframeWanted = true;
    this.#keyframeAt = -KEYFRAME_INTERVAL_MICROS;
    this.#capture.setActive(true);
  }

  /** Grabs, converts and codes the screen once for nobody, while it is paused: the first keyframe finds everything in use. */
  warmUp(): void {
    const encoder = this.#encoder;
    if (!this.#paused || encoder === undefined) return;
    this.#capture.setActive(true);
    this.#unconverted.addAll(this.#capture.grab().rects);
    this.#capture.setActive(false);
    try {
      this.#converter.convert(this.#capture.image, this.#unconverted.rects, encoder.picture);
      encoder.encode({ keyframe: true });
    } catch (error) {
      return this.#heedFailure(error);
    }
    this.#unconverted.clear();
  }

  /** Follows the capture to its new size; `prepare` must come next. */
  resize(): void {
    this.#capture.resize();
    this.#closeEncoder();
    this.#unconverted = new DamageRegion(this.#capture.size);
    this.#lossy = new LossyMap(this.#capture.size);
    this.#unsentSince = FOREVER;
    this.#keyframeAt = -KEYFRAME_INTERVAL_MICROS;
    this.#stillness.forget();
  }

  plan(): PumpPlan {
    if (this.#paused) return { dueAt: FOREVER, heedDamage: false };
    const now = this.#clock();
    const readyAt = this.#readyAt(now);
    this.#throttled = readyAt > now;
    let dueAt = this.#throttled ? readyAt : FOREVER;
    if (this.#keyframeWanted) dueAt = Math.min(dueAt, this.#keyframeAt + KEYFRAME_INTERVAL_MICROS);
    const improveAt = Math.min(this.#stillness.polishAt, this.#refineDueAt(now));
    dueAt = Math.min(dueAt, Math.max(improveAt, this.#heldUntil));
    return { dueAt, heedDamage: !this.#throttled };
  }

  /** Sends what is due, after a wait that ended with `event`. */
  step(event: CaptureEvent): void {
    if (this.#paused || this.#encoder === undefined) return;
    const now = this.#clock();
    const keyframe = this.#keyframeWanted && now >= this.#keyframeAt + KEYFRAME_INTERVAL_MICROS;
    const credit = this.#readyAt(now) <= now;
    if (keyframe && this.#changeScale()) return;
    if (keyframe || (credit && (event === "damage" || this.#throttled))) {
      const grab = this.#capture.grab();
      const captureMicros = this.#clock() - now;
      if (keyframe) this.#sendKeyframe(grab, captureMicros);
      else if (grab.rects.length > 0) this.#sendChange(grab, captureMicros);
      if (keyframe || grab.rects.length > 0) return;
    }
    if (now < this.#heldUntil) return;
    if (now >= this.#stillness.polishAt) this.#polish(now);
    else if (now >= this.#refineDueAt(now)) this.#refine(now);
  }

  [Symbol.dispose](): void {
    this.#closeEncoder();
    this.#converter[Symbol.dispose]();
  }

  /** When a change may be sent. */
  #readyAt(now: Micros): Micros {
    return Math.max(this.#frames.readyAt(this.#lastCost, now), this.#heldUntil);
  }

  #sendKeyframe(grab: Grab, captureMicros: Micros): void {
    const { width, height } = this.#capture.size;
    this.#unconverted.addAll(grab.rects);
    const screen = [{ x: 0, y: 0, width, height }];
    const noticedAt = Math.min(grab.noticedAt, this.#unsentSince);
    if (this.#sendPicture(screen, true, noticedAt, captureMicros) === 0) return;
    this.#unsentSince = FOREVER;
    this.#keyframeWanted = false;
    this.#keyframeAt = this.#clock();
    this.#noteLossyChange();
  }

  #sendChange(grab: Grab, captureMicros: Micros): void {
    const { rects, noticedAt } = grab;
    this.#unconverted.addAll(rects);
    if (this.#patches && this.#tryPatches(rects, noticedAt, captureMicros)) {
      this.#stillness.noteExactChange(this.#clock());
      return;
    }
    if (this.#changeScale()) {
      this.#unsentSince = Math.min(this.#unsentSince, noticedAt);
      return;
    }
    let large = rects;
    if (this.#patches && rects.length > 1) {
      const isSmall = (rect: Rect): boolean => rect.width * rect.height <= PATCH_SMALL_PIXELS;
      const small = rects.filter(isSmall).slice(0, PATCH_MAX_RECTS);
      if (
        small.length > 0 &&
        small.length < rects.length &&
        this.#sendChangedPatches(small, noticedAt, captureMicros)
      )
        large = rects.filter((rect) => !small.includes(rect));
    }
    this.#sendPicture(this.#withHalo(large), false, noticedAt, captureMicros);
    this.#noteLossyChange();
  }

  /** Sends the whole change as patches if it is of a kind that fits. */
  #tryPatches(rects: readonly Rect[], noticedAt: Micros, captureMicros: Micros): boolean {
    if (rects.length > PATCH_MAX_RECTS) return false;
    const pixels = rects.reduce((sum, { width, height }) => sum + width * height, 0);
    if (pixels > PATCH_MAX_PIXELS) return false;
    const large = pixels > PATCH_SURE_PIXELS;
    if (large && this.#largePatchPenalty > 0) {
      this.#largePatchPenalty--;
      return false;
    }
    const sent = this.#sendChangedPatches(rects, noticedAt, captureMicros);
    if (large && !sent) this.#largePatchPenalty = LARGE_PATCH_PENALTY;
    return sent;
  }

  /** Sends a change as patches, if the bitrate leaves room for them. */
  #sendChangedPatches(rects: readonly Rect[], noticedAt: Micros, captureMicros: Micros): boolean {
    const room = this.#bytes.at(this.#clock());
    if (this.#sendPatches(rects, noticedAt, captureMicros, room) === 0) return false;
    this.#spendFrame(PATCH_COST);
    return true;
  }

  /** Gives the bytes that were sent, 0 if the patches take more than `maxBytes`. */
  #sendPatches(
    rects: readonly Rect[],
    capturedAt: Micros,
    captureMicros: Micros,
    maxBytes: number,
  ): number {
    const started = this.#clock();
    const payload = this.#patchWriter.code(this.#capture.image, rects, maxBytes);
    if (payload === undefined) return 0;
    const now = this.#clock();
    const times = { captureMicros, convertMicros: 0, encodeMicros: now - started };
    const sentBytes = this.#emit(UpdateCodec.patch, false, rects, capturedAt, times, payload);
    for (const rect of rects) this.#lossy.clear(rect);
    return sentBytes;
  }

  /** Encodes the picture and sends it for `rects`; gives its bytes, 0 if the encoder failed and must be opened anew. */
  #sendPicture(
    rects: readonly Rect[],
    keyframe: boolean,
    capturedAt: Micros,
    captureMicros: Micros,
  ): number {
    const encoder = this.#encoder;
    if (encoder === undefined) return 0;
    const started = this.#clock();
    let converted = started;
    let encoded: EncodedPicture;
    try {
      this.#converter.convert(this.#capture.image, this.#unconverted.rects, encoder.picture);
      converted = this.#clock();
      const changed = partsOf(this.#unconverted.rects, this.#capture.size, encoder.picture);
      encoded = encoder.encode({ keyframe, changed });
    } catch (error) {
      this.#heedFailure(error);
      return 0;
    }
    const now = this.#clock();
    const times = {
      captureMicros,
      convertMicros: converted - started,
      encodeMicros: now - converted,
    };
    this.#unconverted.clear();
    this.#framesSinceFailure++;
    const whole = keyframe && encoded.keyframe;
    const sentBytes = this.#emit(UpdateCodec.h264, whole, rects, capturedAt, times, encoded.bytes);
    for (const rect of rects) this.#lossy.mark(rect, now);
    this.#spendFrame(1);
    const share = (encoded.bytes.length * 8 * this.#maxFps) / this.#bitrateBps;
    if (this.#trim.add(share)) this.#applyRate();
    return sentBytes;
  }

  /**
   * Closes an encoder whose picture is not of the wanted scale, unless a keyframe went out just now; `prepare` and
   * a keyframe come next.
   */
  #changeScale(): boolean {
    const picture = this.#encoder?.picture;
    if (picture === undefined) return false;
    const { width, height } = pictureSizeOf(this.#capture.size, this.#scale);
    if (picture.width === width && picture.height === height) return false;
    if (this.#clock() < this.#keyframeAt + KEYFRAME_INTERVAL_MICROS) return false;
    this.#closeEncoder();
    this.#keyframeWanted = true;
    return true;
  }

  /** Whether the encoder's picture is smaller than it may be. */
  #isCoarse(): boolean {
    const { width } = pictureSizeOf(this.#capture.size, this.#scale);
    return this.#encoder !== undefined && this.#encoder.picture.width < width;
  }

  /**
   * The rectangles, and of a scaled picture what else they changed: it mixes neighbours. Pixels that are shown exactly
   * stay so.
   */
  #withHalo(rects: readonly Rect[]): readonly Rect[] {
    const picture = this.#encoder?.picture;
    if (picture === undefined || isFullSize(picture, this.#capture.size)) return rects;
    return rects.map((rect) => this.#lossy.grow(rect, SCALED_HALO));
  }

  #spendFrame(cost: number): void {
    this.#lastCost = cost;
    this.#frames.spend(cost, this.#clock());
  }

  #emit(
    codec: UpdateCodec,
    keyframe: boolean,
    rects: readonly Rect[],
    capturedAt: Micros,
    times: { captureMicros: Micros; convertMicros: Micros; encodeMicros: Micros },
    payload: Uint8Array,
  ): number {
    const { width, height } = this.#capture.size;
    const facts = {
      display: this.#options.display,
      screen: { width, height },
      capturedAt,
      ...times,
    };
    const update = buildUpdate(facts, { codec, keyframe }, rects, payload);
    // Once emitted, the buffer is another thread's.
    const sentBytes = update.length;
    this.#bytes.spend(sentBytes, this.#clock());
    this.#options.emit(update, keyframe);
    return sentBytes;
  }

  #noteLossyChange(): void {
    this.#stillness.noteLossyChange(this.#clock(), this.#patches);
  }

  /** Sends the unchanged screen once more: with bits to spare, the encoder improves what it had to coarsen. */
  #polish(now: Micros): void {
    const rects = this.#lossy.region(MAX_UPDATE_RECTS);
    const paintedAt = this.#lossy.oldest() ?? now;
    if (rects.length === 0) {
      this.#stillness.endPolish();
      return;
    }
    if (this.#isCoarse() && this.#changeScale()) return;
    const sentBytes = this.#sendPicture(rects, false, now, 0);
    if (sentBytes === 0) return;
    // The tiles have not changed: the time of their last change still counts.
    for (const rect of rects) this.#lossy.mark(rect, paintedAt);
    this.#stillness.notePolish(now, sentBytes / (this.#bitrateBps / 8 / this.#maxFps));
  }

  #refineDueAt(now: Micros): Micros {
    if (!this.#patches) return FOREVER;
    return this.#stillness.refineDueAt(this.#lossy.oldest(), now);
  }

  /** Sends a few still tiles without loss, then leaves the line free for as long as they are to take. */
  #refine(now: Micros): void {
    const pieceBytes = (this.#bitrateBps / 8) * REFINE_PIECE_SECONDS;
    for (let tiles = REFINE_TILES; tiles >= 1; tiles >>= 1) {
      const rect = this.#lossy.nextRun(now - REFINE_AFTER_MICROS, tiles);
      if (rect === undefined) return;
      const sentBytes = this.#sendPatches([rect], now, 0, tiles === 1 ? FOREVER : pieceBytes);
      if (sentBytes === 0) continue;
      this.#stillness.noteRefinement(now, (sentBytes * 8) / this.#bitrateBps);
      return;
    }
  }

  #heedFailure(error: unknown): void {
    this.#closeEncoder();
    if (this.#failed && this.#framesSinceFailure < FORGIVE_AFTER_FRAMES) throw encoderFailed(error);
    this.#failed = true;
    this.#framesSinceFailure = 0;
    this.#keyframeWanted = true;
    this.#keyframeAt = -KEYFRAME_INTERVAL_MICROS;
  }

  /** The encoder counts in pictures: fewer of them may be larger each. */
  #applyRate(): void {
    const wanted = (this.#bitrateBps * this.#encoderFps) / this.#maxFps;
    this.#encoder?.setBitrate(wanted * this.#trim.factor);
  }

  #closeEncoder(): void {
    this.#encoder?.[Symbol.dispose]();
    this.#encoder = undefined;
  }
}

function encoderFailed(cause: unknown): MediaError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new MediaError("encoder-failed", `the video encoder failed twice: ${reason}`, { cause });
}
