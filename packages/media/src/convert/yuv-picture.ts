import type { Size } from "@wavry/rift-core";
import koffi from "koffi";
import {
  AV_PIX_FMT_YUV420P,
  AVCOL_PRI_BT709,
  AVCOL_RANGE_JPEG,
  AVCOL_SPC_BT470BG,
  AVCOL_TRC_IEC61966_2_1,
  type AVColorPrimaries,
  type AVColorRange,
  type AVColorSpace,
  type AVColorTransferCharacteristic,
} from "node-av/constants";
import { Frame } from "node-av/lib";
import { MediaError } from "../media-error.ts";

/**
 * The one colour space of screen pictures: BT.601 matrix at full range (what libyuv calls J420), sRGB transfer.
 * Full range keeps the most of 8-bit RGB; the encoder writes it into the stream (VUI), and decoders go by that.
 */
export const ScreenColour: {
  readonly range: AVColorRange;
  readonly matrix: AVColorSpace;
  readonly primaries: AVColorPrimaries;
  readonly transfer: AVColorTransferCharacteristic;
} = {
  range: AVCOL_RANGE_JPEG,
  matrix: AVCOL_SPC_BT470BG,
  primaries: AVCOL_PRI_BT709,
  transfer: AVCOL_TRC_IEC61966_2_1,
};

/** One plane: its memory, address and bytes from row to row. */
export interface Plane {
  readonly bytes: Buffer;
  readonly address: number;
  readonly stride: number;
}

/** A persistent I420 picture in FFmpeg's memory; sides are rounded up to even numbers. All views die with dispose. */
export class YuvPicture implements Disposable {
  readonly width: number;
  readonly height: number;
  readonly frame: Frame;
  readonly #planes: readonly [y: Plane, u: Plane, v: Plane];
  #open = true;

  constructor(size: Size) {
    this.width = (size.width + 1) & ~1;
    this.height = (size.height + 1) & ~1;
    const frame = new Frame();
    frame.alloc();
    frame.format = AV_PIX_FMT_YUV420P;
    frame.width = this.width;
    frame.height = this.height;
    frame.colorRange = ScreenColour.range;
    frame.colorSpace = ScreenColour.matrix;
    const result = frame.allocBuffer();
    const [y, u, v] = frame.data ?? [];
    if (result < 0 || y === undefined || u === undefined || v === undefined) {
      frame.free();
      throw new MediaError("system", "no memory for a picture");
    }
    const strides = frame.linesize;
    const plane = (bytes: Buffer, index: number, blank: number): Plane => {
      bytes.fill(blank);
      return { bytes, address: Number(koffi.address(bytes)), stride: strides[index] ?? 0 };
    };
    this.frame = frame;
    this.#planes = [plane(y, 0, 0), plane(u, 1, 128), plane(v, 2, 128)];
  }

  /** Throws a `MediaError` after dispose: native code writes to these addresses. */
  get planes(): readonly [y: Plane, u: Plane, v: Plane] {
    if (!this.#open) throw new MediaError("codec", "the picture is closed");
    return this.#planes;
  }

  [Symbol.dispose](): void {
    if (!this.#open) return;
    this.#open = false;
    this.frame.free();
  }
}
