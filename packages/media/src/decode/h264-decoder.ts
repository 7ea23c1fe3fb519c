import koffi from "koffi";
import {
  AV_CODEC_FLAG_LOW_DELAY,
  AV_CODEC_ID_H264,
  AV_LOG_FATAL,
  AV_PIX_FMT_YUV420P,
  AV_PIX_FMT_YUV444P,
  AV_PIX_FMT_YUVJ420P,
  AV_PIX_FMT_YUVJ444P,
  AVCOL_RANGE_JPEG,
  AVCOL_SPC_BT709,
  AVCOL_SPC_BT2020_NCL,
  AVERROR_EAGAIN,
  FF_THREAD_SLICE,
} from "node-av/constants";
import { Codec, CodecContext, FFmpegError, Frame, Log, Packet } from "node-av/lib";
import { MediaError } from "../media-error.ts";
import type { ColourMatrix, DecodedPicture, PlaneLayout, VideoDecoder } from "./video-decoder.ts";

/** The largest side of a picture or screen that is accepted from a peer; 8K and the rotated 8K fit. */
export const MAX_SIDE = 8192;

/** Settings of `H264Decoder`. */
export interface H264DecoderOptions {
  /**
   * Threads that share the slices of one picture (no frame is held for it). Default 1, which alone finds every
   * damaged slice; with more, FFmpeg conceals damage.
   */
  readonly threads?: number;
}

/** H.264 in software through FFmpeg (node-av), with no frame of delay. */
export class H264Decoder implements VideoDecoder {
  readonly #codec: Codec;
  readonly #threads: number;
  #context: CodecContext;
  readonly #packet = new Packet();
  readonly #frame = new Frame();
  #open = true;

  /** Opens a decoder; `MediaError` "unavailable" where FFmpeg was built without H.264. */
  constructor(options: H264DecoderOptions = {}) {
    // A peer's bytes must not be able to fill the log.
    Log.setLevel(AV_LOG_FATAL);
    const codec = Codec.findDecoder(AV_CODEC_ID_H264);
    if (codec === null) throw new MediaError("unavailable", "FFmpeg has no H.264 decoder");
    this.#codec = codec;
    this.#threads = options.threads ?? 1;
    this.#context = openContext(this.#codec, this.#threads);
    this.#packet.alloc();
    this.#frame.alloc();
  }

  decode(unit: Uint8Array): DecodedPicture {
    if (!this.#open) throw new MediaError("codec", "the decoder is closed");
    if (unit.length === 0) throw new MediaError("bad-data", "an empty access unit");
    // The packet takes a copy, with the padding that FFmpeg wants.
    this.#packet.data = Buffer.from(unit.buffer, unit.byteOffset, unit.length);
    const sent = this.#context.sendPacketSync(this.#packet);
    this.#packet.unref();
    if (sent < 0) throw new MediaError("bad-data", `no valid H.264: ${describe(sent)}`);
    const received = this.#context.receiveFrameSync(this.#frame);
    if (received === AVERROR_EAGAIN)
      throw new MediaError("bad-data", "the access unit holds no picture");
    if (received < 0) throw new MediaError("bad-data", `no valid H.264: ${describe(received)}`);
    if (this.#frame.decodeErrorFlags !== 0)
      throw new MediaError("bad-data", "the picture is damaged");
    return this.#picture();
  }

  reset(): void {
    if (!this.#open) return;
    // A flush would keep what hostile bytes have taught the decoder, such as holding frames back.
    this.#frame.unref();
    this.#context.freeContext();
    this.#context = openContext(this.#codec, this.#threads);
  }

  [Symbol.dispose](): void {
    if (!this.#open) return;
    this.#open = false;
    this.#frame.free();
    this.#packet.free();
    this.#context.freeContext();
  }

  #picture(): DecodedPicture {
    const frame = this.#frame;
    const { width, height, data, linesize } = frame;
    const layout = layoutOf(frame.format);
    const [y, u, v] = data ?? [];
    if (layout === undefined || y === undefined || u === undefined || v === undefined)
      throw new MediaError("bad-data", `pictures of format ${frame.format} are not supported`);
    if (width > MAX_SIDE || height > MAX_SIDE)
      throw new MediaError("bad-data", `a picture of ${width}x${height} is too large`);
    return {
      width,
      height,
      layout,
      matrix: matrixOf(frame.colorSpace),
      fullRange: frame.colorRange === AVCOL_RANGE_JPEG || isFullRange(frame.format),
      planes: [addressOf(y), addressOf(u), addressOf(v)],
      strides: [linesize[0] ?? 0, linesize[1] ?? 0, linesize[2] ?? 0],
    };
  }
}

function openContext(codec: Codec, threads: number): CodecContext {
  const context = new CodecContext();
  context.allocContext3(codec);
  context.threadCount = threads;
  // Frame threads would hold one frame each.
  context.threadType = FF_THREAD_SLICE;
  context.setFlags(AV_CODEC_FLAG_LOW_DELAY);
  context.setOption("err_detect", "crccheck+bitstream+buffer+explode");
  context.setOption("max_pixels", String(MAX_SIDE * MAX_SIDE));
  const result = context.open2Sync(codec, null);
  if (result < 0) {
    context.freeContext();
    throw new MediaError("codec", `the H.264 decoder does not open: ${describe(result)}`);
  }
  return context;
}

function addressOf(plane: Buffer): number {
  return Number(koffi.address(plane));
}

function layoutOf(format: number): PlaneLayout | undefined {
  if (format === AV_PIX_FMT_YUV420P || format === AV_PIX_FMT_YUVJ420P) return "i420";
  if (format === AV_PIX_FMT_YUV444P || format === AV_PIX_FMT_YUVJ444P) return "i444";
  return undefined;
}

function isFullRange(format: number): boolean {
  return format === AV_PIX_FMT_YUVJ420P || format === AV_PIX_FMT_YUVJ444P;
}

function matrixOf(colourSpace: number): ColourMatrix {
  if (colourSpace === AVCOL_SPC_BT709) return "bt709";
  if (colourSpace === AVCOL_SPC_BT2020_NCL) return "bt2020";
  return "bt601";
}

function describe(code: number): string {
  return FFmpegError.strerror(code);
}
