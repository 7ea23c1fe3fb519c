import { AV_PIX_FMT_NV12, AV_PIX_FMT_YUV420P, SWS_FAST_BILINEAR } from "node-av/constants";
import {
  type CodecContext,
  FFmpegError,
  Frame,
  HardwareDeviceContext,
  HardwareFramesContext,
  SoftwareScaleContext,
} from "node-av/lib";
import type { YuvPicture } from "../convert/yuv-picture.ts";
import { MediaError } from "../media-error.ts";
import type { EncoderSettings } from "./encoder-settings.ts";

/** Turns the I420 picture into what a hardware encoder takes: NV12, and a surface of its device. Unverified. */
export class FrameUpload implements Disposable {
  readonly #scale = new SoftwareScaleContext();
  readonly #nv12 = new Frame();
  readonly #surface: Frame | undefined;
  readonly #frames: HardwareFramesContext | undefined;
  readonly #device: HardwareDeviceContext | undefined;

  private constructor(picture: YuvPicture, settings: EncoderSettings, context: CodecContext) {
    const { width, height } = picture;
    this.#scale.getContext(
      width,
      height,
      AV_PIX_FMT_YUV420P,
      width,
      height,
      AV_PIX_FMT_NV12,
      SWS_FAST_BILINEAR,
    );
    this.#nv12.alloc();
    this.#nv12.format = AV_PIX_FMT_NV12;
    this.#nv12.width = width;
    this.#nv12.height = height;
    check(this.#nv12.allocBuffer(), "no memory for a picture");
    if (settings.device === undefined) {
      context.pixelFormat = settings.format;
      return;
    }
    this.#device = new HardwareDeviceContext();
    check(this.#device.create(settings.device.type, null, null), "the device does not open");
    this.#frames = new HardwareFramesContext();
    this.#frames.alloc(this.#device);
    this.#frames.format = settings.device.format;
    this.#frames.swFormat = settings.format;
    this.#frames.width = width;
    this.#frames.height = height;
    this.#frames.initialPoolSize = 4;
    check(this.#frames.init(), "the device has no surfaces");
    this.#surface = new Frame();
    this.#surface.alloc();
    context.pixelFormat = settings.device.format;
    context.hwFramesCtx = this.#frames;
  }

  /** What `settings` need, or undefined if the encoder takes the picture as it is; sets the context's pixel format. */
  static for(
    settings: EncoderSettings,
    picture: YuvPicture,
    context: CodecContext,
  ): FrameUpload | undefined {
    if (settings.device === undefined && settings.format === AV_PIX_FMT_YUV420P) {
      context.pixelFormat = AV_PIX_FMT_YUV420P;
      return undefined;
    }
    return new FrameUpload(picture, settings, context);
  }

  /** The frame to encode; borrowed until the next call. */
  upload(frame: Frame): Frame {
    check(this.#scale.scaleFrameSync(this.#nv12, frame), "the picture cannot be converted");
    let result = this.#nv12;
    if (this.#surface !== undefined && this.#frames !== undefined) {
      this.#surface.unref();
      check(this.#frames.getBuffer(this.#surface), "the device has no free surface");
      check(this.#surface.hwframeTransferDataSync(this.#nv12), "the picture cannot be uploaded");
      result = this.#surface;
    }
    result.pts = frame.pts;
    result.pictType = frame.pictType;
    return result;
  }

  [Symbol.dispose](): void {
    this.#surface?.free();
    this.#nv12.free();
    this.#scale.freeContext();
    this.#frames?.free();
    this.#device?.free();
  }
}

function check(result: number, message: string): void {
  if (result < 0) throw new MediaError("codec", `${message}: ${FFmpegError.strerror(result)}`);
}
