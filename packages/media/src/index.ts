/** Capture, convert, encode, decode and present. */

// Capturing and encoding.
export { monotonicMicros } from "./capture/clock.ts";
export { openCapture, type ScreenChoice } from "./capture/open-capture.ts";
export type {
  CaptureEvent,
  CursorNews,
  CursorPoint,
  Grab,
  PointerShape,
  ScreenCapture,
} from "./capture/screen-capture.ts";
export { SyntheticControls } from "./capture/synthetic-screen.ts";
export { Waker, type WakerHandle } from "./capture/waker.ts";
export { openConverter, type PictureConverter } from "./convert/picture-converter.ts";
export { PICTURE_SCALES, type PictureScale, pictureScaleFor } from "./convert/picture-scale.ts";
export { createScreenImage, type ScreenImage } from "./convert/screen-image.ts";
export { YuvPicture } from "./convert/yuv-picture.ts";
// Decoding and presenting.
export { H264Decoder, type H264DecoderOptions } from "./decode/h264-decoder.ts";
export { LibyuvPainter } from "./decode/libyuv-painter.ts";
export { openPainter } from "./decode/open-painter.ts";
export type { PicturePainter } from "./decode/picture-painter.ts";
export { SwscalePainter } from "./decode/swscale-painter.ts";
export type {
  ColourMatrix,
  DecodedPicture,
  PlaneLayout,
  VideoDecoder,
} from "./decode/video-decoder.ts";
export type { EncoderName } from "./encode/encoder-settings.ts";
export {
  type EncoderPreference,
  type OpenEncoderOptions,
  openEncoder,
} from "./encode/open-encoder.ts";
export type {
  EncodedPicture,
  EncodeRequest,
  VideoEncoder,
  VideoEncoderOptions,
} from "./encode/video-encoder.ts";
export { MediaError, type MediaErrorCode } from "./media-error.ts";
export { ClientWindow, type ClientWindowOptions } from "./present/client-window.ts";
export type { Framebuffer } from "./present/framebuffer.ts";
export { pictureArea } from "./present/geometry.ts";
export type { Drop } from "./present/update-applier.ts";
export { VideoPipeline, type VideoPipelineOptions } from "./present/video-pipeline.ts";
export type { Snapshot, UpdateStats } from "./present/video-protocol.ts";
export type {
  ButtonEvent,
  FocusEvent,
  InputEvent,
  KeyEvent,
  ModeEvent,
  MotionEvent,
  PointerEvent,
  WheelEvent,
} from "./present/window-events.ts";
export type { CursorShape } from "./present/window-protocol.ts";
export { ScreenSource, type ScreenSourceOptions } from "./source/screen-source.ts";
