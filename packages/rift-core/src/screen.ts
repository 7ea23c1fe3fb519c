/** Screen updates: a part of the whole (`index.ts`) for threads that take updates apart and nothing else, as it loads faster. */
export type { Rect, Size } from "./geometry.ts";
export type { Micros } from "./micros.ts";
export {
  isKeyframe,
  MAX_UPDATE_RECTS,
  readScreenUpdate,
  type ScreenUpdate,
  screenUpdateHeaderBytes,
  UpdateCodec,
  writeScreenUpdateHeader,
} from "./screen-update.ts";
export { MAX_UPDATE_BYTES } from "./video-fragment.ts";
export { WireError, type WireErrorCode } from "./wire-error.ts";
