import { createHash, randomUUID } from "node:crypto";
import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { GatewayError } from "../gateway-error.ts";

const FOLDER = "gateways";
const VERSION = 1;

/** What a device keeps of a gateway. */
export interface GatewayCredentials {
  /** The gateway's URL, without a slash at the end. */
  readonly url: string;
  /** Bearer token of the sign-in. */
  readonly token: string;
  /** Whose sign-in it is, for people. */
  readonly username: string;
  /** The gateway's issuer and signing key (base64url), pinned at enrolment. */
  readonly issuer: string;
  readonly key: string;
}

/**
 * The credentials of each gateway that a device is signed in to: a file of mode 0600 for each, in the folder "gateways" of
 * the keyring's. Throws GatewayError "credentials-damaged", "credentials-permissions", "credentials-unwritable".
 */
export class CredentialsFolder {
  readonly #folder: string;

  /** `directory`: the keyring's, such as defaultKeyringDirectory(). */
  constructor(directory: string) {
    this.#folder = join(directory, FOLDER);
  }

  /** Those of one gateway; undefined if there are none. */
  load(url: string | URL): GatewayCredentials | undefined {
    return read(this.#path(url));
  }

  /** Of all gateways. */
  list(): GatewayCredentials[] {
    const files = names(this.#folder).filter((name) => name.endsWith(".json"));
    return files
      .map((name) => read(join(this.#folder, name)))
      .filter((entry) => entry !== undefined);
  }

  /** Keeps them, in place of those before; all or nothing. */
  save(credentials: GatewayCredentials): void {
    const path = this.#path(credentials.url);
    const temporary = `${path}.${randomUUID()}.tmp`;
    const url = normalUrl(credentials.url);
    const text = `${JSON.stringify({ version: VERSION, ...credentials, url }, null, 2)}\n`;
    try {
      mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
      const file = openSync(temporary, "wx", 0o600);
      try {
        writeFileSync(file, text);
        fsyncSync(file);
      } finally {
        closeSync(file);
      }
      renameSync(temporary, path);
    } catch (cause) {
      rmSync(temporary, { force: true });
      throw new GatewayError(
        "credentials-unwritable",
        `${path} cannot be written: ${(cause as NodeJS.ErrnoException).code}`,
        { cause },
      );
    }
  }

  /** Forgets them; false if there were none. */
  forget(url: string | URL): boolean {
    const path = this.#path(url);
    const known = statSync(path, { throwIfNoEntry: false }) !== undefined;
    rmSync(path, { force: true });
    return known;
  }

  #path(url: string | URL): string {
    const normal = normalUrl(url);
    const { hostname } = new URL(normal);
    const hash = createHash("sha256").update(normal).digest("hex").slice(0, 12);
    return join(
      this.#folder,
      `${hostname.replace(/[^A-Za-z0-9.-]/g, "_").slice(0, 64)}-${hash}.json`,
    );
  }
}

function normalUrl(url: string | URL): string {
  const { origin, pathname } = new URL(url);
  return (origin + pathname).replace(/\/+$/, "");
}

function names(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw damaged(folder, cause);
  }
}

function read(path: string): GatewayCredentials | undefined {
  let text: string;
  try {
    const status = statSync(path);
    if (!status.isFile()) throw damaged(path);
    if (process.platform !== "win32" && (status.mode & 0o077) !== 0)
      throw new GatewayError(
        "credentials-permissions",
        `others on this machine can read ${path}: sign out everywhere, then run chmod 600 ${path}`,
      );
    text = readFileSync(path, "utf8");
  } catch (cause) {
    if (cause instanceof GatewayError) throw cause;
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw damaged(path, cause);
  }
  return parse(text) ?? fail(path);
}

function parse(text: string): GatewayCredentials | undefined {
  try {
    const { version, url, token, username, issuer, key } = JSON.parse(text);
    const texts = [url, token, username, issuer, key];
    return version === VERSION && texts.every((field) => typeof field === "string")
      ? { url, token, username, issuer, key }
      : undefined;
  } catch {
    // The reason could quote the file, which holds a secret.
    return undefined;
  }
}

function fail(path: string): never {
  throw damaged(path);
}

function damaged(path: string, cause?: unknown): GatewayError {
  return new GatewayError(
    "credentials-damaged",
    `${path} cannot be read: remove it and sign in again`,
    cause === undefined ? {} : { cause },
  );
}
