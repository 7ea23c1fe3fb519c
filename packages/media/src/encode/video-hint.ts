import type { Rect } from "@wavry/rift-core";
import { AV_FRAME_DATA_VIDEO_HINT, AV_VIDEO_HINT_TYPE_CHANGED } from "node-av/constants";
import type { Frame } from "node-av/lib";

const HEADER_BYTES = 32;
const RECT_BYTES = 16;

/**
 * Tells the encoder which parts of a frame changed (AVVideoHint of libavutil/video_hint.h, on a 64-bit machine:
 * size_t count, offset, rectangle size; int type; then x, y, width, height as uint32 each).
 */
export function attachChangedHint(frame: Frame, rects: readonly Rect[]): void {
  removeHint(frame);
  const hint = frame.newSideData(
    AV_FRAME_DATA_VIDEO_HINT,
    HEADER_BYTES + RECT_BYTES * rects.length,
  );
  hint.fill(0);
  hint.writeUInt32LE(rects.length, 0);
  hint.writeUInt32LE(HEADER_BYTES, 8);
  hint.writeUInt32LE(RECT_BYTES, 16);
  hint.writeUInt32LE(AV_VIDEO_HINT_TYPE_CHANGED, 24);
  let at = HEADER_BYTES;
  for (const { x, y, width, height } of rects) {
    hint.writeUInt32LE(x, at);
    hint.writeUInt32LE(y, at + 4);
    hint.writeUInt32LE(width, at + 8);
    hint.writeUInt32LE(height, at + 12);
    at += RECT_BYTES;
  }
}

/** Takes the hint away: anything may have changed. */
export function removeHint(frame: Frame): void {
  frame.removeSideData(AV_FRAME_DATA_VIDEO_HINT);
}
