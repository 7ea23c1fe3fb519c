import { MAX_PAYLOAD_BYTES } from "../packet.ts";
import {
  MAX_NACK_BITMAP_BYTES,
  NACK_ENTRY_BYTES,
  NACK_HEAD_BYTES,
  type NackEntry,
  writeNackEntry,
  writeNackHead,
} from "./nack.ts";
import { FragmentState, type TrackedUpdate } from "./tracked-update.ts";

const MAX_ENTRIES = 255;

/** Puts what is asked for into one request: an entry a round and run of fragments. */
export class RequestWriter {
  readonly #bitmap: Uint8Array = new Uint8Array(MAX_NACK_BITMAP_BYTES);
  readonly #entry: Omit<NackEntry, "bitmap"> = { frameId: 0, round: 0, firstIndex: 0 };
  #out: Uint8Array = new Uint8Array(0);
  #offset = 0;
  #entries = 0;

  /** Begins a request in `out` (1168 bytes, borrowed until `end`). */
  begin(out: Uint8Array): void {
    this.#out = out;
    this.#offset = NACK_HEAD_BYTES;
    this.#entries = 0;
  }

  /** Adds what is asked for of an update, as far as it fits. */
  add(tracked: Readonly<TrackedUpdate>): void {
    const entry = this.#entry;
    for (let at = tracked.low; at < tracked.high && this.#entries < MAX_ENTRIES; ) {
      if (tracked.states[at] !== FragmentState.asked) {
        at++;
        continue;
      }
      const span = this.#gather(tracked, at);
      const bitmapBytes = tracked.count === 0 ? 0 : (span + 7) >>> 3;
      if (this.#offset + NACK_ENTRY_BYTES + bitmapBytes > MAX_PAYLOAD_BYTES) return;
      entry.frameId = tracked.frameId;
      entry.round = tracked.rounds[at]!;
      entry.firstIndex = at;
      this.#offset = writeNackEntry(this.#out, this.#offset, entry, bitmapBytes);
      for (let byte = 0; byte < bitmapBytes; byte++)
        this.#out[this.#offset++] = this.#bitmap[byte]!;
      this.#entries++;
      at += span;
    }
  }

  /** Ends the request; returns its length, 0: nothing was added. */
  end(): number {
    if (this.#entries === 0) return 0;
    writeNackHead(this.#out, 0, this.#entries);
    return this.#offset;
  }

  /** Collects the fragments from `first` on that are asked for in its round, up to one of another round; gives their span. */
  #gather(tracked: Readonly<TrackedUpdate>, first: number): number {
    const bitmap = this.#bitmap;
    const round = tracked.rounds[first];
    const end = Math.min(tracked.high, first + 8 * bitmap.length);
    bitmap.fill(0);
    let span = 0;
    for (let at = first; at < end; at++) {
      if (tracked.states[at] !== FragmentState.asked) continue;
      if (tracked.rounds[at] !== round) break;
      const bit = at - first;
      bitmap[bit >>> 3]! |= 1 << (bit & 7);
      span = bit + 1;
    }
    return span;
  }
}
