import { readU16, readU32, writeU16, writeU32 } from "../bytes.ts";
import { MAX_FRAGMENT_BYTES, MAX_FRAGMENTS } from "../video-fragment.ts";
import { WireError } from "../wire-error.ts";

/** Bytes before the parity in a packet on the repair channel. */
export const REPAIR_HEAD_BYTES = 12;
/** The most fragments that one repair packet covers. */
export const MAX_GROUP_FRAGMENTS = 64;
/** Rows are below this, so that any of them can be solved together (gf256.ts). */
export const MAX_REPAIR_ROWS = 128;
/** The most groups of one update. */
export const MAX_GROUPS = 255;

const FLAG_KEYFRAME = 0x8000;

/** The head of a repair packet; mutable so that one object serves every packet. */
export interface RepairHead {
  /** The update that it covers a part of. */
  frameId: number;
  /** Fragments of that update. */
  count: number;
  keyframe: boolean;
  /** Bytes of every piece but the last, and of the parity. */
  pieceBytes: number;
  lastPieceBytes: number;
  /** Groups of the update: fragment i belongs to group i mod depth, as its member floor(i / depth). */
  depth: number;
  group: number;
  /** Which linear combination of the members this is; row 0 is their XOR. */
  row: number;
}

/** How many groups an update of so many fragments has where nothing asks for more. */
export function repairDepth(count: number): number {
  return Math.ceil(count / MAX_GROUP_FRAGMENTS);
}

/** Fragments in a group. */
export function groupSize(count: number, depth: number, group: number): number {
  return Math.ceil((count - group) / depth);
}

/**
 *     |           frame id (32)           |
 *     |K| reserved |count(14)| last piece bytes (16) |   K: keyframe
 *     | depth  | group  |  row   | reserved|
 *     | parity …
 *
 * The parity has as many bytes as every piece but the last; the last one counts as if zeros followed it.
 */
export function writeRepairHead(
  out: Uint8Array,
  offset: number,
  head: Readonly<RepairHead>,
): number {
  let at = writeU32(out, offset, head.frameId);
  at = writeU16(out, at, head.count | (head.keyframe ? FLAG_KEYFRAME : 0));
  at = writeU16(out, at, head.lastPieceBytes);
  out[at] = head.depth;
  out[at + 1] = head.group;
  out[at + 2] = head.row;
  out[at + 3] = 0;
  return at + 4;
}

/** Reads the head of the repair packet in `input[0, length)`. Throws WireError. Allocates nothing. */
export function readRepairHead(input: Uint8Array, length: number, into: RepairHead): void {
  if (length <= REPAIR_HEAD_BYTES) throw new WireError("truncated", "a repair packet is cut short");
  const flags = readU16(input, 4);
  into.frameId = readU32(input, 0);
  into.count = flags & 0x3fff;
  into.keyframe = (flags & FLAG_KEYFRAME) !== 0;
  into.lastPieceBytes = readU16(input, 6);
  into.depth = input[8]!;
  into.group = input[9]!;
  into.row = input[10]!;
  into.pieceBytes = length - REPAIR_HEAD_BYTES;
  if (into.frameId === 0) throw new WireError("malformed", "frame id zero");
  if (into.count > MAX_FRAGMENTS || into.pieceBytes > MAX_FRAGMENT_BYTES)
    throw new WireError("limit", "an update is too large");
  if (into.count === 0 || into.depth === 0 || into.depth > into.count || into.group >= into.depth)
    throw new WireError("malformed", "a repair packet covers nothing");
  if (into.lastPieceBytes === 0 || into.lastPieceBytes > into.pieceBytes)
    throw new WireError("malformed", "the last piece of an update has a wrong length");
  if (into.count === 1 && into.lastPieceBytes !== into.pieceBytes)
    throw new WireError("malformed", "an only piece is no shorter than its parity");
  if (
    into.row >= MAX_REPAIR_ROWS ||
    groupSize(into.count, into.depth, into.group) > MAX_GROUP_FRAGMENTS
  )
    throw new WireError("limit", "a repair packet covers too much");
}

/** A head with nothing in it. */
export function newRepairHead(): RepairHead {
  return {
    frameId: 0,
    count: 0,
    keyframe: false,
    pieceBytes: 0,
    lastPieceBytes: 0,
    depth: 0,
    group: 0,
    row: 0,
  };
}
