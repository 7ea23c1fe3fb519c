import { DamageRegion } from "@wavry/media-core";
import type { Micros, Rect, Size } from "@wavry/rift-core";
import { AV_LOG_ERROR, AV_PIX_FMT_BGR0, SWS_FAST_BILINEAR } from "node-av/constants";
import {
  Codec,
  CodecContext,
  Dictionary,
  FFmpegError,
  FormatContext,
  Frame,
  InputFormat,
  Log,
  Packet,
  SoftwareScaleContext,
} from "node-av/lib";
import { createScreenImage, type ScreenImage } from "../convert/screen-image.ts";
import { MediaError } from "../media-error.ts";
import { monotonicMicros } from "./clock.ts";
import type { CaptureEvent, CursorNews, Grab, ScreenCapture } from "./screen-capture.ts";
import type { Waker } from "./waker.ts";

/** Settings of `FfmpegCapture.open`. */
export interface FfmpegCaptureOptions {
  /** Index of the monitor; default 0. */
  readonly monitorIndex?: number;
  readonly frameRate: number;
  readonly waker: Waker;
}

/** Height of the bands in which two pictures are compared. */
const BAND_ROWS = 16;

/** What each platform's device is called and told; none of them has been tried by this project. */
function deviceOf(options: FfmpegCaptureOptions): {
  format: string;
  url: string;
  settings: Record<string, string>;
} {
  const index = options.monitorIndex ?? 0;
  const rate = options.frameRate;
  if (process.platform === "darwin")
    return {
      format: "avfoundation",
      url: `Capture screen ${index}:none`,
      settings: { framerate: String(rate), pixel_format: "bgr0", capture_cursor: "0" },
    };
  if (process.platform === "win32")
    return {
      format: "lavfi",
      url: `ddagrab=output_idx=${index}:framerate=${rate}:draw_mouse=0,hwdownload,format=bgra`,
      settings: {},
    };
  throw new MediaError("unavailable", `no capture device is known for ${process.platform}`);
}

/**
 * A screen through FFmpeg's own devices: ddagrab on Windows, avfoundation on macOS. Unverified.
 * They tell nothing of damage, so each picture is compared with the one before; the pointer is not followed.
 */
export class FfmpegCapture implements ScreenCapture {
  readonly #format: FormatContext;
  readonly #decoder: CodecContext;
  readonly #waker: Waker;
  readonly #packet = new Packet();
  readonly #frame = new Frame();
  readonly #scale = new SoftwareScaleContext();
  #scaledSize: Size = { width: 0, height: 0 };
  #image: ScreenImage;
  #incoming: ScreenImage;
  #region: DamageRegion;
  #noticedAt: Micros = 0;
  #active = true;
  #open = true;

  private constructor(format: FormatContext, decoder: CodecContext, size: Size, waker: Waker) {
    this.#format = format;
    this.#decoder = decoder;
    this.#waker = waker;
    this.#packet.alloc();
    this.#frame.alloc();
    this.#image = createScreenImage(size);
    this.#incoming = createScreenImage(size);
    this.#region = new DamageRegion(size);
  }

  /** Opens this platform's device; MediaError "unavailable" or "permission" where that fails. */
  static async open(options: FfmpegCaptureOptions): Promise<FfmpegCapture> {
    Log.setLevel(AV_LOG_ERROR);
    const { format: name, url, settings } = deviceOf(options);
    const format = new FormatContext();
    const opened = await format.openInput(
      url,
      InputFormat.findInputFormat(name),
      Dictionary.fromObject(settings),
    );
    if (opened < 0)
      throw new MediaError(
        "permission",
        `the screen cannot be captured (${FFmpegError.strerror(opened)}); is screen recording allowed?`,
      );
    const stream = format.streams[0];
    const codec = stream === undefined ? null : Codec.findDecoder(stream.codecpar.codecId);
    if (stream === undefined || codec === null)
      throw new MediaError("unavailable", "the capture device gives no pictures");
    const decoder = new CodecContext();
    decoder.allocContext3(codec);
    decoder.parametersToContext(stream.codecpar);
    const result = await decoder.open2(codec, null);
    if (result < 0) throw new MediaError("codec", FFmpegError.strerror(result));
    const { width, height } = stream.codecpar;
    return new FfmpegCapture(format, decoder, { width, height }, options.waker);
  }

  get size(): Size {
    return { width: this.#image.width, height: this.#image.height };
  }

  get image(): ScreenImage {
    return this.#image;
  }

  wait(timeoutMicros: Micros, heedDamage: boolean): CaptureEvent {
    const deadline = monotonicMicros() + timeoutMicros;
    while (this.#open) {
      if (this.#waker.sleep(0)) return "idle";
      const left = deadline - monotonicMicros();
      if (!this.#active || (!heedDamage && left > 0)) {
        this.#waker.sleep(left);
        return "idle";
      }
      if (!this.#readPicture()) return "closed";
      const { width, height } = this.#incoming;
      if (width !== this.#image.width || height !== this.#image.height) return "resized";
      this.#compare();
      if (heedDamage && !this.#region.isEmpty) return "damage";
      if (left <= 0) return "idle";
    }
    return "closed";
  }

  grab(): Grab {
    const noticedAt = this.#region.isEmpty ? monotonicMicros() : this.#noticedAt;
    const rects = this.#region.take();
    const stride = this.#image.stridePixels;
    for (const { x, y, width, height } of rects)
      for (let row = y; row < y + height; row++) {
        const from = row * stride + x;
        this.#image.pixels.set(this.#incoming.pixels.subarray(from, from + width), from);
      }
    return { rects, noticedAt };
  }

  resize(): void {
    const { width, height } = this.#incoming;
    this.#image = createScreenImage({ width, height });
    this.#region = new DamageRegion(this.#image);
    this.#noteWhole();
  }

  setActive(active: boolean): void {
    if (active && !this.#active) this.#noteWhole();
    this.#active = active;
  }

  cursorNews(): CursorNews {
    return {};
  }

  forgetCursor(): void {}

  [Symbol.dispose](): void {
    if (!this.#open) return;
    this.#open = false;
    this.#packet.free();
    this.#frame.free();
    this.#scale.freeContext();
    this.#decoder.freeContext();
    this.#format.closeInputSync();
  }

  /** Brings the device's next picture into `#incoming`; false at the end of the device. */
  #readPicture(): boolean {
    if (this.#format.readFrameSync(this.#packet) < 0) return false;
    const sent = this.#decoder.sendPacketSync(this.#packet);
    this.#packet.unref();
    if (sent < 0 || this.#decoder.receiveFrameSync(this.#frame) < 0) return false;
    const { width, height, data, linesize, format } = this.#frame;
    if (data === null) return false;
    if (this.#incoming.width !== width || this.#incoming.height !== height)
      this.#incoming = createScreenImage({ width, height });
    if (this.#scaledSize.width !== width || this.#scaledSize.height !== height) {
      this.#scale.getContext(
        width,
        height,
        format as typeof AV_PIX_FMT_BGR0,
        width,
        height,
        AV_PIX_FMT_BGR0,
        SWS_FAST_BILINEAR,
      );
      this.#scaledSize = { width, height };
    }
    const target = Buffer.from(this.#incoming.bytes.buffer);
    this.#scale.scaleSync(data, linesize, 0, height, [target], [this.#incoming.strideBytes]);
    return true;
  }

  #compare(): void {
    const { width, height, stridePixels, bytes, strideBytes } = this.#incoming;
    for (let y = 0; y < height; y += BAND_ROWS) {
      const rows = Math.min(BAND_ROWS, height - y);
      const from = y * strideBytes;
      const before = this.#image.bytes.subarray(from, from + rows * strideBytes);
      if (Buffer.compare(before, bytes.subarray(from, from + rows * strideBytes)) === 0) continue;
      this.#note(this.#changedColumns({ x: 0, y, width, height: rows }, stridePixels));
    }
  }

  /** Narrows a band that differs to the columns that do. */
  #changedColumns(band: Rect, stride: number): Rect {
    let left = band.width;
    let right = 0;
    const now = this.#incoming.pixels;
    const before = this.#image.pixels;
    for (let y = band.y; y < band.y + band.height; y++) {
      const row = y * stride;
      let x = 0;
      while (x < left && now[row + x] === before[row + x]) x++;
      left = Math.min(left, x);
      let end = band.width;
      while (end > right && now[row + end - 1] === before[row + end - 1]) end--;
      right = Math.max(right, end);
    }
    return { x: left, y: band.y, width: Math.max(0, right - left), height: band.height };
  }

  #note(rect: Rect): void {
    if (this.#region.isEmpty) this.#noticedAt = monotonicMicros();
    this.#region.add(rect);
  }

  #noteWhole(): void {
    this.#noticedAt = monotonicMicros();
    this.#region.addScreen();
  }
}
