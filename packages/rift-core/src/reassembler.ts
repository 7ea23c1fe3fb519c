import type { Micros } from "./micros.ts";
import {
  FRAGMENT_HEAD_BYTES,
  type FragmentHead,
  MAX_FRAGMENTS,
  readFragmentHead,
} from "./video-fragment.ts";

/** The bounds of a reassembler. */
export interface ReassemblerLimits {
  /** Updates that may be incomplete or waiting at once. */
  readonly maxFrames: number;
  /** Bytes of all buffers together. */
  readonly maxBytes: number;
  /** A gap is a loss at once when it is this old and `reorderPackets` newer packets came in … */
  readonly reorderMinMicros: Micros;
  readonly reorderPackets: number;
  /** … and without them when it is this old. */
  readonly reorderMaxMicros: Micros;
}

/** The defaults of spec/rift.md §9. */
export const REASSEMBLER_LIMITS: ReassemblerLimits = {
  maxFrames: 16,
  maxBytes: 32 << 20,
  reorderMinMicros: 2_000,
  reorderPackets: 8,
  reorderMaxMicros: 8_000,
};

/** A whole update, in the order of sending. */
export interface CompleteUpdate {
  readonly frameId: number;
  readonly keyframe: boolean;
  /** False: an update before this one was lost since the last one that was handed out. */
  readonly contiguous: boolean;
  /** When its last missing fragment came in. */
  readonly receivedAt: Micros;
  /** Borrowed: valid until the next call of `receive` or `noteSent`. */
  readonly bytes: Uint8Array;
}

/** What became of a fragment. */
export type FragmentFate = "kept" | "duplicate" | "late" | "inconsistent" | "no-room";

interface Slot {
  frameId: number;
  count: number;
  pieceBytes: number;
  received: number;
  /** One more than the highest index that came in. */
  highWater: number;
  totalBytes: number;
  keyframe: boolean;
  firstSeenAt: Micros;
  completedAt: Micros;
  /** When a fragment came in with one before it missing; undefined: none did. */
  gapSince: Micros | undefined;
  state: "free" | "open" | "complete" | "delivered";
  buffer: Uint8Array;
  readonly map: Uint32Array;
}

const FIRST_CAPACITY_BYTES = 64 << 10;

/**
 * Puts updates together from fragments, in pooled buffers, and hands them out in order. A gap
 * becomes a loss as soon as newer packets make it certain enough; a complete keyframe does not wait
 * for what is missing before it (spec/rift.md §6).
 *
 * Drain: after each `receive` and `noteSent`, and at `pollTimeout`, call `poll` until it returns
 * undefined.
 */
export class Reassembler {
  readonly #limits: ReassemblerLimits;
  readonly #slots: Slot[];
  readonly #head: FragmentHead = { frameId: 0, index: 0, count: 0, pieceBytes: 0, keyframe: false };
  /** The update that is to be handed out next. */
  #next = 1;
  /** The newest update of which anything is known. */
  #newest = 0;
  /** The newest update that the sender said it has sent, and when that was heard. */
  #announced = 0;
  #announcedAt: Micros = 0;
  #packetsSinceGap = 0;
  #contiguous = true;
  #bufferBytes = 0;
  #holdsDelivered = false;
  #completed = 0;
  #lost = 0;
  #largestComplete = 0;
  #largestLost = 0;
  #largestKeyframe = 0;
  #patienceMicros: Micros = 0;
  #piece: Uint8Array = new Uint8Array(0);

  constructor(limits: Partial<ReassemblerLimits> = {}) {
    this.#limits = { ...REASSEMBLER_LIMITS, ...limits };
    this.#slots = Array.from({ length: this.#limits.maxFrames }, () => ({
      frameId: 0,
      count: 0,
      pieceBytes: 0,
      received: 0,
      highWater: 0,
      totalBytes: 0,
      keyframe: false,
      firstSeenAt: 0,
      completedAt: 0,
      gapSince: undefined,
      state: "free",
      buffer: new Uint8Array(0),
      map: new Uint32Array(MAX_FRAGMENTS / 32),
    }));
  }

  /** Updates handed out or waiting to be. */
  get completed(): number {
    return this.#completed;
  }

  /** Updates given up. */
  get lost(): number {
    return this.#lost;
  }

  /** The newest complete update; 0: none. */
  get largestComplete(): number {
    return this.#largestComplete;
  }

  /** The newest update that was given up; 0: none. */
  get largestLost(): number {
    return this.#largestLost;
  }

  /** The newest keyframe that was handed out; 0: none. */
  get largestKeyframe(): number {
    return this.#largestKeyframe;
  }

  /** The head of the last fragment that `receive` was given; overwritten by the next. */
  get lastHead(): Readonly<FragmentHead> {
    return this.#head;
  }

  /** How old a gap becomes before it is a loss, where losses are recovered; 0: the limits of reordering hold. */
  get patienceMicros(): Micros {
    return this.#patienceMicros;
  }

  set patienceMicros(patienceMicros: Micros) {
    this.#patienceMicros = patienceMicros;
  }

  /** Takes the plaintext of a video packet, `input[0, length)`, borrowed. Throws WireError. */
  receive(input: Uint8Array, length: number, now: Micros): FragmentFate {
    const head = this.#head;
    readFragmentHead(input, length, head);
    const slot = this.#admit(head, now);
    if (typeof slot === "string") return slot;
    const { index } = head;
    if (hasFragment(slot, index)) return "duplicate";
    this.#store(slot, index, this.#pieceIn(input, length), now);
    this.#packetsSinceGap = this.#headGapSince() === undefined ? 0 : this.#packetsSinceGap + 1;
    return "kept";
  }

  /**
   * A repair packet says that an update exists and how it is cut (`head.index` means nothing), and that all of it was
   * sent. "duplicate": nothing of the update is missing.
   */
  expect(head: Readonly<FragmentHead>, now: Micros): FragmentFate {
    const slot = this.#admit(head, now);
    if (typeof slot === "string") return slot;
    if (slot.state !== "open") return "duplicate";
    slot.highWater = slot.count;
    slot.gapSince ??= now;
    return "kept";
  }

  /**
   * Writes the places of an open update's missing fragments into `into`, of the places `first`, `first` + `step` … alone;
   * returns how many it wrote, 0: it is not open.
   */
  missing(frameId: number, into: Uint16Array, first = 0, step = 1): number {
    const slot = this.#find(frameId);
    if (slot?.state !== "open") return 0;
    let found = 0;
    for (let index = first; index < slot.count && found < into.length; index += step)
      if (!hasFragment(slot, index)) into[found++] = index;
    return found;
  }

  /** A fragment of an open update, borrowed until it is handed out; undefined: it is missing or the update is not open. */
  fragment(frameId: number, index: number): Uint8Array | undefined {
    const slot = this.#find(frameId);
    if (slot?.state !== "open" || index >= slot.count || !hasFragment(slot, index))
      return undefined;
    const start = index * slot.pieceBytes;
    const end = index === slot.count - 1 ? slot.totalBytes : start + slot.pieceBytes;
    return slot.buffer.subarray(start, end);
  }

  /** Puts a recovered fragment of an open update in its place, as `receive` would; `piece` is borrowed. */
  restore(frameId: number, index: number, piece: Uint8Array, now: Micros): FragmentFate {
    const slot = this.#find(frameId);
    if (slot?.state !== "open") return "late";
    const last = index === slot.count - 1;
    const fits = last ? piece.length <= slot.pieceBytes : piece.length === slot.pieceBytes;
    if (index >= slot.count || !fits || piece.length === 0) return "inconsistent";
    if (hasFragment(slot, index)) return "duplicate";
    this.#store(slot, index, piece, now);
    return "kept";
  }

  /** The sender says that `frameId` was its last update: what is missing up to there is a gap now. */
  noteSent(frameId: number, now: Micros): void {
    this.#releaseDelivered();
    if (frameId < this.#next) return;
    if (frameId > this.#newest) this.#newest = frameId;
    if (frameId > this.#announced) {
      this.#announced = frameId;
      this.#announcedAt = now;
    }
    const slot = this.#find(frameId);
    if (slot?.state === "open") slot.gapSince ??= now;
  }

  /** When `poll` should be called even if nothing comes in; undefined: never. */
  pollTimeout(): Micros | undefined {
    const since = this.#headGapSince();
    if (since === undefined) return undefined;
    return (
      since + (this.#patienceMicros > 0 ? this.#patienceMicros : this.#limits.reorderMaxMicros)
    );
  }

  /** The next update in order; undefined: nothing to hand out now. */
  poll(now: Micros): CompleteUpdate | undefined {
    for (;;) {
      const head = this.#find(this.#next);
      if (head?.state === "complete") return this.#deliver(head);
      if (this.#next > this.#newest) return undefined;
      const keyframe = this.#completeKeyframe();
      if (keyframe !== undefined) {
        while (this.#next < keyframe.frameId) this.#giveUp(keyframe.frameId);
        return this.#deliver(keyframe);
      }
      const since = this.#headGapSince();
      if (since === undefined) return undefined;
      if (!this.#isLoss(now - since)) return undefined;
      this.#giveUp(this.#newest + 1);
    }
  }

  #isLoss(gapMicros: Micros): boolean {
    if (this.#patienceMicros > 0) return gapMicros >= this.#patienceMicros;
    return (
      gapMicros >= this.#limits.reorderMaxMicros ||
      (gapMicros >= this.#limits.reorderMinMicros &&
        this.#packetsSinceGap >= this.#limits.reorderPackets)
    );
  }

  /** The slot of an update that is cut as `head` says, opened if it is new. */
  #admit(head: Readonly<FragmentHead>, now: Micros): Slot | FragmentFate {
    this.#releaseDelivered();
    if (head.frameId < this.#next) return "late";
    const slot = this.#find(head.frameId) ?? this.#open(head, now);
    if (slot === undefined) {
      if (head.frameId < this.#next) return "late";
      this.noteSent(head.frameId, now);
      return "no-room";
    }
    const same =
      slot.count === head.count &&
      slot.pieceBytes === head.pieceBytes &&
      slot.keyframe === head.keyframe;
    return same ? slot : "inconsistent";
  }

  /** The fragments of an update are of one size, and the caller may have them all in one buffer: so the last view serves. */
  #pieceIn(input: Uint8Array, length: number): Uint8Array {
    const piece = this.#piece;
    const isSame =
      piece.buffer === input.buffer &&
      piece.byteOffset === input.byteOffset + FRAGMENT_HEAD_BYTES &&
      piece.length === length - FRAGMENT_HEAD_BYTES;
    if (!isSame) this.#piece = input.subarray(FRAGMENT_HEAD_BYTES, length);
    return this.#piece;
  }

  #store(slot: Slot, index: number, piece: Uint8Array, now: Micros): void {
    slot.map[index >>> 5]! |= 1 << (index & 31);
    const at = index * slot.pieceBytes;
    slot.buffer.set(piece, at);
    if (index === slot.count - 1) slot.totalBytes = at + piece.length;
    slot.received++;
    if (index >= slot.highWater) slot.highWater = index + 1;
    if (slot.received === slot.count) this.#complete(slot, now);
    else if (slot.received < slot.highWater) slot.gapSince ??= now;
    else slot.gapSince = undefined;
  }

  #find(frameId: number): Slot | undefined {
    for (const slot of this.#slots)
      if (slot.frameId === frameId && slot.state !== "free") return slot;
    return undefined;
  }

  #open(head: Readonly<FragmentHead>, now: Micros): Slot | undefined {
    const needed = head.count * head.pieceBytes;
    let slot = this.#slots.find((candidate) => candidate.state === "free");
    while (slot === undefined) {
      this.#giveUp(head.frameId);
      if (head.frameId < this.#next) return undefined;
      slot = this.#slots.find((candidate) => candidate.state === "free");
    }
    if (slot.buffer.length < needed && !this.#grow(slot, needed)) return undefined;
    slot.frameId = head.frameId;
    slot.count = head.count;
    slot.pieceBytes = head.pieceBytes;
    slot.keyframe = head.keyframe;
    slot.received = 0;
    slot.highWater = 0;
    slot.totalBytes = 0;
    slot.firstSeenAt = now;
    slot.gapSince = undefined;
    slot.state = "open";
    slot.map.fill(0, 0, (head.count + 31) >>> 5);
    if (head.frameId > this.#newest) this.#newest = head.frameId;
    return slot;
  }

  #grow(slot: Slot, needed: number): boolean {
    let capacity = Math.max(FIRST_CAPACITY_BYTES, slot.buffer.length);
    while (capacity < needed) capacity *= 2;
    const others = this.#bufferBytes - slot.buffer.length;
    if (others + capacity > this.#limits.maxBytes) capacity = needed;
    if (others + capacity > this.#limits.maxBytes) {
      // Idle buffers of other slots are the only ones that may be dropped for it.
      for (const other of this.#slots)
        if (other.state === "free" && other !== slot) {
          this.#bufferBytes -= other.buffer.length;
          other.buffer = new Uint8Array(0);
        }
      if (this.#bufferBytes - slot.buffer.length + capacity > this.#limits.maxBytes) return false;
    }
    this.#bufferBytes += capacity - slot.buffer.length;
    slot.buffer = new Uint8Array(capacity);
    return true;
  }

  #complete(slot: Slot, now: Micros): void {
    slot.state = "complete";
    slot.completedAt = now;
    this.#completed++;
    if (slot.frameId > this.#largestComplete) this.#largestComplete = slot.frameId;
  }

  #deliver(slot: Slot): CompleteUpdate {
    slot.state = "delivered";
    this.#holdsDelivered = true;
    this.#next = slot.frameId + 1;
    if (slot.keyframe) this.#largestKeyframe = slot.frameId;
    this.#packetsSinceGap = 0;
    const contiguous = this.#contiguous;
    this.#contiguous = true;
    return {
      frameId: slot.frameId,
      keyframe: slot.keyframe,
      contiguous,
      receivedAt: slot.completedAt,
      bytes: slot.buffer.subarray(0, slot.totalBytes),
    };
  }

  /** Gives up the update that is next, and with it all that never showed up before `limit`. */
  #giveUp(limit: number): void {
    const slot = this.#find(this.#next);
    let end = this.#next + 1;
    if (slot === undefined) {
      end = limit;
      for (const other of this.#slots)
        if (other.state !== "free" && other.frameId > this.#next && other.frameId < end)
          end = other.frameId;
    } else {
      // A complete one is handed out by poll before anything is given up, except under pressure.
      if (slot.state === "complete") this.#completed--;
      slot.state = "free";
    }
    this.#lost += end - this.#next;
    this.#largestLost = end - 1;
    this.#next = end;
    if (this.#newest < end - 1) this.#newest = end - 1;
    this.#contiguous = false;
    this.#packetsSinceGap = 0;
  }

  #completeKeyframe(): Slot | undefined {
    let found: Slot | undefined;
    for (const slot of this.#slots)
      if (slot.state === "complete" && slot.keyframe && slot.frameId > (found?.frameId ?? 0))
        found = slot;
    return found;
  }

  /** Since when something newer than a missing part of the next update is known. */
  #headGapSince(): Micros | undefined {
    if (this.#next > this.#newest) return undefined;
    let since = this.#announced >= this.#next ? this.#announcedAt : undefined;
    for (const slot of this.#slots) {
      if (slot.state !== "open" && slot.state !== "complete") continue;
      const evidence = slot.frameId === this.#next ? slot.gapSince : slot.firstSeenAt;
      if (evidence !== undefined && (since === undefined || evidence < since)) since = evidence;
    }
    return since;
  }

  #releaseDelivered(): void {
    if (!this.#holdsDelivered) return;
    this.#holdsDelivered = false;
    for (const slot of this.#slots) if (slot.state === "delivered") slot.state = "free";
  }
}

function hasFragment(slot: Slot, index: number): boolean {
  return (slot.map[index >>> 5]! & (1 << (index & 31))) !== 0;
}
