import type { Rect, Size } from "@wavry/rift-core";

/** Where screen updates are painted. */
export interface Surface {
  /** The host's screen; undefined before the first picture. */
  readonly size: Size | undefined;
  /** It takes another size, and is black. */
  resize(size: Size): void;
  /** Repaints rectangles of the screen from a picture (borrowed) of it. False where the picture cannot be of this screen. */
  drawPicture(picture: VideoFrame, rects: readonly Rect[]): boolean;
  /** Draws patches (borrowed), one after another for each rectangle. Throws WireError on malformed ones. */
  drawPatches(payload: Uint8Array, rects: readonly Rect[]): void;
  /** What is shown now; the caller's. */
  snapshot(): Promise<ImageBitmap | undefined>;
}
