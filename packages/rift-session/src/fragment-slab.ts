import { LengthViews, MAX_PAYLOAD_BYTES } from "@wavry/rift-core";

/** What of an update is copied at once. */
const STRETCH_BYTES = 65_536;

/**
 * The memory in which payloads of video are written. Pieces of an update get there by way of a stretch of it that lies
 * behind the payload in the same buffer: to copy within a buffer needs no view of either place.
 */
export class FragmentSlab {
  readonly #views = new LengthViews(MAX_PAYLOAD_BYTES + STRETCH_BYTES, MAX_PAYLOAD_BYTES);
  #frameId = 0;
  #from = 0;
  #to = 0;

  /** Where a payload is written. */
  readonly payload: Uint8Array = this.#views.first(MAX_PAYLOAD_BYTES);

  /** The payload's first bytes. */
  first(length: number): Uint8Array {
    return this.#views.first(length);
  }

  /** Copies `update[start, end)`, up to one payload, into the payload at `offset`. Frame ids go up, from 1. */
  copy(frameId: number, update: Uint8Array, start: number, end: number, offset: number): void {
    if (frameId !== this.#frameId || start < this.#from || end > this.#to)
      this.#load(frameId, update, start);
    const at = MAX_PAYLOAD_BYTES + start - this.#from;
    this.#views.bytes.copyWithin(offset, at, at + end - start);
  }

  #load(frameId: number, update: Uint8Array, start: number): void {
    const end = Math.min(update.length, start + STRETCH_BYTES);
    const isAll = end - start === update.length;
    this.#views.bytes.set(isAll ? update : update.subarray(start, end), MAX_PAYLOAD_BYTES);
    this.#frameId = frameId;
    this.#from = start;
    this.#to = end;
  }
}
