/** Handshake packets (spec/rift.md §3.1). */
import {
  ascii,
  concat,
  type FieldsOf,
  type InputsOf,
  need,
  read,
  sizeOfLayout,
  write,
} from "./bytes.ts";

export const Pattern = { known: 1, pairing: 2 } as const;

const HEAD = [
  ["type", "u8"],
  ["pattern", "u8"],
  ["version", "u16"],
  ["connectionId", "u32"],
] as const;

/** The layouts of the four packets; the message of an initiation stands with the padding after it. */
export const HANDSHAKE = {
  initiation: [
    ["type", "u8"],
    ["pattern", "u8"],
    ["version", "u16"],
    ["connectionId", "u32"],
    ["padded", "bytes 48"],
    ["proof", "bytes 16"],
    ["gate", "bytes 16"],
    ["cookie", "bytes 16"],
    ["padding", "bytes 152"],
  ],
  response: [
    ["type", "u8"],
    ["pattern", "u8"],
    ["version", "u16"],
    ["connectionId", "u32"],
    ["senderId", "u32"],
    ["message", "rest"],
  ],
  finish: [
    ["type", "u8"],
    ["pattern", "u8"],
    ["version", "u16"],
    ["connectionId", "u32"],
    ["message", "rest"],
  ],
  cookieReply: [
    ["type", "u8"],
    ["pattern", "u8"],
    ["version", "u16"],
    ["connectionId", "u32"],
    ["cookie", "bytes 16"],
    ["code", "bytes 16"],
  ],
} as const;

const TYPES = { initiation: 1, response: 2, finish: 3, cookieReply: 4 } as const;
const FIRST_MESSAGE_BYTES = { 1: 32, 2: 48 } as const;
/** The bytes of an initiation that its proof covers, and its gate. */
export const PROVEN_BYTES = 56;
export const GATED_BYTES = 72;

export type HandshakeName = keyof typeof HANDSHAKE;
type Inputs<N extends HandshakeName> = Omit<InputsOf<(typeof HANDSHAKE)[N]>, "type" | "version">;

export function writeHandshake<N extends HandshakeName>(name: N, fields: Inputs<N>): Uint8Array {
  return write(HANDSHAKE[name], { type: TYPES[name], version: 1, ...fields } as never);
}

/** Noise message 1 with the zeros after it. */
export function padFirst(message: Uint8Array): Uint8Array {
  return concat(message, new Uint8Array(PROVEN_BYTES - 8 - message.length));
}

/** Throws Refused for what is no such packet. */
export function readHandshake<N extends HandshakeName>(
  name: N,
  datagram: Uint8Array,
): FieldsOf<(typeof HANDSHAKE)[N]> {
  const head = read(HEAD, datagram);
  need(head.type === TYPES[name], "another type");
  need(head.pattern === 1 || head.pattern === 2, "an unknown pattern");
  need(head.version === 1 && head.connectionId !== 0, "another version, or no id");
  const layout = HANDSHAKE[name];
  const fixed = layout.at(-1)![1] !== "rest";
  const size = sizeOfLayout(layout);
  need(fixed ? datagram.length === size : datagram.length > size, "a wrong length");
  const fields = read(layout, datagram);
  if ("padding" in fields) needZeros(fields.padding as Uint8Array);
  return fields as FieldsOf<(typeof HANDSHAKE)[N]>;
}

/** Noise message 1 of an initiation. Throws Refused where the rest is not zero. */
export function firstMessage(padded: Uint8Array, pattern: number): Uint8Array {
  const length = FIRST_MESSAGE_BYTES[pattern as 1 | 2];
  needZeros(padded.subarray(length));
  return padded.slice(0, length);
}

function needZeros(padding: Uint8Array): void {
  need(
    padding.every((byte) => byte === 0),
    "the padding is not zero",
  );
}

/** The prologue: a label and the initiation's head. */
export function prologueOf(initiation: Uint8Array): Uint8Array {
  return concat(ascii("wavry rift v1"), initiation.subarray(0, 8));
}
