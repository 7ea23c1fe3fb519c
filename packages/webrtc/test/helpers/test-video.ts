import {
  createScreenImage,
  openConverter,
  openEncoder,
  type PictureConverter,
  type ScreenImage,
  type VideoEncoder,
} from "@wavry/media";
import type { WebRtcPeer } from "../../src/index.ts";

const SIZE = { width: 320, height: 192 };
const FRAME_MILLIS = 33;

/** Encodes a picture of two halves and sends it to a peer, thirty times a second, until it is disposed. */
export class TestVideo implements Disposable {
  /** Colours of the left and the right half, 0xRRGGBB; to be changed at will. */
  left = 0xd02020;
  right = 0x2020d0;
  readonly #encoder: VideoEncoder;
  readonly #converter: PictureConverter;
  readonly #image: ScreenImage = createScreenImage(SIZE);
  readonly #peer: WebRtcPeer;
  readonly #timer: NodeJS.Timeout;
  #keyframe = true;

  private constructor(encoder: VideoEncoder, peer: WebRtcPeer) {
    this.#encoder = encoder;
    this.#converter = openConverter();
    this.#peer = peer;
    peer.onKeyframeRequested = () => {
      this.#keyframe = true;
    };
    this.#timer = setInterval(() => this.#send(), FRAME_MILLIS);
  }

  static async start(peer: WebRtcPeer): Promise<TestVideo> {
    const options = { size: SIZE, bitrateBps: 2_000_000, frameRate: 30, threads: 1 };
    return new TestVideo(await openEncoder(options), peer);
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    this.#encoder[Symbol.dispose]();
    this.#converter[Symbol.dispose]();
  }

  #send(): void {
    const { width, height } = SIZE;
    for (let y = 0; y < height; y++) {
      const middle = y * width + width / 2;
      this.#image.pixels.fill(0xff000000 + this.left, y * width, middle);
      this.#image.pixels.fill(0xff000000 + this.right, middle, (y + 1) * width);
    }
    this.#converter.convert(this.#image, [{ x: 0, y: 0, ...SIZE }], this.#encoder.picture);
    const { bytes } = this.#encoder.encode({ keyframe: this.#keyframe });
    if (this.#peer.sendVideo(bytes, Math.round(performance.now() * 1_000))) this.#keyframe = false;
  }
}
