/** The sharing half: a captured and encoded screen in a thread of its own. Loads no codec into the importing thread. */
export type { ScreenChoice } from "./capture/open-capture.ts";
export type { CursorPoint, PointerShape } from "./capture/screen-capture.ts";
export { PICTURE_SCALES, type PictureScale, pictureScaleFor } from "./convert/picture-scale.ts";
export { MediaError, type MediaErrorCode } from "./media-error.ts";
export { ScreenSource, type ScreenSourceOptions } from "./source/screen-source.ts";
