import type { Micros } from "../micros.ts";
import type { FragmentFate, Reassembler } from "../reassembler.ts";
import type { FragmentHead } from "../video-fragment.ts";
import { invertMatrix, repairFactor } from "./gf256.ts";
import {
  groupSize,
  MAX_GROUP_FRAGMENTS,
  newRepairHead,
  REPAIR_HEAD_BYTES,
  type RepairHead,
  readRepairHead,
} from "./repair-packet.ts";
import { createXorKernel, type XorKernel } from "./xor-kernel.ts";

/** What became of a repair packet; "kept" may have completed its update already. */
export type RepairFate = FragmentFate | "no-need";

/** The bounds of a decoder. */
export interface FecDecoderLimits {
  /** Repair packets that are kept at once. */
  readonly maxPackets: number;
  /** Fragments that are recovered together. */
  readonly maxMissing: number;
}

interface Stored {
  /** 0: free. */
  frameId: number;
  depth: number;
  group: number;
  row: number;
  lastPieceBytes: number;
  readonly parity: Uint8Array;
}

const STRIDE = 1168;

/**
 * Rebuilds missing fragments inside a reassembler from repair packets. In memory of a bounded size: where more packets wait
 * than fit, those of the oldest update go.
 *
 * After `receive`, and after `fragmentKept` for each fragment that the reassembler kept, poll the reassembler.
 */
export class FecDecoder {
  readonly #reassembler: Reassembler;
  /** Made when something is to be rebuilt for the first time. */
  #kernel: XorKernel | undefined;
  readonly #maxMissing: number;
  readonly #maxPackets: number;
  /** Grows with what comes in, up to the most. */
  readonly #stored: Stored[] = [];
  #storedCount = 0;
  readonly #head: RepairHead = newRepairHead();
  readonly #fragmentHead: FragmentHead = {
    frameId: 0,
    index: 0,
    count: 0,
    pieceBytes: 0,
    keyframe: false,
  };
  /** Members of a group. */
  readonly #missing: Uint16Array;
  readonly #known: Uint16Array = new Uint16Array(MAX_GROUP_FRAGMENTS);
  readonly #used: Stored[] = [];
  readonly #matrix: Uint8Array;
  readonly #inverted: Uint8Array;
  #recovered = 0;
  /** Called for each fragment that was rebuilt. */
  onRecovered: ((frameId: number, index: number) => void) | undefined;

  constructor(reassembler: Reassembler, limits: Partial<FecDecoderLimits> = {}) {
    const { maxPackets = 256, maxMissing = 32 } = limits;
    this.#reassembler = reassembler;
    this.#maxMissing = Math.min(maxMissing, MAX_GROUP_FRAGMENTS);
    // One more than can be solved shows that too much is missing.
    this.#missing = new Uint16Array(this.#maxMissing + 1);
    this.#matrix = new Uint8Array(this.#maxMissing ** 2);
    this.#inverted = new Uint8Array(this.#maxMissing ** 2);
    this.#maxPackets = maxPackets;
  }

  /** Fragments that were rebuilt so far. */
  get recovered(): number {
    return this.#recovered;
  }

  /** The update of the last repair packet that `receive` was given. */
  get lastHead(): Readonly<RepairHead> {
    return this.#head;
  }

  /** Takes the plaintext of a repair packet, `input[0, length)`, borrowed. Throws WireError. */
  receive(input: Uint8Array, length: number, now: Micros): RepairFate {
    const head = this.#head;
    readRepairHead(input, length, head);
    const fragment = this.#fragmentHead;
    fragment.frameId = head.frameId;
    fragment.count = head.count;
    fragment.pieceBytes = head.pieceBytes;
    fragment.keyframe = head.keyframe;
    const fate = this.#reassembler.expect(fragment, now);
    if (fate === "duplicate") return "no-need";
    if (fate !== "kept") return fate;
    if (this.#reassembler.missing(head.frameId, this.#missing, head.group, head.depth) === 0)
      return "no-need";
    for (const stored of this.#stored) {
      if (stored.frameId !== head.frameId) continue;
      if (stored.depth !== head.depth || stored.lastPieceBytes !== head.lastPieceBytes)
        return "inconsistent";
      if (stored.group === head.group && stored.row === head.row) return "duplicate";
    }
    const place = this.#place(head.frameId);
    if (place === undefined) return "no-room";
    place.frameId = head.frameId;
    place.depth = head.depth;
    place.group = head.group;
    place.row = head.row;
    place.lastPieceBytes = head.lastPieceBytes;
    place.parity.set(input.subarray(REPAIR_HEAD_BYTES, length));
    this.#storedCount++;
    this.#solve(head.frameId, head.depth, head.group, head.pieceBytes, head.count, now);
    return "kept";
  }

  /** The reassembler kept a fragment: with it, others of its group may be found. */
  fragmentKept(head: Readonly<FragmentHead>, now: Micros): void {
    if (this.#storedCount === 0) return;
    for (const stored of this.#stored) {
      if (stored.frameId !== head.frameId) continue;
      const group = head.index % stored.depth;
      this.#solve(head.frameId, stored.depth, group, head.pieceBytes, head.count, now);
      return;
    }
  }

  /** Forgets the repair packets of all updates before `frameId`: they are complete or given up. */
  forgetBefore(frameId: number): void {
    if (this.#storedCount === 0) return;
    for (const stored of this.#stored)
      if (stored.frameId !== 0 && stored.frameId < frameId) this.#free(stored);
  }

  #solve(
    frameId: number,
    depth: number,
    group: number,
    pieceBytes: number,
    count: number,
    now: Micros,
  ): void {
    const size = this.#reassembler.missing(frameId, this.#missing, group, depth);
    if (size === 0 || size > this.#maxMissing) return;
    const used = this.#used;
    used.length = 0;
    for (const stored of this.#stored)
      if (stored.frameId === frameId && stored.group === group && used.length < size)
        used.push(stored);
    if (used.length < size) return;
    for (let at = 0; at < size; at++) this.#missing[at] = (this.#missing[at]! - group) / depth;
    const members = groupSize(count, depth, group);
    const matrix = this.#matrix;
    for (let equation = 0; equation < size; equation++)
      for (let at = 0; at < size; at++)
        matrix[equation * size + at] = repairFactor(used[equation]!.row, this.#missing[at]!);
    if (!invertMatrix(matrix, this.#inverted, size)) return;
    this.#loadEquations(frameId, depth, group, members, size, pieceBytes);
    const { lastPieceBytes } = used[0]!;
    for (let at = 0; at < size; at++) {
      const index = group + this.#missing[at]! * depth;
      const bytes = index === count - 1 ? lastPieceBytes : pieceBytes;
      const piece = this.#rebuild(at, size, pieceBytes).subarray(0, bytes);
      if (this.#reassembler.restore(frameId, index, piece, now) !== "kept") continue;
      this.#recovered++;
      this.onRecovered?.(frameId, index);
    }
    for (const stored of this.#stored)
      if (stored.frameId === frameId && stored.group === group) this.#free(stored);
  }

  /** Leaves in the equations' ranges what the missing fragments alone add up to. */
  #loadEquations(
    frameId: number,
    depth: number,
    group: number,
    members: number,
    size: number,
    pieceBytes: number,
  ): void {
    const kernel = this.#openKernel();
    const { memory } = kernel;
    const used = this.#used;
    for (let equation = 0; equation < size; equation++)
      memory.set(used[equation]!.parity.subarray(0, pieceBytes), (2 + equation) * STRIDE);
    let known = 0;
    for (let member = 0, at = 0; member < members; member++)
      if (at < size && this.#missing[at] === member) at++;
      else this.#known[known++] = member;
    for (let at = 0; at < known; at++) {
      const member = this.#known[at]!;
      const piece = this.#reassembler.fragment(frameId, group + member * depth);
      if (piece === undefined) continue;
      memory.set(piece, 0);
      for (let equation = 0; equation < size; equation++)
        kernel.multiplyXor(
          (2 + equation) * STRIDE,
          0,
          piece.length,
          repairFactor(used[equation]!.row, member),
        );
    }
  }

  /** The missing fragment number `at` of the group; borrowed until the next one. */
  #rebuild(at: number, size: number, pieceBytes: number): Uint8Array {
    const kernel = this.#openKernel();
    const { memory } = kernel;
    memory.fill(0, STRIDE, STRIDE + pieceBytes);
    for (let equation = 0; equation < size; equation++)
      kernel.multiplyXor(
        STRIDE,
        (2 + equation) * STRIDE,
        pieceBytes,
        this.#inverted[at * size + equation]!,
      );
    return memory.subarray(STRIDE, STRIDE + pieceBytes);
  }

  #openKernel(): XorKernel {
    // One range for what is read, one for what is rebuilt, one for each equation.
    this.#kernel ??= createXorKernel((2 + this.#maxMissing) * STRIDE);
    return this.#kernel;
  }

  /** A free place, a new one, or that of the oldest update before `frameId`. */
  #place(frameId: number): Stored | undefined {
    let oldest: Stored | undefined;
    for (const stored of this.#stored) {
      if (stored.frameId === 0) return stored;
      if (stored.frameId < (oldest?.frameId ?? frameId)) oldest = stored;
    }
    if (this.#stored.length < this.#maxPackets) {
      const stored = { frameId: 0, depth: 0, group: 0, row: 0, lastPieceBytes: 0 };
      const place = { ...stored, parity: new Uint8Array(STRIDE) };
      this.#stored.push(place);
      return place;
    }
    if (oldest !== undefined) this.#free(oldest);
    return oldest;
  }

  #free(stored: Stored): void {
    stored.frameId = 0;
    this.#storedCount--;
  }
}
