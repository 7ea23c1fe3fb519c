/**
 * What a decoder says back (RFC 9204 §4.4):
 *
 *     | 1 | stream, 7-bit prefix |      the section of this stream is decoded
 *     | 01 | stream, 6-bit prefix |     this stream ended before it was
 *     | 00 | count, 6-bit prefix |      so many insertions came in
 */
import { WireError } from "@wavry/rift-core";
import { Http3Code, Http3Error } from "../http3/http3-error.ts";
import { PrefixReader, pushInteger } from "./primitives.ts";

/** "The section of this stream is decoded." */
export function sectionAcknowledgement(streamId: number): Uint8Array {
  return instruction(0x80, 7, streamId);
}

/** "This stream ended before its section was decoded." */
export function streamCancellation(streamId: number): Uint8Array {
  return instruction(0x40, 6, streamId);
}

/** "So many insertions came in." */
export function insertCountIncrement(count: number): Uint8Array {
  return instruction(0, 6, count);
}

function instruction(head: number, prefixBits: number, value: number): Uint8Array {
  const out: number[] = [];
  pushInteger(out, head, prefixBits, value);
  return Uint8Array.from(out);
}

/**
 * Reads the decoder stream of a peer whose table we never fill: there is nothing to acknowledge, and only cancelled
 * streams may be told.
 */
export class DecoderInstructions {
  #held: Uint8Array = new Uint8Array(0);

  /** The next bytes of the stream; borrowed. Throws Http3Error. */
  read(bytes: Uint8Array): void {
    const input = new Uint8Array(this.#held.length + bytes.length);
    input.set(this.#held);
    input.set(bytes, this.#held.length);
    let done = 0;
    try {
      while (done < input.length) {
        const reader = new PrefixReader(input, done);
        if (reader.peek() >> 6 !== 1)
          throw new WireError("malformed", "nothing was sent that this acknowledges");
        reader.integer(6);
        done = reader.offset;
      }
    } catch (cause) {
      if (!(cause instanceof WireError)) throw cause;
      if (cause.code !== "truncated")
        throw new Http3Error(Http3Code.qpackDecoderStreamError, cause.message);
    }
    this.#held = input.slice(done);
  }
}
