import { PatchDecoder, pictureFit } from "@wavry/media-core";
import {
  type Micros,
  type Rect,
  readScreenUpdate,
  type ScreenUpdate,
  type Size,
  UpdateCodec,
} from "@wavry/rift-core/screen";
import { MAX_SIDE } from "../decode/h264-decoder.ts";
import type { PicturePainter } from "../decode/picture-painter.ts";
import type { DecodedPicture, VideoDecoder } from "../decode/video-decoder.ts";
import { MediaError } from "../media-error.ts";
import type { Presenter } from "./presenter.ts";

/** What `UpdateApplier` works with; it disposes none of them. */
export interface UpdateApplierParts {
  readonly decoder: VideoDecoder;
  readonly painter: PicturePainter;
  readonly presenter: Pick<Presenter, "framebuffer" | "resizePicture">;
  readonly now: () => Micros;
}

/** What became of one update. */
export interface AppliedUpdate {
  /** The update's head, or undefined if it was not valid at all. */
  readonly update: Omit<ScreenUpdate, "payload"> | undefined;
  /** What was painted and must be shown; empty if the update was dropped. */
  readonly rects: readonly Rect[];
  /** Whether the host must be asked for a keyframe. */
  readonly keyframeNeeded: boolean;
  /** Why it was dropped, if it was. */
  readonly dropped: Drop | undefined;
  readonly decodeMicros: number;
  readonly convertMicros: number;
}

/**
 * Why an update was dropped: after a loss, before the first keyframe or after a change of size; its bytes are bad; or
 * its picture and its screen do not belong together (`pictureFit`), or are too large.
 */
export type Drop = "waiting-for-keyframe" | "bad-data" | "bad-size";

/**
 * Applies screen updates to a framebuffer, in order. The rules: H.264 pictures build on each other, so after a loss they
 * are dropped until a keyframe; patches stand alone and always apply, unless the screen's size has changed, which
 * a keyframe must tell first. No bytes can make it throw; a display that goes away can.
 */
export class UpdateApplier {
  readonly #parts: UpdateApplierParts;
  readonly #patches = new PatchDecoder();
  #chainWhole = false;
  #screen: Size | undefined;

  constructor(parts: UpdateApplierParts) {
    this.#parts = parts;
  }

  /** Size of the host's screen as the last keyframe told it. */
  get screen(): Size | undefined {
    return this.#screen;
  }

  /** Applies one update (borrowed); `contiguous` is false if one before it was lost. */
  apply(bytes: Uint8Array, contiguous: boolean): AppliedUpdate {
    if (!contiguous) this.#chainWhole = false;
    let update: ScreenUpdate;
    try {
      update = readScreenUpdate(bytes);
    } catch {
      this.#chainWhole = false;
      return nothing(undefined, "bad-data", true);
    }
    // Only for clients that ask for it, which this one does not: no host may send it here.
    if (update.codec === UpdateCodec.av1) {
      this.#chainWhole = false;
      return nothing(undefined, "bad-data", true);
    }
    const isKeyframe = update.keyframe && update.codec === UpdateCodec.h264;
    const sizeKnown =
      this.#screen?.width === update.screen.width && this.#screen.height === update.screen.height;
    if (!sizeKnown && !isKeyframe) {
      this.#chainWhole = false;
      return nothing(update, "waiting-for-keyframe", true);
    }
    if (update.codec === UpdateCodec.patch) return this.#applyPatch(update, !contiguous);
    if (!this.#chainWhole && !isKeyframe) return nothing(update, "waiting-for-keyframe", true);
    return this.#applyH264(update, isKeyframe);
  }

  #applyPatch(update: ScreenUpdate, keyframeNeeded: boolean): AppliedUpdate {
    const { framebuffer } = this.#parts.presenter;
    const start = this.#parts.now();
    const painted: Rect[] = [];
    let offset = 0;
    try {
      for (const rect of update.rects) {
        painted.push(rect);
        offset = this.#patches.decode(update.payload, offset, framebuffer, rect);
      }
    } catch {
      // The rectangle holds half a patch now; only a keyframe repairs it.
      this.#chainWhole = false;
      return { ...nothing(update, "bad-data", true), rects: painted };
    }
    return {
      update: headOf(update),
      rects: painted,
      keyframeNeeded,
      dropped: undefined,
      decodeMicros: this.#parts.now() - start,
      convertMicros: 0,
    };
  }

  #applyH264(update: ScreenUpdate, isKeyframe: boolean): AppliedUpdate {
    const { decoder, painter, presenter, now } = this.#parts;
    const { screen } = update;
    const start = now();
    let picture: DecodedPicture;
    try {
      if (isKeyframe && !this.#chainWhole) decoder.reset();
      picture = decoder.decode(update.payload);
    } catch {
      this.#chainWhole = false;
      return nothing(update, "bad-data", true);
    }
    const decoded = now();
    const tooLarge = screen.width > MAX_SIDE || screen.height > MAX_SIDE;
    if (tooLarge || pictureFit(picture, screen) === undefined) {
      this.#chainWhole = false;
      return nothing(update, "bad-size", true);
    }
    if (this.#screen?.width !== screen.width || this.#screen.height !== screen.height) {
      presenter.resizePicture(screen);
      this.#screen = screen;
    }
    try {
      painter.paint(picture, update.rects, presenter.framebuffer);
    } catch (error) {
      // The peer chose the sizes that the converter may refuse.
      if (!(error instanceof MediaError)) throw error;
      this.#chainWhole = false;
      return nothing(update, "bad-size", true);
    }
    this.#chainWhole = true;
    return {
      update: headOf(update),
      rects: update.rects,
      keyframeNeeded: false,
      dropped: undefined,
      decodeMicros: decoded - start,
      convertMicros: now() - decoded,
    };
  }
}

function headOf(update: ScreenUpdate): Omit<ScreenUpdate, "payload"> {
  const { payload: _, ...head } = update;
  return head;
}

function nothing(
  update: ScreenUpdate | undefined,
  dropped: Drop,
  keyframeNeeded: boolean,
): AppliedUpdate {
  return {
    update: update === undefined ? undefined : headOf(update),
    rects: [],
    keyframeNeeded,
    dropped,
    decodeMicros: 0,
    convertMicros: 0,
  };
}
