import { type CryptoSuite, type Identity, verifyCertificate } from "@wavry/rift-crypto";
import type { SessionPeer } from "@wavry/signaling";
import { base64url } from "jose";
import { GatewayError } from "./gateway-error.ts";

/** A device that can show who it is. */
export interface DeviceSigner {
  readonly wavryId: string;
  /** X25519, base64url. */
  readonly staticKey: string;
  /** 96 bytes, base64url. */
  readonly certificate: string;
  /** Ed25519 by the identity key: 64 bytes. */
  sign(message: Uint8Array): Uint8Array | Promise<Uint8Array>;
}

/** The signer of an identity whose secrets are at hand; borrows them. */
export function deviceSigner(identity: Identity, suite: CryptoSuite): DeviceSigner {
  return {
    wavryId: identity.wavryId,
    staticKey: base64url.encode(identity.staticKey),
    certificate: base64url.encode(identity.certificate),
    sign: (message) => suite.ed25519Sign(identity.identitySeed, message),
  };
}

/** What must hold for the other side of a session. */
export interface PeerExpectation {
  readonly suite: CryptoSuite;
  /** Who it must be; undefined for a host that a share link names. */
  readonly wavryId?: string | undefined;
  /** Known from pairing or from an earlier session. It outranks what the gateway says. */
  readonly pinnedStaticKey?: Uint8Array | undefined;
}

/**
 * The other side's static key (32 bytes, owned), once its certificate is checked. Throws GatewayError "wrong-host",
 * "wrong-certificate", or "key-changed" where another key is pinned: show that, never accept it silently.
 */
export function checkSessionPeer(peer: SessionPeer, expected: PeerExpectation): Uint8Array {
  const { suite, wavryId, pinnedStaticKey } = expected;
  if (wavryId !== undefined && peer.id !== wavryId)
    throw new GatewayError("wrong-host", "the gateway named another device than was asked for");
  const staticKey = base64url.decode(peer.staticKey);
  if (certified(suite, peer, staticKey) !== peer.id)
    throw new GatewayError(
      "wrong-certificate",
      "the gateway named a key that the device did not sign",
    );
  if (pinnedStaticKey !== undefined && !sameBytes(staticKey, pinnedStaticKey))
    throw new GatewayError(
      "key-changed",
      `${peer.name} has another key than before; forget it and pair it anew if that is right`,
    );
  return staticKey;
}

function certified(
  suite: CryptoSuite,
  peer: SessionPeer,
  staticKey: Uint8Array,
): string | undefined {
  try {
    return verifyCertificate(suite, base64url.decode(peer.certificate), staticKey).wavryId;
  } catch {
    return undefined;
  }
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}
