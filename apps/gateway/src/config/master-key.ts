import { randomBytes, randomUUID } from "node:crypto";
import {
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { ConfigError } from "./config-error.ts";
import { decodeMasterKey } from "./parse-settings.ts";

const FILE_NAME = "master.key";

/** The path of the master key in a data folder. */
export function masterKeyFile(dataFolder: string): string {
  return join(dataFolder, FILE_NAME);
}

/** The key of a file; undefined where there is none. Throws ConfigError for a file that is damaged or open to others. */
export function readMasterKey(file: string): Uint8Array | undefined {
  let text: string;
  try {
    const status = statSync(file);
    // Reading a pipe would wait for ever.
    if (!status.isFile()) throw new ConfigError(file, "it is no file");
    if (process.platform !== "win32" && (status.mode & 0o077) !== 0)
      throw new ConfigError(
        file,
        `others on this machine can read the master key: run chmod 600 ${file}`,
      );
    text = readFileSync(file, "utf8");
  } catch (cause) {
    if (cause instanceof ConfigError) throw cause;
    const { code = "unknown reason" } = cause as NodeJS.ErrnoException;
    if (code === "ENOENT") return undefined;
    throw new ConfigError(file, `the master key cannot be read (${code})`);
  }
  const key = decodeMasterKey(text.trim());
  if (key === undefined)
    throw new ConfigError(file, "the master key is damaged; put it back from where you keep it");
  return key;
}

/**
 * The key of a file, which is made at the first call, mode 0600, and then never written again. `database` is the file of
 * an embedded one: where that exists without its key, no other key would do.
 */
export function loadOrCreateMasterKey(file: string, database: string | undefined): Uint8Array {
  const existing = readMasterKey(file);
  if (existing !== undefined) return existing;
  if (database !== undefined && existsSync(database))
    throw new ConfigError(
      file,
      `it is gone, but the database ${database} was made with it: put it back from where you keep it`,
    );
  const created = randomBytes(32);
  const temporary = `${file}.${randomUUID()}.tmp`;
  try {
    const opened = openSync(temporary, "wx", 0o600);
    try {
      writeFileSync(opened, `${created.toString("base64")}\n`);
      fsyncSync(opened);
    } finally {
      closeSync(opened);
    }
    // A link never replaces what is there: of two processes at once the first one wins.
    linkSync(temporary, file);
    syncFolder(dirname(file));
  } catch (cause) {
    const { code = "unknown reason" } = cause as NodeJS.ErrnoException;
    if (code !== "EEXIST") throw new ConfigError(file, `it cannot be written (${code})`);
  } finally {
    rmSync(temporary, { force: true });
  }
  return readMasterKey(file) ?? Uint8Array.from(created);
}

function syncFolder(path: string): void {
  try {
    const folder = openSync(path, "r");
    try {
      fsyncSync(folder);
    } finally {
      closeSync(folder);
    }
  } catch {
    // Windows opens no folders, and some file systems sync none.
  }
}
