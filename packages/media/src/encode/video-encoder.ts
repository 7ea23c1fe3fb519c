import type { Rect, Size } from "@wavry/rift-core";
import type { YuvPicture } from "../convert/yuv-picture.ts";

/** What an encoder is opened with. */
export interface VideoEncoderOptions {
  readonly size: Size;
  readonly bitrateBps: number;
  /** Pictures a second that the bitrate is meant for; one picture may take `bitrateBps / frameRate` bits. */
  readonly frameRate: number;
  /** Threads that share the slices of one picture; default: the number of processors, 4 at most. */
  readonly threads?: number;
}

/** How one picture is to be encoded. */
export interface EncodeRequest {
  /** Makes an IDR picture with its parameter sets before it. */
  readonly keyframe: boolean;
  /** What changed since the picture before; the encoder may skip the rest. Undefined: anything may have. */
  readonly changed?: readonly Rect[];
}

/** One access unit. */
export interface EncodedPicture {
  /** Annex B; borrowed until the next `encode`. */
  readonly bytes: Uint8Array;
  readonly keyframe: boolean;
}

/** An H.264 encoder without delay: one access unit for each picture, at once. */
export interface VideoEncoder extends Disposable {
  /** FFmpeg's name of the codec. */
  readonly name: string;
  /** The picture that `encode` takes, to be filled by a converter; lives as long as the encoder. */
  readonly picture: YuvPicture;
  /** Encodes `picture`; blocks. Throws `MediaError` "codec", after which the encoder is of no more use. */
  encode(request: EncodeRequest): EncodedPicture;
  /** Changes the rate from the next picture on, without a keyframe. */
  setBitrate(bitrateBps: number): void;
}
