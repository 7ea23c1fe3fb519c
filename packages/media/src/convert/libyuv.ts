import koffi from "koffi";

/** Functions of libyuv that are used here; addresses and strides in bytes. libyuv's "ARGB" is B, G, R, A in memory. */
export interface Libyuv {
  /** BT.601, full range. */
  ARGBToJ420(
    argb: number,
    argbStride: number,
    y: number,
    yStride: number,
    u: number,
    uStride: number,
    v: number,
    vStride: number,
    width: number,
    height: number,
  ): number;
  ARGBCopy(
    from: number,
    fromStride: number,
    to: number,
    toStride: number,
    width: number,
    height: number,
  ): number;
  /**
   * Fills just the clip of a target that would hold the whole source at its size. With `clipX` above zero it may read
   * past the source's end where it makes smaller.
   */
  ARGBScaleClip(
    from: number,
    fromStride: number,
    fromWidth: number,
    fromHeight: number,
    to: number,
    toStride: number,
    toWidth: number,
    toHeight: number,
    clipX: number,
    clipY: number,
    clipWidth: number,
    clipHeight: number,
    filter: number,
  ): number;
}

const NAMES: Partial<Record<NodeJS.Platform, string>> = {
  linux: "libyuv.so.0",
  darwin: "libyuv.dylib",
  win32: "libyuv.dll",
};

let loaded: { library: Libyuv | undefined } | undefined;

/** libyuv (Debian package libyuv0), or undefined where it is not installed. */
export function libyuv(): Libyuv | undefined {
  loaded ??= { library: load() };
  return loaded.library;
}

function load(): Libyuv | undefined {
  try {
    const library = koffi.load(NAMES[process.platform] ?? "libyuv.so");
    return {
      ARGBToJ420: library.func(
        "int ARGBToJ420(uintptr_t argb, int argbStride, uintptr_t y, int yStride, uintptr_t u, int uStride, uintptr_t v, int vStride, int width, int height)",
      ),
      ARGBCopy: library.func(
        "int ARGBCopy(uintptr_t from, int fromStride, uintptr_t to, int toStride, int width, int height)",
      ),
      ARGBScaleClip: library.func(
        "int ARGBScaleClip(uintptr_t from, int fromStride, int fromWidth, int fromHeight, uintptr_t to, int toStride, int toWidth, int toHeight, int clipX, int clipY, int clipWidth, int clipHeight, int filter)",
      ),
    };
  } catch {
    return undefined;
  }
}
