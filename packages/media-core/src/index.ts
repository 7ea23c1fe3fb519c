/** Pure media code, for Node and browsers: H.264 and AV1 units, lossless screen patches, damage geometry, how pictures fit screens. */
export { hasIdr, NalType, type NalUnit, nalUnits } from "./annex-b.ts";
export {
  type Av1Sequence,
  av1CodecString,
  findAv1Sequence,
  parseAv1Sequence,
} from "./av1-sequence.ts";
export { av1Units, type Obu, ObuType } from "./av1-units.ts";
export { BitReader } from "./bit-reader.ts";
export { alignRect, boundingRect, DamageRegion, rectsOverlap } from "./damage-region.ts";
export { findSps, h264CodecString, parseSps, type SpsInfo } from "./h264-sps.ts";
export { PatchDecoder } from "./patch-decoder.ts";
export { PatchEncoder, patchMaxBytes } from "./patch-encoder.ts";
export { type PictureFit, pictureFit } from "./picture-fit.ts";
export type { PixelImage } from "./pixel-image.ts";
