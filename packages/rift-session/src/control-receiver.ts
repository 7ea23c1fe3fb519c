import { readU32, WireError } from "@wavry/rift-core";
import {
  type ControlAcknowledgement,
  MAX_CONTROL_BYTES,
  type StreamRange,
} from "@wavry/rift-core/control";
import { BOUNDS } from "./constants.ts";

const WINDOW = BOUNDS.controlWindowBytes;
const LENGTH_BYTES = 4;

/** The receiving half of the control stream: puts bytes in order and cuts them into messages. */
export class ControlReceiver {
  /** Everything before this offset has been taken in. */
  #received = 0;
  /** What came in beyond the first gap, ascending; its bytes stand in the ring. */
  #ranges: StreamRange[] = [];
  #ring: Uint8Array | undefined;
  readonly #length = new Uint8Array(LENGTH_BYTES);
  #lengthFill = 0;
  #message: Uint8Array | undefined;
  #messageFill = 0;
  #messages: Uint8Array[] = [];

  /**
   * Takes bytes of the stream (borrowed). Throws WireError where they are outside the window or
   * announce a message over 1 MiB; the stream cannot go on after the latter.
   */
  receive(streamOffset: number, bytes: Uint8Array): void {
    const end = streamOffset + bytes.length;
    if (end > this.#received + WINDOW)
      throw new WireError("limit", "control data beyond what was allowed");
    if (end <= this.#received) return;
    const start = Math.max(streamOffset, this.#received);
    const fresh = bytes.subarray(start - streamOffset);
    if (start > this.#received) {
      this.#keep(start, fresh);
      return;
    }
    this.#received = end;
    this.#consume(fresh);
    this.#consumeRing();
  }

  /** The next whole message, owned by the caller; undefined: none. */
  poll(): Uint8Array | undefined {
    return this.#messages.shift();
  }

  /** What to tell the sender. */
  acknowledgement(): ControlAcknowledgement {
    return {
      received: this.#received,
      allowed: this.#received + WINDOW,
      ranges: this.#ranges,
    };
  }

  #keep(start: number, bytes: Uint8Array): void {
    const end = start + bytes.length;
    const merged: StreamRange[] = [];
    let range: StreamRange = { start, end };
    let placed = false;
    for (const other of this.#ranges) {
      if (other.end < range.start) merged.push(other);
      else if (other.start > range.end) {
        if (!placed) merged.push(range);
        placed = true;
        merged.push(other);
      } else {
        range = {
          start: Math.min(range.start, other.start),
          end: Math.max(range.end, other.end),
        };
      }
    }
    if (!placed) merged.push(range);
    if (merged.length > BOUNDS.controlRanges) return;
    this.#ranges = merged;
    this.#ring ??= new Uint8Array(WINDOW);
    const at = start % WINDOW;
    const first = Math.min(bytes.length, WINDOW - at);
    this.#ring.set(bytes.subarray(0, first), at);
    this.#ring.set(bytes.subarray(first), 0);
  }

  #consumeRing(): void {
    const ring = this.#ring;
    while (ring !== undefined && this.#ranges.length > 0) {
      const { start, end } = this.#ranges[0]!;
      if (start > this.#received) return;
      this.#ranges.shift();
      while (this.#received < end) {
        const at = this.#received % WINDOW;
        const length = Math.min(end - this.#received, WINDOW - at);
        this.#received += length;
        this.#consume(ring.subarray(at, at + length));
      }
    }
  }

  #consume(bytes: Uint8Array): void {
    let at = 0;
    while (at < bytes.length) {
      if (this.#message === undefined) {
        const take = Math.min(LENGTH_BYTES - this.#lengthFill, bytes.length - at);
        this.#length.set(bytes.subarray(at, at + take), this.#lengthFill);
        this.#lengthFill += take;
        at += take;
        if (this.#lengthFill < LENGTH_BYTES) return;
        this.#lengthFill = 0;
        const length = readU32(this.#length, 0);
        if (length > MAX_CONTROL_BYTES)
          throw new WireError("limit", "a control message is over 1 MiB");
        this.#message = new Uint8Array(length);
        this.#messageFill = 0;
      }
      const take = Math.min(this.#message.length - this.#messageFill, bytes.length - at);
      this.#message.set(bytes.subarray(at, at + take), this.#messageFill);
      this.#messageFill += take;
      at += take;
      if (this.#messageFill < this.#message.length) return;
      this.#messages.push(this.#message);
      this.#message = undefined;
    }
  }
}
