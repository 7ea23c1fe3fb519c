import { needBytes, readU16, readU32, readU64, writeU16, writeU32, writeU64 } from "./bytes.ts";
import type { Rect, Size } from "./geometry.ts";
import type { Micros } from "./micros.ts";
import { WireError } from "./wire-error.ts";

/** How the payload of a screen update is coded. AV1 goes only to a client whose `Hello` names it. */
export const UpdateCodec = { h264: 1, patch: 2, av1: 3 } as const;
export type UpdateCodec = (typeof UpdateCodec)[keyof typeof UpdateCodec];

/** The most rectangles of one update. */
export const MAX_UPDATE_RECTS = 64;

/** One change of a display's picture (spec/rift.md §6). */
export interface ScreenUpdate {
  readonly codec: UpdateCodec;
  /** The whole screen, decodable without anything before it. */
  readonly keyframe: boolean;
  /** Index of the monitor, 0..255. */
  readonly display: number;
  /** The whole display in pixels, 1..65535 each. */
  readonly screen: Size;
  /** What this update repaints: 1..64 non-empty rectangles inside `screen`. */
  readonly rects: readonly Rect[];
  /** Host clock when the damage was noticed. */
  readonly capturedAt: Micros;
  readonly captureMicros: number;
  readonly convertMicros: number;
  readonly encodeMicros: number;
  /**
   * Annex B H.264 access unit; or the patches' bytes one after another in the order of `rects`; or an AV1 temporal unit in the
   * low-overhead format (AV1 §5).
   */
  readonly payload: Uint8Array;
}

const KNOWN_CODECS: ReadonlySet<number> = new Set(Object.values(UpdateCodec));
const FIXED_BYTES = 28;
const RECT_BYTES = 8;
const FLAG_KEYFRAME = 0x01;
const MAX_U32 = 0xffff_ffff;

/** Bytes of the header of an update with `rectCount` rectangles. */
export function screenUpdateHeaderBytes(rectCount: number): number {
  return FIXED_BYTES + rectCount * RECT_BYTES;
}

/**
 * Writes everything but the payload, which follows directly; returns the offset after it. Throws
 * RangeError where a value does not fit.
 *
 *     | codec  | flags  | display| rects  |   flags: bit 0 keyframe, others zero
 *     |  screen width   | screen height   |
 *     |       captured at (64 bits)       |
 *     |          capture micros           |
 *     |          convert micros           |
 *     |          encode micros            |
 *     |   x    |   y    | width  | height |   16 bits each, once a rectangle
 *     | payload …
 */
export function writeScreenUpdateHeader(
  out: Uint8Array,
  offset: number,
  update: Omit<ScreenUpdate, "payload">,
): number {
  const { screen, rects } = update;
  if (out.length - offset < screenUpdateHeaderBytes(rects.length))
    throw new RangeError("the buffer is too short for the header");
  const problem = findProblem(update.codec, screen, rects);
  if (problem !== undefined) throw new RangeError(problem);
  out[offset] = update.codec;
  out[offset + 1] = update.keyframe ? FLAG_KEYFRAME : 0;
  out[offset + 2] = update.display;
  out[offset + 3] = rects.length;
  let at = writeU16(out, offset + 4, screen.width);
  at = writeU16(out, at, screen.height);
  at = writeU64(out, at, update.capturedAt);
  at = writeU32(out, at, Math.min(update.captureMicros, MAX_U32));
  at = writeU32(out, at, Math.min(update.convertMicros, MAX_U32));
  at = writeU32(out, at, Math.min(update.encodeMicros, MAX_U32));
  for (const rect of rects) {
    at = writeU16(out, at, rect.x);
    at = writeU16(out, at, rect.y);
    at = writeU16(out, at, rect.width);
    at = writeU16(out, at, rect.height);
  }
  return at;
}

/** Reads an update; `payload` is a borrowed view of `bytes`. Throws WireError on anything wrong. */
export function readScreenUpdate(bytes: Uint8Array): ScreenUpdate {
  needBytes(bytes, 0, FIXED_BYTES, "a screen update");
  const codec = bytes[0] as UpdateCodec;
  const flags = bytes[1]!;
  const rectCount = bytes[3]!;
  needBytes(bytes, FIXED_BYTES, rectCount * RECT_BYTES, "a screen update");
  const screen: Size = { width: readU16(bytes, 4), height: readU16(bytes, 6) };
  const rects: Rect[] = [];
  for (let i = 0; i < rectCount; i++) {
    const at = FIXED_BYTES + i * RECT_BYTES;
    rects.push({
      x: readU16(bytes, at),
      y: readU16(bytes, at + 2),
      width: readU16(bytes, at + 4),
      height: readU16(bytes, at + 6),
    });
  }
  const problem = findProblem(codec, screen, rects);
  if (problem !== undefined) throw new WireError("malformed", problem);
  const keyframe = (flags & FLAG_KEYFRAME) !== 0;
  if (keyframe && !rects.some((rect) => covers(rect, screen)))
    throw new WireError("malformed", "a keyframe that leaves a part of the screen out");
  return {
    codec,
    keyframe,
    display: bytes[2]!,
    screen,
    rects,
    capturedAt: readU64(bytes, 8),
    captureMicros: readU32(bytes, 16),
    convertMicros: readU32(bytes, 20),
    encodeMicros: readU32(bytes, 24),
    payload: bytes.subarray(screenUpdateHeaderBytes(rectCount)),
  };
}

/** True where the flags of an update that `readScreenUpdate` would accept say keyframe. */
export function isKeyframe(update: Uint8Array): boolean {
  return update.length >= FIXED_BYTES && (update[1]! & FLAG_KEYFRAME) !== 0;
}

function findProblem(codec: number, screen: Size, rects: readonly Rect[]): string | undefined {
  if (!KNOWN_CODECS.has(codec)) return "an unknown update codec";
  if (screen.width < 1 || screen.height < 1) return "a screen without pixels";
  if (screen.width > 0xffff || screen.height > 0xffff) return "a screen is too large";
  if (rects.length < 1 || rects.length > MAX_UPDATE_RECTS) return "too few or too many rectangles";
  for (const { x, y, width, height } of rects) {
    if (width < 1 || height < 1) return "an empty rectangle";
    if (x < 0 || y < 0 || x + width > screen.width || y + height > screen.height)
      return "a rectangle outside the screen";
  }
  return undefined;
}

function covers(rect: Rect, { width, height }: Size): boolean {
  return rect.x === 0 && rect.y === 0 && rect.width === width && rect.height === height;
}
