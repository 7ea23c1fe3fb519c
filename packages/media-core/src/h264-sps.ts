/** The H.264 sequence parameter set (ITU-T H.264 §7.3.2.1.1, annex E). */
import { WireError } from "@wavry/rift-core/screen";
import { NalType, nalUnits } from "./annex-b.ts";
import { BitReader } from "./bit-reader.ts";

/** What a decoder and a container need to know of a stream. */
export interface SpsInfo {
  /** profile_idc: 66 baseline, 77 main, 100 high. */
  readonly profile: number;
  /** The six constraint flags and two reserved bits, as in the codec string. */
  readonly constraints: number;
  /** level_idc: ten times the level. */
  readonly level: number;
  /** Size of the shown picture in pixels, after cropping. */
  readonly width: number;
  readonly height: number;
  /** chroma_format_idc: 1 is 4:2:0. */
  readonly chromaFormat: number;
  /** max_num_ref_frames. */
  readonly refFrames: number;
  /** Frames a decoder may have to hold back before it shows one; undefined if the stream does not say. */
  readonly reorderFrames: number | undefined;
  /** max_dec_frame_buffering; undefined if the stream does not say. */
  readonly decodedBuffer: number | undefined;
  /** video_full_range_flag. */
  readonly fullRange: boolean;
  /** matrix_coefficients (H.264 table E-5): 1 BT.709, 5 and 6 BT.601, 2 unknown. */
  readonly matrix: number;
}

/** Largest width or height that is taken seriously. */
const MAX_SIDE = 16_384;
const PROFILES_WITH_CHROMA = new Set([
  100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135,
]);

/** The first SPS of an Annex B stream, parsed, or undefined if it has none; WireError if it is not valid. */
export function findSps(stream: Uint8Array): SpsInfo | undefined {
  for (const unit of nalUnits(stream))
    if (unit.type === NalType.sps) return parseSps(stream.subarray(unit.start, unit.end));
  return undefined;
}

/** Parses one SPS unit (header byte first; borrowed); WireError if it is not valid. */
export function parseSps(unit: Uint8Array): SpsInfo {
  const reader = new BitReader(unit);
  if ((reader.bits(8) & 31) !== NalType.sps) throw new WireError("malformed", "not an SPS");
  const profile = reader.bits(8);
  const constraints = reader.bits(8);
  const level = reader.bits(8);
  reader.unsigned();
  let chromaFormat = 1;
  if (PROFILES_WITH_CHROMA.has(profile)) {
    chromaFormat = reader.unsigned();
    if (chromaFormat > 3) throw new WireError("malformed", "chroma_format_idc");
    if (chromaFormat === 3) reader.bit();
    reader.unsigned();
    reader.unsigned();
    reader.bit();
    if (reader.flag()) skipScalingLists(reader, chromaFormat === 3 ? 12 : 8);
  }
  reader.unsigned();
  skipPictureOrder(reader);
  const refFrames = reader.unsigned();
  reader.bit();
  const widthBlocks = reader.unsigned() + 1;
  const heightUnits = reader.unsigned() + 1;
  const framesOnly = reader.flag();
  if (!framesOnly) reader.bit();
  reader.bit();
  const fieldFactor = framesOnly ? 1 : 2;
  const crop = readCrop(reader, chromaFormat, fieldFactor);
  const width = widthBlocks * 16 - crop.horizontal;
  const height = heightUnits * fieldFactor * 16 - crop.vertical;
  if (width < 1 || height < 1 || width > MAX_SIDE || height > MAX_SIDE)
    throw new WireError("limit", "an H.264 picture of impossible size");
  return {
    profile,
    constraints,
    level,
    width,
    height,
    chromaFormat,
    refFrames,
    ...readVui(reader),
  };
}

/** The RFC 6381 codec string of a stream: "avc1.PPCCLL". */
export function h264CodecString(sps: Pick<SpsInfo, "profile" | "constraints" | "level">): string {
  const hex = (byte: number): string => byte.toString(16).padStart(2, "0").toUpperCase();
  return `avc1.${hex(sps.profile)}${hex(sps.constraints)}${hex(sps.level)}`;
}

function skipScalingLists(reader: BitReader, count: number): void {
  for (let list = 0; list < count; list++) {
    if (!reader.flag()) continue;
    let last = 8;
    let next = 8;
    for (let left = list < 6 ? 16 : 64; left > 0; left--) {
      if (next !== 0) next = (last + reader.signed() + 256) & 255;
      if (next !== 0) last = next;
    }
  }
}

function skipPictureOrder(reader: BitReader): void {
  const kind = reader.unsigned();
  if (kind === 0) reader.unsigned();
  else if (kind === 1) {
    reader.bit();
    reader.signed();
    reader.signed();
    const count = reader.unsigned();
    if (count > 255) throw new WireError("malformed", "num_ref_frames_in_pic_order_cnt_cycle");
    for (let left = count; left > 0; left--) reader.signed();
  } else if (kind > 2) throw new WireError("malformed", "pic_order_cnt_type");
}

function readCrop(
  reader: BitReader,
  chromaFormat: number,
  fieldFactor: number,
): { horizontal: number; vertical: number } {
  if (!reader.flag()) return { horizontal: 0, vertical: 0 };
  const unitX = chromaFormat === 1 || chromaFormat === 2 ? 2 : 1;
  const unitY = (chromaFormat === 1 ? 2 : 1) * fieldFactor;
  const horizontal = reader.unsigned() + reader.unsigned();
  const vertical = reader.unsigned() + reader.unsigned();
  return { horizontal: horizontal * unitX, vertical: vertical * unitY };
}

type Vui = Pick<SpsInfo, "reorderFrames" | "decodedBuffer" | "fullRange" | "matrix">;

function readVui(reader: BitReader): Vui {
  const vui = {
    reorderFrames: undefined as number | undefined,
    decodedBuffer: undefined as number | undefined,
    fullRange: false,
    matrix: 2,
  };
  if (!reader.flag()) return vui;
  if (reader.flag() && reader.bits(8) === 255) reader.bits(32);
  if (reader.flag()) reader.bit();
  if (reader.flag()) {
    reader.bits(3);
    vui.fullRange = reader.flag();
    if (reader.flag()) {
      reader.bits(16);
      vui.matrix = reader.bits(8);
    }
  }
  if (reader.flag()) {
    reader.unsigned();
    reader.unsigned();
  }
  if (reader.flag()) {
    reader.bits(32);
    reader.bits(32);
    reader.bit();
  }
  const nal = reader.flag();
  if (nal) skipHrd(reader);
  const vcl = reader.flag();
  if (vcl) skipHrd(reader);
  if (nal || vcl) reader.bit();
  reader.bit();
  if (reader.flag()) {
    reader.bit();
    for (let left = 4; left > 0; left--) reader.unsigned();
    vui.reorderFrames = reader.unsigned();
    vui.decodedBuffer = reader.unsigned();
  }
  return vui;
}

function skipHrd(reader: BitReader): void {
  const count = reader.unsigned() + 1;
  if (count > 32) throw new WireError("malformed", "cpb_cnt_minus1");
  reader.bits(8);
  for (let left = count; left > 0; left--) {
    reader.unsigned();
    reader.unsigned();
    reader.bit();
  }
  reader.bits(20);
}
