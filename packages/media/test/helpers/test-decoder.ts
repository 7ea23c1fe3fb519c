/** A plain H.264 decoder and picture comparison for tests: FFmpeg, then the textbook's matrix. */
import type { PixelImage } from "@wavry/media-core";
import type { Rect } from "@wavry/rift-core";
import { AV_CODEC_FLAG_LOW_DELAY, AV_CODEC_ID_H264 } from "node-av/constants";
import { Codec, CodecContext, FFmpegError, Frame, Packet } from "node-av/lib";

/** Decodes access units to BGRX pictures. */
export class TestDecoder implements Disposable {
  readonly #context = new CodecContext();
  readonly #packet = new Packet();
  readonly #frame = new Frame();

  static async open(): Promise<TestDecoder> {
    const decoder = new TestDecoder();
    const codec = Codec.findDecoder(AV_CODEC_ID_H264);
    decoder.#context.allocContext3(codec);
    decoder.#context.threadCount = 1;
    decoder.#context.setFlags(AV_CODEC_FLAG_LOW_DELAY);
    FFmpegError.throwIfError(await decoder.#context.open2(codec, null), "open");
    decoder.#packet.alloc();
    decoder.#frame.alloc();
    return decoder;
  }

  /** The picture of one access unit; fails if none comes out at once. */
  decode(unit: Uint8Array): PixelImage {
    this.#packet.data = Buffer.from(unit);
    FFmpegError.throwIfError(this.#context.sendPacketSync(this.#packet), "send");
    FFmpegError.throwIfError(this.#context.receiveFrameSync(this.#frame), "receive");
    const { width, height, data, linesize } = this.#frame;
    const [yPlane, uPlane, vPlane] = data ?? [];
    const pixels = new Uint32Array(width * height);
    for (let y = 0; y < height; y++)
      for (let x = 0; x < width; x++) {
        const luma = yPlane?.[y * (linesize[0] ?? 0) + x] ?? 0;
        const chroma = (y >> 1) * (linesize[1] ?? 0) + (x >> 1);
        const u = (uPlane?.[chroma] ?? 0) - 128;
        const v = (vPlane?.[chroma] ?? 0) - 128;
        pixels[y * width + x] =
          (clamp(luma + 1.402 * v) << 16) |
          (clamp(luma - 0.344136 * u - 0.714136 * v) << 8) |
          clamp(luma + 1.772 * u);
      }
    return { width, height, stridePixels: width, pixels };
  }

  [Symbol.dispose](): void {
    this.#frame.free();
    this.#packet.free();
    this.#context.freeContext();
  }
}

/** Peak signal-to-noise ratio of the colours in `rect`, in dB; Infinity where they are equal. */
export function psnr(a: PixelImage, b: PixelImage, rect: Rect): number {
  let squares = 0;
  for (let y = rect.y; y < rect.y + rect.height; y++)
    for (let x = rect.x; x < rect.x + rect.width; x++) {
      const p = a.pixels[y * a.stridePixels + x] ?? 0;
      const q = b.pixels[y * b.stridePixels + x] ?? 0;
      for (const shift of [0, 8, 16]) squares += (((p >> shift) & 255) - ((q >> shift) & 255)) ** 2;
    }
  return 10 * Math.log10((255 * 255 * rect.width * rect.height * 3) / squares);
}

function clamp(value: number): number {
  return Math.max(0, Math.min(255, Math.round(value)));
}
