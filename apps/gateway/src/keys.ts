import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  createPrivateKey,
  createPublicKey,
  hkdfSync,
  type KeyObject,
  randomBytes,
  timingSafeEqual,
} from "node:crypto";

const NONCE_BYTES = 12;
const TAG_BYTES = 16;
/** PKCS #8 around an Ed25519 seed (RFC 8410). */
const ED25519_PKCS8 = Buffer.from("302e020100300506032b657004220420", "hex");

/** What is derived from the master key (HKDF-SHA-256), each purpose with a key of its own. */
export class GatewayKeys {
  /** Signs grants. */
  readonly signing: KeyObject;
  /** What hosts check grants with. */
  readonly verifying: KeyObject;
  /** Signs both ends of the audit log. */
  readonly auditKey: Uint8Array;
  readonly #sealing: Buffer;
  readonly #hashing: Buffer;

  /** `masterKey`: 32 bytes, borrowed. */
  constructor(masterKey: Uint8Array) {
    if (masterKey.length !== 32) throw new RangeError("the master key must have 32 bytes");
    const derive = (purpose: string) =>
      Buffer.from(hkdfSync("sha256", masterKey, "", `wavry gateway ${purpose}`, 32));
    this.signing = createPrivateKey({
      key: Buffer.concat([ED25519_PKCS8, derive("grants")]),
      format: "der",
      type: "pkcs8",
    });
    this.verifying = createPublicKey(this.signing);
    this.auditKey = derive("audit");
    this.#sealing = derive("sealing");
    this.#hashing = derive("hashing");
  }

  /** The verifying key's 32 bytes, base64url. */
  get verifyingKey(): string {
    return this.verifying.export({ format: "jwk" }).x!;
  }

  /**
   * What of a short secret goes into the database: HMAC-SHA-256, base64url, bound to where it stands. Who reads the
   * database alone cannot try them all.
   */
  keyedHash(secret: string, place: string): string {
    return createHmac("sha256", this.#hashing).update(`${place}\0${secret}`).digest("base64url");
  }

  /** Encrypts a secret for the database (ChaCha20-Poly1305), bound to where it stands, such as "totp:USER". */
  seal(secret: string, place: string): string {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv("chacha20-poly1305", this.#sealing, nonce, {
      authTagLength: TAG_BYTES,
    });
    cipher.setAAD(Buffer.from(place), { plaintextLength: Buffer.byteLength(secret) });
    const sealed = Buffer.concat([nonce, cipher.update(secret, "utf8"), cipher.final()]);
    return Buffer.concat([sealed, cipher.getAuthTag()]).toString("base64url");
  }

  /** The secret; throws a plain Error if it was sealed elsewhere, with another master key, or changed. */
  unseal(text: string, place: string): string {
    const sealed = Buffer.from(text, "base64url");
    if (sealed.length < NONCE_BYTES + TAG_BYTES) throw new Error("a sealed secret is too short");
    const body = sealed.subarray(NONCE_BYTES, sealed.length - TAG_BYTES);
    const decipher = createDecipheriv(
      "chacha20-poly1305",
      this.#sealing,
      sealed.subarray(0, NONCE_BYTES),
      { authTagLength: TAG_BYTES },
    );
    decipher.setAAD(Buffer.from(place), { plaintextLength: body.length });
    decipher.setAuthTag(sealed.subarray(sealed.length - TAG_BYTES));
    return Buffer.concat([decipher.update(body), decipher.final()]).toString("utf8");
  }
}

/** A random token of 256 bits, base64url, 43 characters. */
export function newToken(): string {
  return randomBytes(32).toString("base64url");
}

/** A random ID of 128 bits, base64url, 22 characters. */
export function newId(): string {
  return randomBytes(16).toString("base64url");
}

/** What of a token goes into the database: its SHA-256, base64url. */
export function tokenHash(token: string): string {
  return createHash("sha256").update(token).digest("base64url");
}

/** Compares two texts in a time that tells nothing of where they differ. */
export function sameSecret(given: string, expected: string): boolean {
  const hash = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(hash(given), hash(expected));
}
