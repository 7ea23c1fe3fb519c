import { readFileSync, statSync } from "node:fs";
import { KeyringError } from "./keyring-error.ts";
import { reasonOf } from "./write-file.ts";

const VERSION = 1;
const STATIC_KEY_BYTES = 32;

/**
 * "host": it shares its screen with us. "client": it was paired and may come at any time. "guest": a gateway sent it and it was
 * let in here; it comes in again by another grant only.
 */
export type DeviceRole = "host" | "client" | "guest";

const ROLES: readonly unknown[] = ["host", "client", "guest"] satisfies DeviceRole[];

/** Where a host was reached. */
export interface DeviceAddress {
  readonly address: string;
  readonly port: number;
}

/** A device that was paired with this one. */
export interface PairedDevice {
  readonly wavryId: string;
  /** Its pinned X25519 key, 32 bytes. */
  readonly staticKey: Uint8Array;
  readonly name: string;
  /** Whether the user gave the name; else the device did. */
  readonly renamed: boolean;
  readonly role: DeviceRole;
  /** Milliseconds since 1970. */
  readonly pairedAt: number;
  readonly lastSeenAt: number;
  /** For hosts, in the order in which to try them. */
  readonly addresses: readonly DeviceAddress[];
}

/** Something that differs after every write; "" for no file. Throws KeyringError. */
export function versionOf(path: string): string {
  try {
    const stat = statSync(path, { bigint: true, throwIfNoEntry: false });
    return stat === undefined ? "" : `${stat.ino}:${stat.size}:${stat.mtimeNs}`;
  } catch (cause) {
    throw cannotRead(path, cause);
  }
}

function cannotRead(path: string, cause: unknown): KeyringError {
  return new KeyringError(
    "unreadable",
    `the list of paired devices ${path} cannot be read: ${reasonOf(cause)}`,
    { cause },
  );
}

/** The content of the file. */
export function serializeDevices(devices: readonly PairedDevice[]): string {
  const list = devices.map((device) => ({
    ...device,
    staticKey: Buffer.from(device.staticKey).toString("base64url"),
  }));
  return `${JSON.stringify({ version: VERSION, devices: list }, null, 2)}\n`;
}

/** Reads the file. Throws KeyringError. */
export function loadDevices(path: string): PairedDevice[] {
  let text: string;
  try {
    if (process.platform !== "win32" && (statSync(path).mode & 0o022) !== 0)
      throw new KeyringError(
        "permissions",
        `others on this machine can change the list of paired devices ${path}: look at it, then run chmod 600 ${path}`,
      );
    text = readFileSync(path, "utf8");
  } catch (cause) {
    if (cause instanceof KeyringError) throw cause;
    throw cannotRead(path, cause);
  }
  try {
    const file = JSON.parse(text);
    if (file.version !== VERSION) throw new TypeError("unknown version");
    return file.devices.map(readDevice);
  } catch (cause) {
    throw new KeyringError(
      "damaged",
      `the list of paired devices ${path} is damaged: restore it from a backup, or move it away and pair the devices anew`,
      { cause },
    );
  }
}

function readDevice(entry: Record<string, unknown>): PairedDevice {
  const { wavryId, staticKey, name, role, renamed, pairedAt, lastSeenAt, addresses } = entry;
  const key = Uint8Array.from(Buffer.from(String(staticKey), "base64url"));
  if (typeof wavryId !== "string" || typeof name !== "string" || key.length !== STATIC_KEY_BYTES)
    throw new TypeError("a device lacks its ID, name or key");
  if (!ROLES.includes(role)) throw new TypeError("a device has no known role");
  return {
    wavryId,
    staticKey: key,
    name,
    role: role as DeviceRole,
    renamed: renamed === true,
    pairedAt: Number(pairedAt) || 0,
    lastSeenAt: Number(lastSeenAt) || 0,
    addresses: Array.isArray(addresses) ? addresses.map(readAddress) : [],
  };
}

function readAddress(entry: { address?: unknown; port?: unknown }): DeviceAddress {
  const { address, port } = entry;
  if (typeof address !== "string" || typeof port !== "number")
    throw new TypeError("an address is not one");
  if (!(Number.isInteger(port) && port >= 1 && port <= 65_535))
    throw new TypeError("a port is not one");
  return { address, port };
}
