/** For tests: pictures, H.264 and patches of them, and the bytes of screen updates. */
import { PatchEncoder, patchMaxBytes } from "@wavry/media-core";
import {
  type Rect,
  type Size,
  screenUpdateHeaderBytes,
  UpdateCodec,
  writeScreenUpdateHeader,
} from "@wavry/rift-core";
import {
  AV_PICTURE_TYPE_I,
  AV_PICTURE_TYPE_NONE,
  AV_PIX_FMT_YUV420P,
  AVCOL_RANGE_JPEG,
  AVCOL_RANGE_MPEG,
  AVCOL_SPC_BT470BG,
  AVCOL_SPC_BT709,
  FF_ENCODER_LIBX264,
} from "node-av/constants";
import { Codec, CodecContext, Dictionary, Frame, Packet, Rational } from "node-av/lib";

/** A picture as a function of the place: 0xRRGGBB. */
export type Paint = (x: number, y: number) => number;

export function blockPaint(seed: number): Paint {
  return (x, y) => {
    const cell = (x >> 5) * 73 + (y >> 5) * 151 + seed * 977;
    return (((cell * 37) & 255) << 16) | (((cell * 91) & 255) << 8) | ((cell * 17) & 255);
  };
}

export interface TestEncoderOptions {
  readonly fullRange?: boolean;
  readonly matrix?: "bt601" | "bt709";
  readonly slices?: number;
}

/** Encodes pictures at nearly lossless quality; sides must be even. */
export class TestEncoder implements Disposable {
  readonly #size: Size;
  readonly #context: CodecContext;
  readonly #frame = new Frame();
  readonly #packet = new Packet();
  readonly #fullRange: boolean;
  readonly #matrix: "bt601" | "bt709";
  #count = 0n;

  private constructor(size: Size, context: CodecContext, options: TestEncoderOptions) {
    this.#size = size;
    this.#context = context;
    this.#fullRange = options.fullRange ?? true;
    this.#matrix = options.matrix ?? "bt601";
    this.#packet.alloc();
    this.#frame.alloc();
    this.#frame.format = AV_PIX_FMT_YUV420P;
    this.#frame.width = size.width;
    this.#frame.height = size.height;
    this.#frame.allocBuffer();
  }

  static async open(size: Size, options: TestEncoderOptions = {}): Promise<TestEncoder> {
    const codec = Codec.findEncoderByName(FF_ENCODER_LIBX264);
    const context = new CodecContext();
    context.allocContext3(codec);
    context.width = size.width;
    context.height = size.height;
    context.pixelFormat = AV_PIX_FMT_YUV420P;
    context.timeBase = new Rational(1, 60);
    context.gopSize = 10_000;
    context.maxBFrames = 0;
    context.threadCount = options.slices ?? 1;
    context.colorRange = (options.fullRange ?? true) ? AVCOL_RANGE_JPEG : AVCOL_RANGE_MPEG;
    context.colorSpace = options.matrix === "bt709" ? AVCOL_SPC_BT709 : AVCOL_SPC_BT470BG;
    const settings = Dictionary.fromObject({
      preset: "ultrafast",
      tune: "zerolatency",
      "forced-idr": "1",
      qp: "4",
    });
    await context.open2(codec, settings);
    return new TestEncoder(size, context, options);
  }

  encode(paint: Paint, keyframe: boolean): Uint8Array {
    const frame = this.#frame;
    frame.makeWritable();
    const [yPlane, uPlane, vPlane] = frame.data ?? [];
    const strides = frame.linesize;
    const { width, height } = this.#size;
    for (let y = 0; y < height; y++)
      for (let x = 0; x < width; x++) {
        const [luma, blue, red] = this.#yuv(paint(x, y));
        yPlane![y * strides[0]! + x] = luma;
        uPlane![(y >> 1) * strides[1]! + (x >> 1)] = blue;
        vPlane![(y >> 1) * strides[2]! + (x >> 1)] = red;
      }
    frame.pts = this.#count++;
    frame.pictType = keyframe ? AV_PICTURE_TYPE_I : AV_PICTURE_TYPE_NONE;
    this.#context.sendFrameSync(frame);
    if (this.#context.receivePacketSync(this.#packet) < 0) throw new Error("no packet");
    const unit = new Uint8Array(this.#packet.data ?? []);
    this.#packet.unref();
    return unit;
  }

  [Symbol.dispose](): void {
    this.#frame.free();
    this.#packet.free();
    this.#context.freeContext();
  }

  #yuv(rgb: number): [number, number, number] {
    const [kr, kb] = this.#matrix === "bt601" ? [0.299, 0.114] : [0.2126, 0.0722];
    const r = (rgb >> 16) & 255;
    const g = (rgb >> 8) & 255;
    const b = rgb & 255;
    const luma = kr * r + (1 - kr - kb) * g + kb * b;
    const blue = (b - luma) / (2 * (1 - kb));
    const red = (r - luma) / (2 * (1 - kr));
    const [base, lumaScale, chromaScale] = this.#fullRange ? [0, 1, 1] : [16, 219 / 255, 224 / 255];
    const clamp = (value: number): number => Math.max(0, Math.min(255, Math.round(value)));
    return [
      clamp(base + luma * lumaScale),
      clamp(128 + blue * chromaScale),
      clamp(128 + red * chromaScale),
    ];
  }
}

/** Packed BGRX pixels of a painted area of a screen. */
export function paintPixels(size: Size, paint: Paint): Uint32Array {
  const pixels = new Uint32Array(size.width * size.height);
  for (let y = 0; y < size.height; y++)
    for (let x = 0; x < size.width; x++)
      pixels[y * size.width + x] = (0xff000000 | paint(x, y)) >>> 0;
  return pixels;
}

/** The bytes of an update with H.264 in it. */
export function h264Update(
  screen: Size,
  unit: Uint8Array,
  options: { keyframe: boolean; rects?: readonly Rect[] },
): Uint8Array {
  const rects = options.rects ?? [{ x: 0, y: 0, ...screen }];
  return updateBytes(screen, rects, UpdateCodec.h264, options.keyframe, unit);
}

/** The bytes of an update with patches of `paint` in it. */
export function patchUpdate(screen: Size, rects: readonly Rect[], paint: Paint): Uint8Array {
  const encoder = new PatchEncoder();
  const image = { ...screen, stridePixels: screen.width, pixels: paintPixels(screen, paint) };
  const area = rects.reduce((sum, rect) => sum + rect.width * rect.height, 0);
  const out = new Uint8Array(patchMaxBytes(area) + 16);
  let offset = 0;
  for (const rect of rects) offset = encoder.encode(image, rect, out, offset);
  return updateBytes(screen, rects, UpdateCodec.patch, false, out.subarray(0, offset));
}

function updateBytes(
  screen: Size,
  rects: readonly Rect[],
  codec: UpdateCodec,
  keyframe: boolean,
  payload: Uint8Array,
): Uint8Array {
  const bytes = new Uint8Array(screenUpdateHeaderBytes(rects.length) + payload.length);
  const offset = writeScreenUpdateHeader(bytes, 0, {
    codec,
    keyframe,
    display: 0,
    screen,
    rects,
    capturedAt: 1,
    captureMicros: 2,
    convertMicros: 3,
    encodeMicros: 4,
  });
  bytes.set(payload, offset);
  return bytes;
}

/** The largest difference of any channel of two 0xRRGGBB colours. */
export function colourDistance(a: number, b: number): number {
  return Math.max(
    Math.abs(((a >> 16) & 255) - ((b >> 16) & 255)),
    Math.abs(((a >> 8) & 255) - ((b >> 8) & 255)),
    Math.abs((a & 255) - (b & 255)),
  );
}

/** Waits until `condition` gives a value, with a generous deadline. */
export async function until<T>(
  condition: () => T | undefined | false | Promise<T | undefined | false>,
  what: string,
): Promise<T> {
  const deadline = performance.now() + 15_000;
  for (;;) {
    const value = await condition();
    if (value !== undefined && value !== false) return value;
    if (performance.now() > deadline) throw new Error(`waited in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
