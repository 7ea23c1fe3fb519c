import { linkSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import {
  type CryptoSuite,
  createIdentity,
  type Identity,
  identityFromSecrets,
} from "@wavry/rift-crypto/device";
import { ensureDirectory } from "./directory.ts";
import { KeyringError } from "./keyring-error.ts";
import {
  cannotWrite,
  reasonOf,
  removeQuietly,
  syncDirectory,
  writeTemporary,
} from "./write-file.ts";

const FILE_NAME = "identity.json";
const VERSION = 1;

/** Where to find an identity, and by what to derive its public half. */
export interface IdentityOptions {
  readonly directory: string;
  readonly suite: CryptoSuite;
}

/**
 * The identity of this device: read from its key file, or made at the first call and then never
 * written again. Throws KeyringError.
 */
export function loadOrCreateIdentity(options: IdentityOptions): Identity {
  const { directory, suite } = options;
  ensureDirectory(directory);
  const path = join(directory, FILE_NAME);
  const existing = load(path, suite);
  if (existing !== undefined) return existing;
  const created = createIdentity(suite);
  const temporary = writeTemporary(path, serialize(created));
  try {
    // A link never replaces what is there: of two processes at once the first one wins.
    linkSync(temporary, path);
    syncDirectory(path);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "EEXIST") throw cannotWrite(path, cause);
  } finally {
    removeQuietly(temporary);
  }
  return load(path, suite) ?? created;
}

function serialize(identity: Identity): string {
  const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64url");
  return `${JSON.stringify(
    {
      version: VERSION,
      wavryId: identity.wavryId,
      identitySeed: text(identity.identitySeed),
      staticPrivate: text(identity.staticPrivate),
      staticKey: text(identity.staticKey),
    },
    null,
    2,
  )}\n`;
}

function load(path: string, suite: CryptoSuite): Identity | undefined {
  let text: string;
  try {
    const status = statSync(path);
    const { mode } = status;
    // Reading a pipe would wait for ever.
    if (!status.isFile()) throw damaged(path);
    if (process.platform !== "win32" && (mode & 0o077) !== 0)
      throw new KeyringError(
        "permissions",
        `others on this machine can read the key file ${path}: run chmod 600 ${path}`,
      );
    text = readFileSync(path, "utf8");
  } catch (cause) {
    if (cause instanceof KeyringError) throw cause;
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw new KeyringError(
      "unreadable",
      `the key file ${path} cannot be read: ${reasonOf(cause)}`,
      { cause },
    );
  }
  const identity = parse(text, suite);
  if (identity === undefined) throw damaged(path);
  return identity;
}

function damaged(path: string): KeyringError {
  return new KeyringError(
    "damaged",
    `the key file ${path} is damaged: restore it from a backup, or move it away to get a new Wavry ID (all devices must then be paired anew)`,
  );
}

function parse(text: string, suite: CryptoSuite): Identity | undefined {
  try {
    const file = JSON.parse(text);
    const bytes = (value: unknown): Uint8Array =>
      Uint8Array.from(Buffer.from(String(value), "base64url"));
    if (file.version !== VERSION) return undefined;
    const identity = identityFromSecrets(suite, {
      identitySeed: bytes(file.identitySeed),
      staticPrivate: bytes(file.staticPrivate),
    });
    const staticKey = Buffer.from(identity.staticKey).toString("base64url");
    return identity.wavryId === file.wavryId && staticKey === file.staticKey ? identity : undefined;
  } catch {
    // The reason could quote the file, which holds secrets.
    return undefined;
  }
}
