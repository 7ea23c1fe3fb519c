import type { ScreenImage } from "@wavry/media";
import { type Size, UpdateCodec } from "@wavry/rift-core";
import {
  AV_LOG_ERROR,
  AV_PICTURE_TYPE_I,
  AV_PICTURE_TYPE_NONE,
  AV_PIX_FMT_YUV420P,
  AV_PIX_FMT_YUV444P,
  AVCOL_PRI_BT709,
  AVCOL_RANGE_JPEG,
  AVCOL_SPC_BT470BG,
  AVCOL_TRC_IEC61966_2_1,
} from "node-av/constants";
import { Codec, CodecContext, Dictionary, Frame, Log, Packet, Rational } from "node-av/lib";

// SVT-AV1 reports on itself at length otherwise.
process.env.SVT_LOG ??= "1";

const NEVER = 1_000_000;

const KINDS = {
  av1: {
    codec: UpdateCodec.av1,
    encoder: "libsvtav1",
    format: AV_PIX_FMT_YUV420P,
    // Each picture comes out at once. With `rtc=1` it passes over whole changes of brightness.
    options: { preset: "10", crf: "4", "svtav1-params": "pred-struct=1:lp=1" },
  },
  "h264-444": {
    codec: UpdateCodec.h264,
    encoder: "libx264",
    format: AV_PIX_FMT_YUV444P,
    options: { preset: "ultrafast", tune: "zerolatency", "forced-idr": "1", qp: "2" },
  },
} as const;

/** Codes pictures as hosts of this project do not yet: AV1 in 4:2:0 and H.264 in 4:4:4, both nearly without loss. */
export class PictureCoder implements Disposable {
  readonly codec: UpdateCodec;
  readonly #context: CodecContext;
  readonly #isWhole: boolean;
  readonly #frame = new Frame();
  readonly #packet = new Packet();
  #count = 0n;

  private constructor(kind: keyof typeof KINDS, context: CodecContext) {
    this.codec = KINDS[kind].codec;
    this.#context = context;
    this.#isWhole = KINDS[kind].format === AV_PIX_FMT_YUV444P;
    this.#packet.alloc();
    this.#frame.alloc();
    this.#frame.format = KINDS[kind].format;
    this.#frame.width = context.width;
    this.#frame.height = context.height;
    this.#frame.allocBuffer();
  }

  /** Sides are even. */
  static async open(kind: keyof typeof KINDS, size: Size): Promise<PictureCoder> {
    Log.setLevel(AV_LOG_ERROR);
    const { encoder, format, options } = KINDS[kind];
    const codec = Codec.findEncoderByName(encoder as Parameters<typeof Codec.findEncoderByName>[0]);
    if (codec === null) throw new Error(`FFmpeg has no ${encoder}`);
    const context = new CodecContext();
    context.allocContext3(codec);
    context.width = size.width;
    context.height = size.height;
    context.pixelFormat = format;
    context.timeBase = new Rational(1, 30);
    context.framerate = new Rational(30, 1);
    context.gopSize = NEVER;
    context.maxBFrames = 0;
    context.threadCount = 1;
    context.colorRange = AVCOL_RANGE_JPEG;
    context.colorSpace = AVCOL_SPC_BT470BG;
    context.colorPrimaries = AVCOL_PRI_BT709;
    context.colorTrc = AVCOL_TRC_IEC61966_2_1;
    const result = await context.open2(codec, Dictionary.fromObject({ ...options }));
    if (result < 0) throw new Error(`${encoder} does not open: ${result}`);
    return new PictureCoder(kind, context);
  }

  /** An access unit or temporal unit of a picture of the coder's size. */
  encode(image: ScreenImage, keyframe: boolean): Uint8Array {
    this.#frame.makeWritable();
    this.#draw(image);
    this.#frame.pts = this.#count++;
    this.#frame.pictType = keyframe ? AV_PICTURE_TYPE_I : AV_PICTURE_TYPE_NONE;
    this.#context.sendFrameSync(this.#frame);
    if (this.#context.receivePacketSync(this.#packet) < 0) throw new Error("no picture came out");
    const unit = Uint8Array.from(this.#packet.data ?? []);
    this.#packet.unref();
    return unit;
  }

  [Symbol.dispose](): void {
    // SVT-AV1 complains where it is not told that this was all.
    this.#context.sendFrameSync(null);
    this.#frame.free();
    this.#packet.free();
    this.#context.freeContext();
  }

  /** BT.601 at full range, as hosts do; of four pixels with one chroma sample the mean. */
  #draw({ pixels, stridePixels }: ScreenImage): void {
    const { width, height } = this.#context;
    const [luma, blue, red] = this.#frame.data!;
    const strides = this.#frame.linesize;
    const half = this.#isWhole ? 0 : 1;
    const sums = new Float64Array(((width * height) >> (2 * half)) * 2);
    for (let y = 0; y < height; y++)
      for (let x = 0; x < width; x++) {
        const pixel = pixels[y * stridePixels + x]!;
        const [r, g, b] = [(pixel >> 16) & 255, (pixel >> 8) & 255, pixel & 255];
        const light = 0.299 * r + 0.587 * g + 0.114 * b;
        luma![y * strides[0]! + x] = Math.round(light);
        const at = ((y >> half) * (width >> half) + (x >> half)) * 2;
        sums[at]! += (b - light) / 1.772;
        sums[at + 1]! += (r - light) / 1.402;
      }
    const sample = (sum: number): number =>
      Math.max(0, Math.min(255, Math.round(128 + sum / (1 << (2 * half)))));
    for (let y = 0; y < height >> half; y++)
      for (let x = 0; x < width >> half; x++) {
        const at = (y * (width >> half) + x) * 2;
        blue![y * strides[1]! + x] = sample(sums[at]!);
        red![y * strides[2]! + x] = sample(sums[at + 1]!);
      }
  }
}
