import { PatchEncoder, type PixelImage } from "@wavry/media-core";
import {
  type Rect,
  type ScreenUpdate,
  screenUpdateHeaderBytes,
  type UpdateCodec,
  writeScreenUpdateHeader,
} from "@wavry/rift-core";

/** The most bytes of patches in one update. */
export const PATCH_MAX_BYTES = 24_576;
/** The most rectangles in one update of patches. */
export const PATCH_MAX_RECTS = 8;

/** What the header of an update says besides its codec, rectangles and payload. */
export type UpdateFacts = Omit<ScreenUpdate, "codec" | "rects" | "payload" | "keyframe">;

/** Codes rectangles as patches and builds updates out of them. */
export class PatchWriter {
  readonly #encoder = new PatchEncoder();
  readonly #scratch = new Uint8Array(PATCH_MAX_BYTES);

  /** The patches' bytes (borrowed until the next call), or undefined where they take more than `maxBytes`. */
  code(image: PixelImage, rects: readonly Rect[], maxBytes: number): Uint8Array | undefined {
    const limit = Math.min(maxBytes, PATCH_MAX_BYTES);
    let end = 0;
    for (const rect of rects) {
      end = this.#encoder.encode(image, rect, this.#scratch, end, limit);
      if (end < 0) return undefined;
    }
    return this.#scratch.subarray(0, end);
  }
}

/** A whole update in an ArrayBuffer of its own; owned by the caller. */
export function buildUpdate(
  facts: UpdateFacts,
  kind: { codec: UpdateCodec; keyframe: boolean },
  rects: readonly Rect[],
  payload: Uint8Array,
): Uint8Array<ArrayBuffer> {
  const headerBytes = screenUpdateHeaderBytes(rects.length);
  const update = new Uint8Array(headerBytes + payload.length);
  writeScreenUpdateHeader(update, 0, { ...facts, ...kind, rects });
  update.set(payload, headerBytes);
  return update;
}
