/** The AV1 sequence header (AV1 §5.5). */
import { WireError } from "@wavry/rift-core/screen";
import { Av1BitReader } from "./av1-bit-reader.ts";
import { av1Units, ObuType } from "./av1-units.ts";

/** What a decoder and a container need to know of a stream. */
export interface Av1Sequence {
  /** seq_profile: 0 main, 1 high (4:4:4), 2 professional. */
  readonly profile: number;
  /** seq_level_idx of the first operating point, 0..31: 8 is level 4.0, 31 none. */
  readonly level: number;
  /** seq_tier of the first operating point. */
  readonly highTier: boolean;
  /** Bits of a sample: 8, 10 or 12. */
  readonly depth: number;
  /** The largest picture, in pixels. */
  readonly width: number;
  readonly height: number;
  readonly monochrome: boolean;
  /** Whether chroma has half as many columns, and half as many rows: both are 4:2:0, neither is 4:4:4. */
  readonly halfColumns: boolean;
  readonly halfRows: boolean;
  /** chroma_sample_position: 0 unknown, 1 vertical, 2 colocated. */
  readonly chromaPosition: number;
  /** color_primaries, transfer_characteristics and matrix_coefficients (AV1 §6.4.2), 0..255; 2: unspecified. */
  readonly primaries: number;
  readonly transfer: number;
  readonly matrix: number;
  readonly fullRange: boolean;
}

/** Largest width or height that is taken seriously. */
const MAX_SIDE = 16_384;
const UNSPECIFIED = 2;
const BT709 = 1;
const SRGB = 13;
const IDENTITY = 0;
/** The values of a flag that is told with each picture. */
const SELECT = 2;

/**
 * The sequence header that a temporal unit (borrowed) begins with, parsed; undefined where its first picture comes before one.
 * Throws WireError where it is not valid.
 */
export function findAv1Sequence(unit: Uint8Array): Av1Sequence | undefined {
  for (const { type, start, end } of av1Units(unit)) {
    if (type === ObuType.sequenceHeader) return parseAv1Sequence(unit.subarray(start, end));
    if (type === ObuType.frame || type === ObuType.frameHeader || type === ObuType.tileGroup)
      return undefined;
  }
  return undefined;
}

/** Parses the payload of one sequence header (borrowed); WireError if it is not valid. */
export function parseAv1Sequence(payload: Uint8Array): Av1Sequence {
  const reader = new Av1BitReader(payload);
  const profile = reader.bits(3);
  if (profile > 2) throw new WireError("unsupported", "a reserved AV1 profile");
  const isStill = reader.flag();
  const isReduced = reader.flag();
  if (isReduced && !isStill) throw new WireError("malformed", "reduced_still_picture_header");
  const point = isReduced ? { level: reader.bits(5), highTier: false } : readPoints(reader);
  const widthBits = reader.bits(4) + 1;
  const heightBits = reader.bits(4) + 1;
  const width = reader.bits(widthBits) + 1;
  const height = reader.bits(heightBits) + 1;
  if (width > MAX_SIDE || height > MAX_SIDE)
    throw new WireError("limit", "an AV1 picture of impossible size");
  if (!isReduced && reader.flag()) reader.bits(7);
  // Superblocks, filter intra, edge filter.
  reader.bits(3);
  if (!isReduced) skipTools(reader);
  // Superres, CDEF, restoration.
  reader.bits(3);
  return { profile, ...point, width, height, ...readColour(reader, profile) };
}

/** The codec string with all its fields (AV1-ISOBMFF §5): "av01.P.LLT.DD.M.CCC.cp.tc.mc.F". */
export function av1CodecString(sequence: Omit<Av1Sequence, "width" | "height">): string {
  const { profile, level, highTier, depth, monochrome, halfColumns, halfRows } = sequence;
  const { chromaPosition, primaries, transfer, matrix, fullRange } = sequence;
  const two = (value: number): string => value.toString().padStart(2, "0");
  const chroma = `${halfColumns ? 1 : 0}${halfRows ? 1 : 0}${halfColumns && halfRows ? chromaPosition : 0}`;
  return [
    "av01",
    profile,
    `${two(level)}${highTier ? "H" : "M"}`,
    two(depth),
    monochrome ? 1 : 0,
    chroma,
    two(primaries),
    two(transfer),
    two(matrix),
    fullRange ? 1 : 0,
  ].join(".");
}

/** timing_info() … operating points; the first of them. */
function readPoints(reader: Av1BitReader): { level: number; highTier: boolean } {
  let delayBits = 0;
  if (reader.flag()) {
    reader.bits(32);
    reader.bits(32);
    if (reader.flag()) reader.unsigned();
    if (reader.flag()) {
      delayBits = reader.bits(5) + 1;
      reader.bits(32);
      reader.bits(10);
    }
  }
  const hasDisplayDelay = reader.flag();
  const count = reader.bits(5) + 1;
  let first: { level: number; highTier: boolean } | undefined;
  for (let index = 0; index < count; index++) {
    reader.bits(12);
    const level = reader.bits(5);
    const highTier = level > 7 && reader.flag();
    first ??= { level, highTier };
    if (delayBits > 0 && reader.flag()) {
      reader.bits(delayBits);
      reader.bits(delayBits);
      reader.bits(1);
    }
    if (hasDisplayDelay && reader.flag()) reader.bits(4);
  }
  return first!;
}

function skipTools(reader: Av1BitReader): void {
  // Interintra and masked compound, warped motion, dual filter.
  reader.bits(4);
  const hasOrderHint = reader.flag();
  if (hasOrderHint) reader.bits(2);
  const screenContent = reader.flag() ? SELECT : reader.bits(1);
  if (screenContent > 0 && !reader.flag()) reader.bits(1);
  if (hasOrderHint) reader.bits(3);
}

type Colour = Pick<
  Av1Sequence,
  "depth" | "monochrome" | "primaries" | "transfer" | "matrix" | "fullRange"
> &
  Pick<Av1Sequence, "halfColumns" | "halfRows" | "chromaPosition">;

/** color_config() (AV1 §5.5.2) */
function readColour(reader: Av1BitReader, profile: number): Colour {
  const isHigh = reader.flag();
  const isTwelve = profile === 2 && isHigh && reader.flag();
  const depth = isTwelve ? 12 : isHigh ? 10 : 8;
  const monochrome = profile !== 1 && reader.flag();
  const isDescribed = reader.flag();
  const primaries = isDescribed ? reader.bits(8) : UNSPECIFIED;
  const transfer = isDescribed ? reader.bits(8) : UNSPECIFIED;
  const matrix = isDescribed ? reader.bits(8) : UNSPECIFIED;
  const colour = { depth, monochrome, primaries, transfer, matrix };
  if (monochrome)
    return {
      ...colour,
      ...{ fullRange: reader.flag(), halfColumns: true, halfRows: true, chromaPosition: 0 },
    };
  const isRgb = primaries === BT709 && transfer === SRGB && matrix === IDENTITY;
  if (isRgb && profile === 0) throw new WireError("malformed", "RGB in 4:2:0");
  const fullRange = isRgb || reader.flag();
  let halfColumns = profile === 0;
  let halfRows = profile === 0;
  if (profile === 2 && !isRgb) {
    halfColumns = depth === 12 ? reader.flag() : true;
    halfRows = depth === 12 && halfColumns && reader.flag();
  }
  const chromaPosition = halfColumns && halfRows ? reader.bits(2) : 0;
  return { ...colour, fullRange, halfColumns, halfRows, chromaPosition };
}
