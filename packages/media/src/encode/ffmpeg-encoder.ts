import { availableParallelism } from "node:os";
import { hasIdr } from "@wavry/media-core";
import {
  AV_CODEC_FLAG_LOW_DELAY,
  AV_LOG_ERROR,
  AV_PICTURE_TYPE_I,
  AV_PICTURE_TYPE_NONE,
  AVERROR_EAGAIN,
  FF_THREAD_SLICE,
  type FFEncoderCodec,
} from "node-av/constants";
import { Codec, CodecContext, Dictionary, FFmpegError, Log, Packet, Rational } from "node-av/lib";
import { ScreenColour, YuvPicture } from "../convert/yuv-picture.ts";
import { MediaError } from "../media-error.ts";
import { ENCODER_SETTINGS, type EncoderName } from "./encoder-settings.ts";
import { FrameUpload } from "./frame-upload.ts";
import type {
  EncodedPicture,
  EncodeRequest,
  VideoEncoder,
  VideoEncoderOptions,
} from "./video-encoder.ts";
import { attachChangedHint, removeHint } from "./video-hint.ts";

/** The rate controller works in whole kilobits; below this it gives up on every picture. */
const MIN_BITRATE_BPS = 100_000;
const NEVER = 2 ** 31 - 1;

/** An H.264 encoder of FFmpeg: endless GOP, no B frames, a rate buffer of one picture. */
export class FfmpegEncoder implements VideoEncoder {
  readonly name: EncoderName;
  readonly picture: YuvPicture;
  readonly #context: CodecContext;
  readonly #upload: FrameUpload | undefined;
  readonly #frameRate: number;
  readonly #packet = new Packet();
  #frames = 0;
  #open = true;

  private constructor(
    name: EncoderName,
    context: CodecContext,
    picture: YuvPicture,
    upload: FrameUpload | undefined,
    frameRate: number,
  ) {
    this.name = name;
    this.#context = context;
    this.picture = picture;
    this.#upload = upload;
    this.#frameRate = frameRate;
    this.#packet.alloc();
  }

  /** Opens the encoder; `MediaError` "unavailable" where FFmpeg or the machine lacks it. */
  static async open(name: EncoderName, options: VideoEncoderOptions): Promise<FfmpegEncoder> {
    Log.setLevel(AV_LOG_ERROR);
    const codec = Codec.findEncoderByName(name as FFEncoderCodec);
    if (codec === null) throw new MediaError("unavailable", `FFmpeg has no encoder ${name}`);
    const settings = ENCODER_SETTINGS[name];
    const picture = new YuvPicture(options.size);
    const context = new CodecContext();
    context.allocContext3(codec);
    let upload: FrameUpload | undefined;
    try {
      context.width = picture.width;
      context.height = picture.height;
      context.timeBase = new Rational(1, options.frameRate);
      context.framerate = new Rational(options.frameRate, 1);
      context.gopSize = NEVER;
      context.maxBFrames = 0;
      context.setFlags(AV_CODEC_FLAG_LOW_DELAY);
      context.threadCount = options.threads ?? Math.min(4, availableParallelism());
      context.threadType = FF_THREAD_SLICE;
      context.colorRange = ScreenColour.range;
      context.colorSpace = ScreenColour.matrix;
      context.colorPrimaries = ScreenColour.primaries;
      context.colorTrc = ScreenColour.transfer;
      setRate(context, options.bitrateBps, options.frameRate);
      upload = FrameUpload.for(settings, picture, context);
      // The dictionary is read on another thread while this one waits; it must not be opened synchronously.
      const result = await context.open2(codec, Dictionary.fromObject({ ...settings.options }));
      if (result < 0)
        throw new MediaError(
          "unavailable",
          `the encoder ${name} does not open: ${FFmpegError.strerror(result)}`,
        );
    } catch (error) {
      upload?.[Symbol.dispose]();
      context.freeContext();
      picture[Symbol.dispose]();
      throw error;
    }
    return new FfmpegEncoder(name, context, picture, upload, options.frameRate);
  }

  encode(request: EncodeRequest): EncodedPicture {
    if (!this.#open) throw new MediaError("codec", "the encoder is closed");
    const { frame } = this.picture;
    frame.pts = BigInt(this.#frames++);
    frame.pictType = request.keyframe ? AV_PICTURE_TYPE_I : AV_PICTURE_TYPE_NONE;
    if (ENCODER_SETTINGS[this.name].takesHints) {
      if (request.keyframe || request.changed === undefined) removeHint(frame);
      else attachChangedHint(frame, request.changed);
    }
    const input = this.#upload === undefined ? frame : this.#upload.upload(frame);
    this.#check(this.#context.sendFrameSync(input));
    // FFmpeg hands out its own buffer; only this reference keeps it alive.
    this.#packet.unref();
    const result = this.#context.receivePacketSync(this.#packet);
    if (result === AVERROR_EAGAIN)
      throw new MediaError("codec", `the encoder ${this.name} holds pictures back`);
    this.#check(result);
    const bytes = this.#packet.data;
    if (bytes === null) throw new MediaError("codec", `the encoder ${this.name} gave no bytes`);
    return { bytes, keyframe: this.#packet.isKeyframe || hasIdr(bytes) };
  }

  setBitrate(bitrateBps: number): void {
    if (this.#open) setRate(this.#context, bitrateBps, this.#frameRate);
  }

  [Symbol.dispose](): void {
    if (!this.#open) return;
    this.#open = false;
    this.#packet.free();
    this.#context.freeContext();
    this.#upload?.[Symbol.dispose]();
    this.picture[Symbol.dispose]();
  }

  #check(result: number): void {
    if (result < 0)
      throw new MediaError(
        "codec",
        `the encoder ${this.name} failed: ${FFmpegError.strerror(result)}`,
      );
  }
}

function setRate(context: CodecContext, bitrateBps: number, frameRate: number): void {
  const rate = Math.max(MIN_BITRATE_BPS, Math.round(bitrateBps));
  context.bitRate = BigInt(rate);
  context.rcMaxRate = BigInt(rate);
  context.rcBufferSize = Math.round(rate / frameRate);
}
