import { readU8, readU16, WireError } from "@wavry/rift-core";

/** The longest message that is passed on: a full datagram with its TURN header. */
export const MAX_TURN_MESSAGE_BYTES = 4_096;
const STUN_HEADER_BYTES = 20;
const CHANNEL_HEADER_BYTES = 4;

/**
 * The length of the TURN message that begins with these 4 bytes, without padding (RFC 8656 §12.4, RFC 8489 §5):
 *
 *      0                   1                   2                   3
 *     +---+---------------------------+-------------------------------+
 *     |0 0|      message type         |   length after 20 bytes       |   STUN
 *     |0 1|      channel number       |   length after  4 bytes       |   ChannelData
 *     +---+---------------------------+-------------------------------+
 */
export function turnMessageBytes(input: Uint8Array, offset: number): number {
  const kind = readU8(input, offset) >> 6;
  if (kind > 1) throw new WireError("malformed", "this is no TURN message");
  const header = kind === 0 ? STUN_HEADER_BYTES : CHANNEL_HEADER_BYTES;
  return header + readU16(input, offset + 2);
}

/** Bytes that a message takes on a stream: ChannelData is padded to whole words there (RFC 8656 §12.5). */
export function paddedBytes(messageBytes: number): number {
  return (messageBytes + 3) & ~3;
}

/** A message as it goes on a stream; borrowed where nothing is to be added. */
export function frameForStream(message: Uint8Array): Uint8Array {
  const bytes = paddedBytes(message.length);
  if (bytes === message.length) return message;
  const framed = new Uint8Array(bytes);
  framed.set(message);
  return framed;
}

/** Cuts what comes on a stream into TURN messages. */
export class TurnStreamReader {
  readonly #kept: Uint8Array = new Uint8Array(MAX_TURN_MESSAGE_BYTES + 4);
  #keptBytes = 0;
  readonly #onMessage: (message: Uint8Array) => void;

  /** `onMessage` borrows what it gets. */
  constructor(onMessage: (message: Uint8Array) => void) {
    this.#onMessage = onMessage;
  }

  /** Takes the next bytes (borrowed). Throws WireError; the stream is of no more use then. */
  push(chunk: Uint8Array): void {
    let offset = 0;
    while (offset < chunk.length) {
      const wanted = this.#wantedBytes();
      const taken = Math.min(wanted - this.#keptBytes, chunk.length - offset);
      this.#kept.set(chunk.subarray(offset, offset + taken), this.#keptBytes);
      this.#keptBytes += taken;
      offset += taken;
      if (this.#keptBytes < CHANNEL_HEADER_BYTES || this.#keptBytes < this.#wantedBytes()) continue;
      this.#keptBytes = 0;
      this.#onMessage(this.#kept.subarray(0, turnMessageBytes(this.#kept, 0)));
    }
  }

  /** How many bytes are to be kept before there is more to say. */
  #wantedBytes(): number {
    if (this.#keptBytes < CHANNEL_HEADER_BYTES) return CHANNEL_HEADER_BYTES;
    const bytes = turnMessageBytes(this.#kept, 0);
    if (bytes > MAX_TURN_MESSAGE_BYTES) throw new WireError("limit", "a TURN message is too long");
    return paddedBytes(bytes);
  }
}
