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

/** The parity is at the beginning of the kernel's memory; the pieces are behind these bytes, which are whole vectors. */
const PARITY_BYTES = 1168;
/** The memory for pieces grows with the updates, as one that fits is copied once for all its repair packets. */
const LEAST_PIECES_BYTES = 1 << 16;
const MOST_PIECES_BYTES = 1 << 18;

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
  #parity: Uint8Array = new Uint8Array(0);
  /** What of which update lies behind the parity. */
  #bytes: Uint8Array | undefined;
  #frameId = 0;
  #from = 0;
  #to = 0;
  readonly #head: RepairHead = newRepairHead();

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
    const kernel = this.#kernelFor(bytes.length);
    const parity = this.#parityOf(kernel, head.pieceBytes).fill(0);
    for (let member = 0; member < members; member++) {
      const start = (group + member * depth) * head.pieceBytes;
      const end = Math.min(start + head.pieceBytes, bytes.length);
      const at = this.#load(kernel.memory, update, start, end);
      kernel.multiplyXor(0, at, end - start, repairFactor(row, member));
    }
    writeRepairHead(out, 0, head);
    out.set(parity, REPAIR_HEAD_BYTES);
    return REPAIR_HEAD_BYTES + head.pieceBytes;
  }

  #kernelFor(updateBytes: number): XorKernel {
    const wanted = PARITY_BYTES + Math.min(updateBytes, MOST_PIECES_BYTES);
    if (this.#kernel !== undefined && this.#kernel.memory.length >= wanted) return this.#kernel;
    let piecesBytes = LEAST_PIECES_BYTES;
    while (PARITY_BYTES + piecesBytes < wanted) piecesBytes *= 2;
    this.#bytes = undefined;
    this.#kernel = createXorKernel(PARITY_BYTES + piecesBytes);
    return this.#kernel;
  }

  /** The beginning of the kernel's memory. */
  #parityOf({ memory }: XorKernel, length: number): Uint8Array {
    if (this.#parity.buffer !== memory.buffer || this.#parity.length !== length)
      this.#parity = memory.subarray(0, length);
    return this.#parity;
  }

  /** Copies `update[start, end)` if it is not there yet, with the rest of the update where that fits; gives its place. */
  #load(memory: Uint8Array, update: RepairableUpdate, start: number, end: number): number {
    const { bytes, frameId } = update;
    const isHere = bytes === this.#bytes && frameId === this.#frameId;
    if (!isHere || start < this.#from || end > this.#to) {
      const fits = bytes.length <= memory.length - PARITY_BYTES;
      memory.set(fits ? bytes : bytes.subarray(start, end), PARITY_BYTES);
      this.#bytes = bytes;
      this.#frameId = frameId;
      this.#from = fits ? 0 : start;
      this.#to = fits ? bytes.length : end;
    }
    return PARITY_BYTES + start - this.#from;
  }
}
