/** How the three planes of a picture are laid out. */
export type PlaneLayout = "i420" | "i444";

/** Which matrix turns a picture's YUV into RGB (ITU-T H.273, matrix_coefficients). */
export type ColourMatrix = "bt601" | "bt709" | "bt2020";

/** A decoded picture in the decoder's own memory: borrowed, it dies with the next `decode`, `reset` or dispose. */
export interface DecodedPicture {
  readonly width: number;
  readonly height: number;
  readonly layout: PlaneLayout;
  readonly matrix: ColourMatrix;
  /** Whether black is 0 and white 255, instead of 16 and 235. */
  readonly fullRange: boolean;
  /** Addresses of the Y, U and V planes. */
  readonly planes: readonly [y: number, u: number, v: number];
  /** Bytes from one row to the next in each plane. */
  readonly strides: readonly [y: number, u: number, v: number];
}

/** Turns access units into pictures, one out for each one in: no frame is held back. */
export interface VideoDecoder extends Disposable {
  /**
   * Decodes one access unit (borrowed) and blocks until its picture is there.
   * Throws `MediaError` "bad-data" for bytes that are no valid picture; the chain is then broken until a keyframe.
   */
  decode(unit: Uint8Array): DecodedPicture;
  /** Forgets all reference pictures; the next unit must be a keyframe. */
  reset(): void;
}
