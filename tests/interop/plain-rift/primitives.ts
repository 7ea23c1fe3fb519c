/** The primitives of spec/rift-crypto.md §1, from Node's own OpenSSL. */
import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  type KeyObject,
  sign as signWith,
  verify as verifyWith,
} from "node:crypto";
import { concat } from "./bytes.ts";

type Curve = "X25519" | "Ed25519";
/** DER heads of PKCS #8 and SubjectPublicKeyInfo (RFC 8410); the last byte of the OID tells the curve. */
const PRIVATE_HEAD: Readonly<Record<Curve, string>> = {
  X25519: "302e020100300506032b656e04220420",
  Ed25519: "302e020100300506032b657004220420",
};
const PUBLIC_HEAD: Readonly<Record<Curve, string>> = {
  X25519: "302a300506032b656e032100",
  Ed25519: "302a300506032b6570032100",
};

function privateObject(curve: Curve, key: Uint8Array): KeyObject {
  const der = Buffer.from(concat(PRIVATE_HEAD[curve], key));
  return createPrivateKey({ key: der, format: "der", type: "pkcs8" });
}

function publicObject(curve: Curve, key: Uint8Array): KeyObject {
  const der = Buffer.from(concat(PUBLIC_HEAD[curve], key));
  return createPublicKey({ key: der, format: "der", type: "spki" });
}

/** The public key of a private key or seed. */
export function publicKey(curve: Curve, key: Uint8Array): Uint8Array {
  const object = createPublicKey(privateObject(curve, key) as never);
  return new Uint8Array(object.export({ format: "der", type: "spki" }).subarray(-32));
}

/** Throws where the result is all zero. */
export function dh(privateKey: Uint8Array, theirKey: Uint8Array): Uint8Array {
  const secret = new Uint8Array(
    diffieHellman({
      privateKey: privateObject("X25519", privateKey),
      publicKey: publicObject("X25519", theirKey),
    }),
  );
  if (secret.every((byte) => byte === 0)) throw new Error("a key of low order");
  return secret;
}

export function sign(seed: Uint8Array, message: Uint8Array): Uint8Array {
  return new Uint8Array(signWith(null, message, privateObject("Ed25519", seed)));
}

export function verify(key: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  return verifyWith(null, message, publicObject("Ed25519", key), signature);
}

export function hash(...parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(
    createHash("blake2s256")
      .update(concat(...parts))
      .digest(),
  );
}

export function hmac(key: Uint8Array, ...parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(
    createHmac("blake2s256", key)
      .update(concat(...parts))
      .digest(),
  );
}

/** Four zero bytes, then the number as 64 bits little-endian. */
function nonceOf(number: number): Buffer {
  const nonce = Buffer.alloc(12);
  nonce.writeBigUInt64LE(BigInt(number), 4);
  return nonce;
}

export function seal(
  key: Uint8Array,
  number: number,
  additional: Uint8Array,
  plain: Uint8Array,
): Uint8Array {
  const cipher = createCipheriv("chacha20-poly1305", key, nonceOf(number), { authTagLength: 16 });
  cipher.setAAD(additional, { plaintextLength: plain.length });
  return concat(cipher.update(plain), cipher.final(), cipher.getAuthTag());
}

/** Undefined: it does not verify. */
export function open(
  key: Uint8Array,
  number: number,
  additional: Uint8Array,
  sealed: Uint8Array,
): Uint8Array | undefined {
  if (sealed.length < 16) return undefined;
  const cipher = createDecipheriv("chacha20-poly1305", key, nonceOf(number), { authTagLength: 16 });
  const end = sealed.length - 16;
  cipher.setAAD(additional, { plaintextLength: end });
  cipher.setAuthTag(sealed.subarray(end));
  try {
    return concat(cipher.update(sealed.subarray(0, end)), cipher.final());
  } catch {
    return undefined;
  }
}
