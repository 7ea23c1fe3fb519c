import {
  type Micros,
  readScreenUpdate,
  type ScreenUpdate,
  type Size,
  UpdateCodec,
} from "@wavry/rift-core";
import { type PictureCodec, PictureDecoder } from "./picture-decoder.ts";
import type { Surface } from "./surface.ts";

/** The longest side of a screen that is shown (spec/rift.md §6). */
const MAX_SCREEN_SIDE = 8192;
/** Updates that wait for the decoder, at most; a browser that is slower starts anew with a keyframe. */
const MAX_PENDING = 24;

const PICTURES: Readonly<Record<UpdateCodec, PictureCodec | undefined>> = {
  [UpdateCodec.h264]: "h264",
  [UpdateCodec.patch]: undefined,
  [UpdateCodec.av1]: "av1",
};

/** When an update was shown. */
export interface ShownUpdate {
  /** Host's clock. */
  readonly capturedAt: Micros;
  /** Our clock: drawn. */
  readonly shownAt: Micros;
  readonly decodeMicros: Micros;
}

/** What a painter works with and tells. */
export interface UpdatePainterInit {
  readonly surface: Omit<Surface, "snapshot">;
  readonly now: () => Micros;
  /** The host must be asked for a keyframe. */
  onKeyframeNeeded(): void;
  onScreenSize(size: Size): void;
  onShown(update: ShownUpdate): void;
  /** The decoder failed; it starts anew with the next keyframe. */
  onDecoderFailed?(error: unknown): void;
}

/** An update that waits for its picture, or for those before it. */
interface Pending {
  readonly id: number;
  readonly update: ScreenUpdate;
  readonly pushedAt: Micros;
  picture: VideoFrame | undefined;
  /** Its picture will not come. */
  lost: boolean;
}

/**
 * Paints screen updates in their order. Patches stand alone; pictures of H.264 or AV1 build on each other, so after a loss they
 * are dropped until a keyframe, which may change the codec. A change of the screen's size must be told by a keyframe first. No
 * bytes make it throw.
 */
export class UpdatePainter implements Disposable {
  readonly #init: UpdatePainterInit;
  readonly #decoder: PictureDecoder;
  #pending: Pending[] = [];
  #nextId = 1;
  /** What pictures can build on: those of this codec since its last keyframe. Undefined after a loss. */
  #chain: PictureCodec | undefined;
  /** As the last keyframe told it, which may not be painted yet. */
  #screen: Size | undefined;
  #dropped = 0;

  constructor(init: UpdatePainterInit) {
    this.#init = init;
    this.#decoder = new PictureDecoder({
      onPicture: (picture, id) => this.#onPicture(picture, id),
      onFailed: (error) => this.#onFailed(error),
    });
  }

  /** Updates that were not painted. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Takes an update (borrowed); `contiguous` is false where one before it was lost. */
  push(bytes: Uint8Array, contiguous: boolean): void {
    if (!contiguous) this.#chain = undefined;
    let update: ScreenUpdate;
    try {
      update = readScreenUpdate(bytes);
    } catch {
      return this.#drop();
    }
    const codec = PICTURES[update.codec];
    const isKeyframe = update.keyframe && codec !== undefined;
    if (!isKeyframe && !sameSize(this.#screen, update.screen)) return this.#drop();
    if (codec === undefined) return this.#takePatches(update, contiguous);
    if (!isKeyframe && this.#chain !== codec) return this.#drop();
    this.#takePicture(update, codec, isKeyframe);
  }

  /** Forgets what waits; the next picture must be a keyframe. For another connection. */
  reset(): void {
    this.#chain = undefined;
    this.#decoder.reset();
    for (const { picture } of this.#pending) picture?.close();
    this.#pending = [];
  }

  [Symbol.dispose](): void {
    this.reset();
  }

  #drop(): void {
    this.#dropped++;
    this.#chain = undefined;
    this.#init.onKeyframeNeeded();
  }

  #takePatches(update: ScreenUpdate, contiguous: boolean): void {
    if (!contiguous) this.#init.onKeyframeNeeded();
    const pushedAt = this.#init.now();
    if (this.#pending.length === 0) return this.#paintPatches(update, pushedAt);
    if (this.#pending.length >= MAX_PENDING) {
      this.reset();
      return this.#drop();
    }
    // The bytes are borrowed, and pictures before this update are not decoded yet.
    const kept = { ...update, payload: update.payload.slice() };
    this.#pending.push({ id: 0, update: kept, pushedAt, picture: undefined, lost: false });
  }

  #takePicture(update: ScreenUpdate, codec: PictureCodec, isKeyframe: boolean): void {
    const { screen } = update;
    if (screen.width > MAX_SCREEN_SIDE || screen.height > MAX_SCREEN_SIDE) return this.#drop();
    if (this.#pending.length >= MAX_PENDING) {
      this.reset();
      if (!isKeyframe) return this.#drop();
    }
    const id = this.#nextId++;
    const entry = { id, update, pushedAt: this.#init.now(), picture: undefined, lost: false };
    this.#pending.push(entry);
    if (isKeyframe) {
      this.#screen = screen;
      this.#chain = codec;
    }
    try {
      this.#decoder.decode(codec, update.payload, id, isKeyframe);
    } catch (error) {
      // A parameter set or sequence header that cannot be read.
      this.#onFailed(error);
    }
  }

  #onPicture(picture: VideoFrame, id: number): void {
    const index = this.#pending.findIndex((entry) => entry.id === id);
    const entry = this.#pending[index];
    if (entry === undefined) return picture.close();
    entry.picture = picture;
    for (const before of this.#pending.slice(0, index))
      if (before.id !== 0 && before.picture === undefined) before.lost = true;
    this.#paintReady();
  }

  #onFailed(error: unknown): void {
    this.#chain = undefined;
    for (const entry of this.#pending)
      if (entry.id !== 0 && entry.picture === undefined) entry.lost = true;
    this.#paintReady();
    this.#init.onDecoderFailed?.(error);
    this.#init.onKeyframeNeeded();
  }

  #paintReady(): void {
    for (;;) {
      const entry = this.#pending[0];
      if (entry === undefined) return;
      const { id, update, picture, pushedAt, lost } = entry;
      if (id !== 0 && picture === undefined && !lost) return;
      this.#pending.shift();
      if (id === 0) this.#paintPatches(update, pushedAt);
      else if (picture === undefined) this.#dropped++;
      else this.#paintPicture(update, picture, pushedAt);
    }
  }

  #paintPicture(update: ScreenUpdate, picture: VideoFrame, pushedAt: Micros): void {
    const { surface, now, onScreenSize } = this.#init;
    const decodeMicros = now() - pushedAt;
    try {
      if (update.keyframe && !sameSize(surface.size, update.screen)) {
        surface.resize(update.screen);
        onScreenSize(update.screen);
      }
      if (!sameSize(surface.size, update.screen) || !surface.drawPicture(picture, update.rects))
        return this.#drop();
    } finally {
      picture.close();
    }
    this.#shown(update, decodeMicros);
  }

  #paintPatches(update: ScreenUpdate, pushedAt: Micros): void {
    const { surface, now } = this.#init;
    if (!sameSize(surface.size, update.screen)) return this.#drop();
    try {
      surface.drawPatches(update.payload, update.rects);
    } catch {
      // Its rectangle may hold half a patch; a keyframe repairs it.
      return this.#drop();
    }
    this.#shown(update, now() - pushedAt);
  }

  #shown({ capturedAt }: ScreenUpdate, decodeMicros: Micros): void {
    this.#init.onShown({ capturedAt, shownAt: this.#init.now(), decodeMicros });
  }
}

function sameSize(a: Size | undefined, b: Size): boolean {
  return a !== undefined && a.width === b.width && a.height === b.height;
}
