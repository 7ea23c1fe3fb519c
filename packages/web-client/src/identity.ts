import type { DeviceSigner } from "@wavry/gateway-client";
import { encodeWavryId, type SessionIdentity, verifyCertificate } from "@wavry/rift-crypto";
import { encodeBase64url } from "@wavry/signaling";
import { browserSuite } from "./browser-suite.ts";
import { ScreenError } from "./screen-error.ts";
import { inStore } from "./storage.ts";

/** This browser as a device. A `DeviceSigner`, so that it can enrol and open a `SignalingSocket`. */
export interface BrowserIdentity extends DeviceSigner {
  /** For handshakes; has the X25519 private key. */
  readonly sessionIdentity: SessionIdentity;
  sign(message: Uint8Array): Promise<Uint8Array>;
}

/** What the database keeps. The keys cannot be taken out of the browser. */
interface StoredIdentity {
  readonly version: 1;
  /** Ed25519, for signing. */
  readonly signingKey: CryptoKey;
  readonly identityKey: Uint8Array<ArrayBuffer>;
  /** AES-GCM; hides the X25519 private key where the database's files are read. */
  readonly sealingKey: CryptoKey;
  readonly iv: Uint8Array<ArrayBuffer>;
  readonly sealedStatic: Uint8Array<ArrayBuffer>;
  readonly staticKey: Uint8Array<ArrayBuffer>;
  readonly certificate: Uint8Array<ArrayBuffer>;
}

const SLOT = "device";
/** What a certificate signs before the static key (spec/rift-crypto.md §7). */
const CERTIFICATE_LABEL = new TextEncoder().encode("wavry certificate v1");

/**
 * The identity of this browser on this site; made at the first call, the same from then on. Its Ed25519 key cannot be
 * exported, not by this page either. Rejects with ScreenError "unsupported-browser" or "identity-failed".
 */
export async function openIdentity(): Promise<BrowserIdentity> {
  if (globalThis.crypto?.subtle === undefined)
    throw new ScreenError(
      "unsupported-browser",
      "browsers have keys only for pages that come over HTTPS: open this page with https://",
    );
  const stored =
    (await readStored()) ?? (await storeOnce(await createStored().catch(rethrowUnsupported)));
  return await openStored(stored);
}

/** Takes the identity out of this browser; the next `openIdentity` makes another, which is another device. */
export async function forgetIdentity(): Promise<void> {
  await inStore("identity", "readwrite", (store) => store.delete(SLOT));
}

function readStored(): Promise<StoredIdentity | undefined> {
  return inStore<StoredIdentity | undefined>("identity", "readonly", (store) => store.get(SLOT));
}

/** Another page of this site may have made one at the same moment: the first one stays. */
async function storeOnce(made: StoredIdentity): Promise<StoredIdentity> {
  await inStore("identity", "readwrite", (store) => {
    const asking = store.get(SLOT);
    asking.onsuccess = () => {
      if (asking.result === undefined) store.put(made, SLOT);
    };
    return asking;
  });
  const stored = await readStored();
  if (stored === undefined) throw new ScreenError("identity-failed", "the identity was not kept");
  return stored;
}

async function createStored(): Promise<StoredIdentity> {
  const { subtle } = crypto;
  const pair = (await subtle.generateKey("Ed25519", false, ["sign", "verify"])) as CryptoKeyPair;
  const identityKey = new Uint8Array(await subtle.exportKey("raw", pair.publicKey));
  const sealingKey = await subtle.generateKey({ name: "AES-GCM", length: 256 }, false, [
    "encrypt",
    "decrypt",
  ]);
  const staticPrivate = new Uint8Array(browserSuite.randomBytes(32));
  const staticKey = new Uint8Array(browserSuite.x25519PublicKey(staticPrivate));
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const sealed = await subtle.encrypt({ name: "AES-GCM", iv }, sealingKey, staticPrivate);
  staticPrivate.fill(0);
  const signed = new Uint8Array([...CERTIFICATE_LABEL, ...staticKey]);
  const signature = await subtle.sign("Ed25519", pair.privateKey, signed);
  return {
    version: 1,
    signingKey: pair.privateKey,
    identityKey,
    sealingKey,
    iv,
    sealedStatic: new Uint8Array(sealed),
    staticKey,
    certificate: new Uint8Array([...identityKey, ...new Uint8Array(signature)]),
  };
}

async function openStored(stored: StoredIdentity): Promise<BrowserIdentity> {
  try {
    const { signingKey, identityKey, sealingKey, iv, sealedStatic, staticKey, certificate } =
      stored;
    verifyCertificate(browserSuite, certificate, staticKey);
    const { subtle } = crypto;
    const opened = await subtle.decrypt({ name: "AES-GCM", iv }, sealingKey, sealedStatic);
    const wavryId = encodeWavryId(identityKey);
    const staticPrivate = new Uint8Array(opened);
    return {
      wavryId,
      staticKey: encodeBase64url(staticKey),
      certificate: encodeBase64url(certificate),
      sign: async (message) =>
        new Uint8Array(await subtle.sign("Ed25519", signingKey, new Uint8Array(message))),
      sessionIdentity: { wavryId, identityKey, staticPrivate, staticKey, certificate },
    };
  } catch (cause) {
    throw new ScreenError(
      "identity-failed",
      "the key of this browser is damaged; clear this site's data to make another, which counts as a new device",
      { cause },
    );
  }
}

function rethrowUnsupported(cause: unknown): never {
  if (cause instanceof DOMException)
    throw new ScreenError(
      "unsupported-browser",
      "this browser cannot make Ed25519 keys; update it, or use Chrome 137, Firefox 129, Safari 17 or later",
      { cause },
    );
  throw cause;
}
