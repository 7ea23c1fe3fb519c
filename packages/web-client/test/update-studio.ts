import {
  createScreenImage,
  monotonicMicros,
  openConverter,
  openEncoder,
  type PictureConverter,
  type ScreenImage,
  type VideoEncoder,
} from "@wavry/media";
import { PatchEncoder, patchMaxBytes } from "@wavry/media-core";
import {
  type Rect,
  type Size,
  screenUpdateHeaderBytes,
  UpdateCodec,
  writeScreenUpdateHeader,
} from "@wavry/rift-core";
import type { PictureCoder } from "./picture-coder.ts";

/** Makes screen updates as a host does, of a picture that tests paint. */
export class UpdateStudio implements Disposable {
  readonly image: ScreenImage;
  readonly #encoder: VideoEncoder;
  readonly #converter: PictureConverter;
  readonly #patches = new PatchEncoder();

  private constructor(image: ScreenImage, encoder: VideoEncoder) {
    this.image = image;
    this.#encoder = encoder;
    this.#converter = openConverter();
  }

  /** `picture`: the size of the H.264 pictures, where they are to be scaled; even. */
  static async open(screen: Size, picture: Size = evened(screen)): Promise<UpdateStudio> {
    const options = { bitrateBps: 60_000_000, frameRate: 30, threads: 1 };
    const encoder = await openEncoder({ ...options, size: picture });
    return new UpdateStudio(createScreenImage(screen), encoder);
  }

  get screen(): Size {
    return { width: this.image.width, height: this.image.height };
  }

  /** The whole screen. */
  get whole(): Rect {
    return { x: 0, y: 0, ...this.screen };
  }

  /** Paints a rectangle in one colour, 0xRRGGBB. */
  fill(rect: Rect, colour: number): void {
    for (let y = rect.y; y < rect.y + rect.height; y++) {
      const row = y * this.image.stridePixels;
      this.image.pixels.fill(colour | 0xff000000, row + rect.x, row + rect.x + rect.width);
    }
  }

  /** Soft colours everywhere, which codecs keep well. */
  paintGradient(phase = 0): void {
    const { width, height, stridePixels, pixels } = this.image;
    for (let y = 0; y < height; y++)
      for (let x = 0; x < width; x++) {
        const r = ((x * 200) / width + phase) & 255;
        const g = ((y * 200) / height + phase) & 255;
        pixels[y * stridePixels + x] = (0xff000000 | (r << 16) | (g << 8) | 0x60) >>> 0;
      }
  }

  /** An H.264 update of these rectangles. */
  h264(rects: readonly Rect[], keyframe = false): Uint8Array {
    this.#converter.convert(this.image, [this.whole], this.#encoder.picture);
    const { bytes } = this.#encoder.encode({ keyframe });
    return this.update(UpdateCodec.h264, keyframe, rects, bytes);
  }

  keyframe(): Uint8Array {
    return this.h264([this.whole], true);
  }

  /** An update of these rectangles, coded otherwise than hosts do. */
  coded(coder: PictureCoder, rects: readonly Rect[], keyframe = false): Uint8Array {
    return this.update(coder.codec, keyframe, rects, coder.encode(this.image, keyframe));
  }

  /** A lossless update of these rectangles. */
  patch(rects: readonly Rect[]): Uint8Array {
    const parts = rects.map((rect) => {
      const out = new Uint8Array(patchMaxBytes(rect.width * rect.height));
      return out.subarray(0, this.#patches.encode(this.image, rect, out, 0));
    });
    return this.update(UpdateCodec.patch, false, rects, Buffer.concat(parts));
  }

  [Symbol.dispose](): void {
    this.#encoder[Symbol.dispose]();
    this.#converter[Symbol.dispose]();
  }

  /** The bytes of an update of this screen with any payload. */
  update(
    codec: UpdateCodec,
    keyframe: boolean,
    rects: readonly Rect[],
    payload: Uint8Array,
  ): Uint8Array {
    const head = screenUpdateHeaderBytes(rects.length);
    const bytes = new Uint8Array(head + payload.length);
    writeScreenUpdateHeader(bytes, 0, {
      ...{ codec, keyframe, rects, display: 0, screen: this.screen, capturedAt: monotonicMicros() },
      ...{ captureMicros: 0, convertMicros: 0, encodeMicros: 0 },
    });
    bytes.set(payload, head);
    return bytes;
  }
}

function evened({ width, height }: Size): Size {
  return { width: (width + 1) & ~1, height: (height + 1) & ~1 };
}
