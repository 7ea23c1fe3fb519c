/**
 * Frames of HTTP/3 (RFC 9114 §7.1) and capsules (RFC 9297 §3.2), which look alike:
 *
 *     | type, varint | length, varint | payload … |
 */
import { Http3Code, Http3Error } from "./http3-error.ts";
import { varintsThen } from "./varint.ts";
import { VarintReader } from "./varint-reader.ts";

/** What becomes of a payload: collected whole, handed on piece by piece, or passed over. */
export type Taking = "collect" | "stream" | "skip";

export interface FrameListener {
  /** A frame begins. May throw Http3Error where it must not be here. */
  begin(type: number, length: number): Taking;
  /** A collected payload; borrowed. */
  frame(type: number, payload: Uint8Array): void;
  /** A piece of a streamed payload; borrowed, not empty. */
  piece(type: number, bytes: Uint8Array): void;
}

/** Takes a stream apart into frames. A collected payload is bounded, and no other is held. */
export class FrameReader {
  readonly #listener: FrameListener;
  readonly #maxBytes: number;
  readonly #type = new VarintReader();
  readonly #length = new VarintReader();
  #taking: Taking = "skip";
  #left = 0;
  #collected: Uint8Array | undefined;

  constructor(
    listener: FrameListener,
    {
      maxBytes,
      firstType,
    }: {
      maxBytes: number /** The type of the first frame, where it was read already. */;
      firstType?: number;
    },
  ) {
    this.#listener = listener;
    this.#maxBytes = maxBytes;
    if (firstType !== undefined) this.#type.complete(firstType);
  }

  /** Whether the stream may end here. */
  get isBetweenFrames(): boolean {
    return this.#type.isEmpty;
  }

  /** The next bytes of the stream; borrowed. Throws Http3Error, also from the listener. */
  read(input: Uint8Array): void {
    let at = 0;
    while (at < input.length) {
      if (!this.#length.isComplete) {
        at = this.#type.read(input, at);
        if (this.#type.isComplete) at = this.#length.read(input, at);
        if (!this.#length.isComplete) return;
        this.#begin();
      } else {
        const piece = input.subarray(at, at + this.#left);
        at += piece.length;
        this.#take(piece);
      }
    }
  }

  #begin(): void {
    this.#left = this.#length.value;
    this.#taking = this.#listener.begin(this.#type.value, this.#left);
    if (this.#taking === "collect") {
      if (this.#left > this.#maxBytes)
        throw new Http3Error(Http3Code.excessiveLoad, `a frame has over ${this.#maxBytes} bytes`, {
          code: "limit",
        });
      this.#collected = new Uint8Array(this.#left);
    }
    if (this.#left === 0) this.#end();
  }

  #take(piece: Uint8Array): void {
    if (this.#taking === "stream") this.#listener.piece(this.#type.value, piece);
    else if (this.#taking === "collect")
      this.#collected!.set(piece, this.#collected!.length - this.#left);
    this.#left -= piece.length;
    if (this.#left === 0) this.#end();
  }

  #end(): void {
    const type = this.#type.value;
    const payload = this.#collected;
    this.#type.reset();
    this.#length.reset();
    this.#collected = undefined;
    if (payload !== undefined) this.#listener.frame(type, payload);
  }
}

/** A whole frame or capsule. */
export function encodeFrame(type: number, payload: Uint8Array): Uint8Array {
  return varintsThen([type, payload.length], payload);
}
