import { HandshakePattern } from "@wavry/rift-core";
import {
  type CryptoSuite,
  decodeWavryId,
  gateKeyPaired,
  gateKeyPairing,
  type HandshakeState,
  initiationKeyPaired,
  initiationKeyPairing,
  pairingPsk,
  type SessionIdentity,
} from "@wavry/rift-crypto";
import type { Address } from "./admission.ts";

const PROLOGUE_LABEL = ascii("wavry rift v1");

/** The Noise pattern behind a handshake pattern of the wire. */
export function noisePattern(pattern: HandshakePattern): string {
  return pattern === HandshakePattern.pairing ? "XXpsk3" : "XX";
}

/** Noise's prologue: a label and the initiation's head, so that neither can be changed on the way. */
export function handshakePrologue(head: Uint8Array): Uint8Array {
  const prologue = new Uint8Array(PROLOGUE_LABEL.length + head.length);
  prologue.set(PROLOGUE_LABEL);
  prologue.set(head, PROLOGUE_LABEL.length);
  return prologue;
}

/** The key of initiation proofs between two paired devices, one of them the host. Throws HandshakeError. */
export function pairedProofKey(
  suite: CryptoSuite,
  identity: SessionIdentity,
  theirStatic: Uint8Array,
  hostStatic: Uint8Array,
): Uint8Array {
  return initiationKeyPaired(suite, identity.staticPrivate, theirStatic, hostStatic);
}

/** The key of initiation proofs while pairing. Throws TypeError where `hostWavryId` is none. */
export function pairingProofKey(
  suite: CryptoSuite,
  secret: Uint8Array,
  hostWavryId: string,
): Uint8Array {
  return initiationKeyPairing(suite, secret, identityKeyOf(hostWavryId));
}

/** The key of the gate for paired devices. */
export function pairedGateKey(suite: CryptoSuite, hostStatic: Uint8Array): Uint8Array {
  return gateKeyPaired(suite, hostStatic);
}

/** The key of the gate while pairing. Throws TypeError where `hostWavryId` is none. */
export function pairingGateKey(suite: CryptoSuite, hostWavryId: string): Uint8Array {
  return gateKeyPairing(suite, identityKeyOf(hostWavryId));
}

function identityKeyOf(wavryId: string): Uint8Array {
  const identityKey = decodeWavryId(wavryId);
  if (identityKey === undefined) throw new TypeError("not a Wavry ID");
  return identityKey;
}

/** Gives a handshake the pre-shared key of a pairing secret. */
export function setPairingPsk(
  suite: CryptoSuite,
  handshake: HandshakeState,
  secret: Uint8Array,
): void {
  const psk = pairingPsk(suite, secret);
  handshake.setPsk(psk);
  suite.wipe(psk);
}

/** The code that makes a cookie reply believable: only who has seen the initiation and knows the host can make it. */
export function cookieReplyCode(
  suite: CryptoSuite,
  gateKey: Uint8Array,
  proof: Uint8Array,
  cookie: Uint8Array,
): Uint8Array {
  return suite.hmacBlake2s(gateKey, COOKIE_REPLY_LABEL, proof, cookie).subarray(0, 16);
}

export const COOKIE_REPLY_LABEL: Uint8Array = ascii("wavry cookie reply v1");

/** The bytes that stand for an address in a cookie. */
export function addressBytes({ address, port }: Address): Uint8Array {
  return ascii(`${port} ${address}`);
}

function ascii(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}
