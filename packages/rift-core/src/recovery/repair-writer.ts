import { MAX_FRAGMENT_BYTES } from "../video-fragment.ts";
import { repairFactor } from "./gf256.ts";
import {
  groupSize,
  MAX_GROUP_FRAGMENTS,
  MAX_GROUPS,
  MAX_REPAIR_ROWS,
  newRepairHead,
  REPAIR_HEAD_BYTES,
  type RepairHead,
  writeRepairHead,
} from "./repair-packet.ts";
import { createXorKernel, type XorKernel } from "./xor-kernel.ts";

/** An update that was cut into fragments, and what of it a repair packet needs. */
export interface RepairableUpdate {
  readonly frameId: number;
  /** Borrowed. */
  readonly bytes: Uint8Array;
  readonly keyframe: boolean;
  /** Bytes of every fragment's piece but the last; left out: as many as fit. */
  readonly pieceBytes?: number;
}

/** Bytes from one range of the kernel's memory to the next; whole vectors. */
const STRIDE = 1168;

/** Fragments of an update of so many bytes (spec/rift.md §6). */
export function fragmentCount(bytes: number): number {
  return Math.ceil(bytes / MAX_FRAGMENT_BYTES);
}

/**
 * The piece for an update of so many bytes that makes its fragments equal, but for a few bytes of the last: as many as
 * with full ones, and what is sent again or added for repair is no longer than it has to be.
 */
export function equalPieceBytes(bytes: number): number {
  return Math.ceil(bytes / fragmentCount(bytes));
}

/** The piece that an update is cut into. */
export function pieceBytesOf(update: RepairableUpdate): number {
  return update.pieceBytes ?? Math.min(MAX_FRAGMENT_BYTES, update.bytes.length);
}

/** Makes repair packets; one serves any number of updates. */
export class RepairWriter {
  /** Made when it is needed first: most connections lose nothing for long. */
  #kernel: XorKernel | undefined;
  readonly #head: RepairHead = newRepairHead();

  /** `kernel`: at least 2336 bytes; its first 2336 are overwritten by each call. Default: one of its own. */
  constructor(kernel?: XorKernel) {
    this.#kernel = kernel;
  }

  /**
   * Writes the payload of a repair packet into `out`, which has room for 1168 bytes; returns its length. RangeError
   * where depth, group and row make no packet.
   */
  write(
    out: Uint8Array,
    update: RepairableUpdate,
    depth: number,
    group: number,
    row: number,
  ): number {
    const { bytes } = update;
    const count = Math.ceil(bytes.length / pieceBytesOf(update));
    const members = groupSize(count, depth, group);
    if (!(group < depth && depth <= MAX_GROUPS && row < MAX_REPAIR_ROWS))
      throw new RangeError("no such repair packet");
    if (!(members >= 1 && members <= MAX_GROUP_FRAGMENTS))
      throw new RangeError(`a group cannot have ${members} fragments`);
    const head = this.#head;
    head.frameId = update.frameId;
    head.count = count;
    head.keyframe = update.keyframe;
    head.pieceBytes = pieceBytesOf(update);
    head.lastPieceBytes = bytes.length - (count - 1) * head.pieceBytes;
    head.depth = depth;
    head.group = group;
    head.row = row;
    this.#kernel ??= createXorKernel(2 * STRIDE);
    const kernel = this.#kernel;
    const { memory } = kernel;
    memory.fill(0, 0, head.pieceBytes);
    for (let member = 0; member < members; member++) {
      const start = (group + member * depth) * head.pieceBytes;
      const piece = bytes.subarray(start, start + head.pieceBytes);
      memory.set(piece, STRIDE);
      kernel.multiplyXor(0, STRIDE, piece.length, repairFactor(row, member));
    }
    writeRepairHead(out, 0, head);
    out.set(memory.subarray(0, head.pieceBytes), REPAIR_HEAD_BYTES);
    return REPAIR_HEAD_BYTES + head.pieceBytes;
  }
}
