import { MILLISECOND, type Micros } from "../micros.ts";
import { MAX_DATAGRAM_BYTES } from "../packet.ts";
import { FRAGMENT_HEAD_BYTES, type FragmentHead, writeFragmentHead } from "../video-fragment.ts";
import {
  NACK_HEAD_BYTES,
  type NackEntry,
  newNackEntry,
  readNackEntry,
  readNackHead,
} from "./nack.ts";
import type { RecoveryPlanner } from "./recovery-planner.ts";
import { MAX_REPAIR_ROWS } from "./repair-packet.ts";
import { pieceBytesOf, type RepairableUpdate, RepairWriter } from "./repair-writer.ts";

/** An update of which parts may be sent again. */
export interface SentUpdate extends RepairableUpdate {
  /** When a packet of it may leave for the last time: its capture + the planner's deadline, less a margin. */
  readonly latestAt: Micros;
  /** The plan that it was sent with. */
  readonly depth: number;
  readonly rows: number;
}

/** The bounds of a retransmit buffer. */
export interface RetransmitLimits {
  readonly maxUpdates: number;
  readonly maxBytes: number;
}

interface Entry {
  readonly update: SentUpdate;
  readonly count: number;
  /** Fragments that have left for the first time, and when the first of them did at the earliest. */
  sentCount: number;
  readonly pushedAt: Micros;
  /** For each fragment the last round that it was sent for, and 1 where it is to be sent now; made on the first request. */
  rounds: Uint8Array | undefined;
  pending: Uint8Array | undefined;
  pendingCount: number;
  pendingFrom: number;
  /** For each group: fragments in requests that nobody can repeat, repairs sent for them, the next row. */
  lastAsked: Uint16Array | undefined;
  repairs: Uint8Array | undefined;
  nextRow: Uint8Array | undefined;
  /** The number of the packet after which the last repeat left, and when. */
  repeatPacket: number;
  repeatAt: Micros;
}

/** Two repairs of one update are at least this far apart, except at the end. */
const LEAST_APART_MICROS: Micros = MILLISECOND;
/** Two repeats that nobody can ask for again have so many other packets between them, or so much time. */
const REPEATS_APART_PACKETS = 2;
const REPEATS_APART_MICROS: Micros = 1.5 * MILLISECOND;
/** New video that does not use its turn for so long has none. */
const TURN_MICROS: Micros = MILLISECOND;

/**
 * The updates that were sent last, by reference, so that fragments can be sent again on request. Whoever reuses the bytes
 * of an update before `latestAt` has to push a copy.
 *
 * Before a packet of new video, poll this; repeats are urgent.
 */
export class RetransmitBuffer {
  readonly #planner: RecoveryPlanner;
  readonly #writer: RepairWriter;
  readonly #limits: RetransmitLimits;
  readonly #entries: Entry[] = [];
  readonly #request: NackEntry = newNackEntry();
  readonly #head: FragmentHead = { frameId: 0, index: 0, count: 0, pieceBytes: 0, keyframe: false };
  #bytes = 0;
  #packets = 0;
  /** The number of the last packet that left from here, and when. */
  #ownPacket = 0;
  #ownAt: Micros = -Infinity;
  #packetMicros: Micros = 400;
  #polled: "fragment" | "repair" = "fragment";
  #repeated = 0;
  #repaired = 0;

  constructor(
    planner: RecoveryPlanner,
    writer: RepairWriter = new RepairWriter(),
    limits: Partial<RetransmitLimits> = {},
  ) {
    this.#planner = planner;
    this.#writer = writer;
    this.#limits = { maxUpdates: limits.maxUpdates ?? 32, maxBytes: limits.maxBytes ?? 16 << 20 };
  }

  /** What the last `poll` wrote: a payload of the video channel or of the repair channel. */
  get polled(): "fragment" | "repair" {
    return this.#polled;
  }

  /** Fragments that were sent again. */
  get repeated(): number {
    return this.#repeated;
  }

  /** Repair packets that were sent on request. */
  get repaired(): number {
    return this.#repaired;
  }

  /** How long one packet takes at the pace of sending, so that the last ones leave in time. */
  set packetMicros(micros: Micros) {
    this.#packetMicros = micros;
  }

  /** Notes an update that is about to be sent; what is too old or too much is forgotten. */
  push(update: SentUpdate, now: Micros): void {
    this.#bytes += update.bytes.length;
    this.#entries.push({
      update,
      count: Math.ceil(update.bytes.length / pieceBytesOf(update)),
      sentCount: 0,
      pushedAt: now,
      rounds: undefined,
      pending: undefined,
      pendingCount: 0,
      pendingFrom: 0,
      lastAsked: undefined,
      repairs: undefined,
      nextRow: undefined,
      repeatPacket: -Infinity,
      repeatAt: 0,
    });
    for (let oldest = this.#entries[0]; oldest !== undefined; oldest = this.#entries[0]) {
      const tooMuch =
        this.#entries.length > this.#limits.maxUpdates || this.#bytes > this.#limits.maxBytes;
      if (!tooMuch && oldest.update.latestAt >= now) break;
      this.#entries.shift();
      this.#bytes -= oldest.update.bytes.length;
    }
  }

  /** A packet with the fragment `index` of an update has left for the first time. */
  fragmentSent(frameId: number, index: number): void {
    this.#packets++;
    const entry = this.#find(frameId);
    if (entry !== undefined && index >= entry.sentCount) entry.sentCount = index + 1;
  }

  /** The peer has all of an update. */
  completed(frameId: number): void {
    const place = this.#entries.findIndex(({ update }) => update.frameId === frameId);
    if (place < 0) return;
    this.#bytes -= this.#entries[place]!.update.bytes.length;
    this.#entries.splice(place, 1);
  }

  /** Forgets everything. */
  clear(): void {
    this.#entries.length = 0;
    this.#bytes = 0;
  }

  /** Takes a request (borrowed). Throws WireError; the entries before the wrong one hold. */
  take(message: Uint8Array, now: Micros): void {
    const request = this.#request;
    let offset = NACK_HEAD_BYTES;
    for (let entries = readNackHead(message); entries > 0; entries--) {
      offset = readNackEntry(message, offset, request);
      const entry = this.#find(request.frameId);
      if (entry === undefined || now > entry.update.latestAt) continue;
      // Who asks for all of it before any can have arrived has only guessed that it was lost.
      const guessed = now < entry.pushedAt + 0.9 * this.#planner.rttMicros;
      if (request.bitmap.length > 0 || !guessed) this.#ask(entry, request, now);
    }
  }

  /** When `poll` should be called; `now` or earlier: at once; Infinity: nothing is to be sent. */
  pollTimeout(now: Micros): Micros {
    let next = Infinity;
    // Asked with every packet: an iterator, or a number that is no integer, would be garbage each time.
    for (let place = 0; place < this.#entries.length; place++) {
      const entry = this.#entries[place]!;
      if (entry.pendingCount === 0 && entry.lastAsked === undefined) continue;
      if (now > entry.update.latestAt) continue;
      next = Math.min(next, this.#repeatAt(entry, now), this.#repairAt(entry, now));
    }
    return next === Infinity ? Infinity : Math.max(next, this.#turnAt());
  }

  /** Writes the next payload into `out` (1168 bytes); returns its length, 0: nothing is due. See `polled`. */
  poll(out: Uint8Array, now: Micros): number {
    if (this.#turnAt() > now) return 0;
    for (const entry of this.#entries) {
      if (now > entry.update.latestAt || this.#repeatAt(entry, now) > now) continue;
      return this.#repeat(out, entry, now);
    }
    for (const entry of this.#entries) {
      if (now > entry.update.latestAt || this.#repairAt(entry, now) > now) continue;
      return this.#repair(out, entry, now);
    }
    return 0;
  }

  /** Repeats of old updates hold a new one back by no more than every other packet: when the next one may leave. */
  #turnAt(): Micros {
    const yields = this.#packets === this.#ownPacket && this.#queued() > 0;
    return yields ? this.#ownAt + TURN_MICROS : -Infinity;
  }

  #find(frameId: number): Entry | undefined {
    for (let place = this.#entries.length - 1; place >= 0; place--) {
      const entry = this.#entries[place]!;
      if (entry.update.frameId === frameId) return entry;
    }
    return undefined;
  }

  #ask(entry: Entry, request: Readonly<NackEntry>, now: Micros): void {
    const { depth } = entry.update;
    entry.rounds ??= new Uint8Array(entry.count);
    entry.pending ??= new Uint8Array(entry.count);
    const { bitmap, firstIndex } = request;
    const end =
      bitmap.length === 0
        ? entry.sentCount
        : Math.min(entry.sentCount, firstIndex + 8 * bitmap.length);
    const isLast = !this.#planner.canAskAgain(now, entry.update.latestAt);
    for (let index = firstIndex; index < end; index++) {
      const bit = index - firstIndex;
      if (bitmap.length > 0 && (bitmap[bit >>> 3]! & (1 << (bit & 7))) === 0) continue;
      if (entry.rounds[index]! >= request.round) continue;
      entry.rounds[index] = request.round;
      if (isLast) {
        entry.lastAsked ??= new Uint16Array(depth);
        entry.lastAsked[index % depth]!++;
      }
      if (entry.pending[index] === 1) continue;
      entry.pending[index] = 1;
      entry.pendingCount++;
      if (entry.pendingCount === 1 || index < entry.pendingFrom) entry.pendingFrom = index;
    }
  }

  #repeat(out: Uint8Array, entry: Entry, now: Micros): number {
    let index = entry.pendingFrom;
    while (entry.pending![index] === 0) index++;
    entry.pending![index] = 0;
    entry.pendingCount--;
    entry.pendingFrom = index + 1;
    const { bytes, frameId, keyframe } = entry.update;
    const head = this.#head;
    head.frameId = frameId;
    head.index = index;
    head.count = entry.count;
    head.pieceBytes = pieceBytesOf(entry.update);
    head.keyframe = keyframe;
    const piece = bytes.subarray(index * head.pieceBytes, (index + 1) * head.pieceBytes);
    writeFragmentHead(out, 0, head);
    out.set(piece, FRAGMENT_HEAD_BYTES);
    this.#repeated++;
    this.#polled = "fragment";
    this.#noteRepeat(entry, now);
    return FRAGMENT_HEAD_BYTES + piece.length;
  }

  #repair(out: Uint8Array, entry: Entry, now: Micros): number {
    const { depth, rows } = entry.update;
    const group = this.#wantingGroup(entry);
    entry.repairs ??= new Uint8Array(depth);
    entry.nextRow ??= new Uint8Array(depth).fill(rows);
    entry.repairs[group]!++;
    const row = entry.nextRow[group]!++;
    this.#repaired++;
    this.#polled = "repair";
    this.#noteRepeat(entry, now);
    return this.#writer.write(out, entry.update, depth, group, row);
  }

  #noteRepeat(entry: Entry, now: Micros): void {
    this.#packets++;
    this.#ownPacket = this.#packets;
    this.#ownAt = now;
    entry.repeatPacket = this.#packets;
    entry.repeatAt = now;
    this.#planner.budget.spend(MAX_DATAGRAM_BYTES);
  }

  /** When the next fragment of an update is to be sent again; Infinity: none is. */
  #repeatAt(entry: Entry, now: Micros): Micros {
    if (entry.pendingCount === 0) return Infinity;
    if (entry.lastAsked === undefined) return now;
    // A burst must not take all of them.
    const left = entry.pendingCount + this.#repairsLeft(entry);
    const apart = Math.max(1, Math.min(REPEATS_APART_PACKETS, Math.floor(this.#queued() / left)));
    if (this.#packets - entry.repeatPacket >= apart) return now;
    const endAt = entry.update.latestAt - left * this.#packetMicros;
    return Math.min(entry.repeatAt + REPEATS_APART_MICROS, Math.max(now, endAt));
  }

  /** When the next repair of an update is due: after enough other packets, else as late as it may be; Infinity: none is. */
  #repairAt(entry: Entry, now: Micros): Micros {
    if (entry.lastAsked === undefined || entry.pendingCount > 0) return Infinity;
    if (this.#planner.budget.bytes <= 0) return Infinity;
    const left = this.#repairsLeft(entry);
    if (left === 0) return Infinity;
    const endAt = entry.update.latestAt - left * this.#packetMicros;
    if (now >= endAt || left === 1) return endAt;
    const mayAt = entry.repeatAt + LEAST_APART_MICROS;
    const apart = Math.max(
      1,
      Math.min(this.#planner.packetsApart, Math.floor(this.#queued() / left)),
    );
    if (this.#packets - entry.repeatPacket < apart) return endAt;
    return Math.min(mayAt, endAt);
  }

  /** Fragments that are still to leave for the first time: of the update that is being sent, and of those after it. */
  #queued(): number {
    let queued = 0;
    for (let place = this.#entries.length - 1; place >= 0; place--) {
      const { count, sentCount } = this.#entries[place]!;
      queued += count - sentCount;
      if (sentCount > 0) break;
    }
    return queued;
  }

  #repairsLeft(entry: Entry): number {
    let left = 0;
    for (let group = 0; group < entry.update.depth; group++) left += this.#repairsOf(entry, group);
    return left;
  }

  #repairsOf(entry: Entry, group: number): number {
    const asked = entry.lastAsked![group]!;
    if (asked === 0) return 0;
    const { rows } = entry.update;
    const wanted = Math.min(this.#planner.repairsWithLast(asked), MAX_REPAIR_ROWS - rows);
    return Math.max(0, wanted - (entry.repairs?.[group] ?? 0));
  }

  #wantingGroup(entry: Entry): number {
    let most = 0;
    let wanting = 0;
    for (let group = 0; group < entry.update.depth; group++) {
      const left = this.#repairsOf(entry, group);
      if (left > most) {
        most = left;
        wanting = group;
      }
    }
    return wanting;
  }
}
