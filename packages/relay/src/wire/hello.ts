import { WireError } from "@wavry/rift-core";
import { COOKIE_BYTES } from "@wavry/rift-crypto";
import { expectKind, NONCE_BYTES, RELAY_VERSION, RelayKind } from "./kinds.ts";

const NONCE_AT = 4;
const COOKIE_AT: number = NONCE_AT + NONCE_BYTES;
/** Bytes of a challenge. */
export const CHALLENGE_BYTES: number = COOKIE_AT + COOKIE_BYTES;
/** Bytes of a hello: more than what it is answered with. */
export const HELLO_BYTES = 32;

/**
 * Hello (spec/relay.md §4.1): `| 0x50 | version | reserved (16) | nonce (64) | zeros up to 32 bytes |`. Owned.
 */
export function writeHello(nonce: Uint8Array): Uint8Array {
  const out = new Uint8Array(HELLO_BYTES);
  out[0] = RelayKind.hello;
  out[1] = RELAY_VERSION;
  out.set(nonce, NONCE_AT);
  return out;
}

/** Reads a hello; gives its nonce, a view. Throws WireError. */
export function readHello(datagram: Uint8Array): Uint8Array {
  expectKind(datagram, RelayKind.hello, HELLO_BYTES, true);
  for (let i = COOKIE_AT; i < HELLO_BYTES; i++)
    if (datagram[i] !== 0) throw new WireError("malformed", "the padding is not zero");
  return datagram.subarray(NONCE_AT, COOKIE_AT);
}

/** What a relay asks a stranger to show again. */
export interface Challenge {
  /** Of the hello. */
  readonly nonce: Uint8Array;
  /** 16 bytes that only who receives at that address can know. */
  readonly cookie: Uint8Array;
}

/** Challenge (spec/relay.md §4.1): `| 0x51 | version | reserved (16) | nonce (64) | cookie (128) |`. Owned. */
export function writeChallenge({ nonce, cookie }: Challenge): Uint8Array {
  const out = new Uint8Array(CHALLENGE_BYTES);
  out[0] = RelayKind.challenge;
  out[1] = RELAY_VERSION;
  out.set(nonce, NONCE_AT);
  out.set(cookie, COOKIE_AT);
  return out;
}

/** Reads a challenge; views. Throws WireError. */
export function readChallenge(datagram: Uint8Array): Challenge {
  expectKind(datagram, RelayKind.challenge, CHALLENGE_BYTES, true);
  return {
    nonce: datagram.subarray(NONCE_AT, COOKIE_AT),
    cookie: datagram.subarray(COOKIE_AT, CHALLENGE_BYTES),
  };
}
