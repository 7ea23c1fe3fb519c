import { randomBytes } from "node:crypto";
import type { Aead, CryptoSuite } from "@wavry/rift-crypto";
import { nobleSuite } from "@wavry/rift-crypto/noble";
import { nodeSuite } from "@wavry/rift-crypto/node";
import { NobleAead } from "../src/noble/noble-aead.ts";
import { SodiumAead } from "../src/node/sodium-aead.ts";

/** A suite's AEAD with the nonce laid open, for vectors whose nonces are no counters. */
export interface OpenAead extends Aead {
  sealWithNonce(
    out: Uint8Array,
    offset: number,
    nonce: Uint8Array,
    aad: Uint8Array,
    plaintext: Uint8Array,
  ): number;
  openWithNonce(
    out: Uint8Array,
    offset: number,
    nonce: Uint8Array,
    aad: Uint8Array,
    ciphertext: Uint8Array,
  ): number;
}

/** Everything that implements `CryptoSuite`. */
export const SUITES: readonly {
  readonly name: string;
  readonly suite: CryptoSuite;
  readonly openAead: (key: Uint8Array) => OpenAead;
}[] = [
  { name: "node", suite: nodeSuite, openAead: (key) => new SodiumAead(key) },
  {
    name: "noble",
    suite: nobleSuite((length) => Uint8Array.from(randomBytes(length))),
    openAead: (key) => new NobleAead(key),
  },
];
