import { readFileSync, renameSync, statSync, watch } from "node:fs";
import { dirname, join } from "node:path";
import { ensureDirectory } from "./directory.ts";
import { withFileLock } from "./file-lock.ts";
import { KeyringError } from "./keyring-error.ts";
import { writeTemporary } from "./write-file.ts";

const FILE_NAME = "devices.json";
const VERSION = 1;
const MAX_NAME_LENGTH = 64;

/** Whether the device shares its screen with us, or watches ours. */
export type DeviceRole = "host" | "client";

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

/** What is known of a device at pairing or at a visit. */
export interface DeviceNews {
  readonly wavryId: string;
  readonly staticKey: Uint8Array;
  readonly name: string;
  readonly role: DeviceRole;
  readonly addresses?: readonly DeviceAddress[];
}

/** The list of paired devices on disk. Every call sees what other processes wrote. Throws KeyringError. */
export class PairedDevices {
  readonly #path: string;
  #devices: PairedDevice[] = [];
  #version = "";

  private constructor(directory: string) {
    ensureDirectory(directory);
    this.#path = join(directory, FILE_NAME);
    this.#refresh();
  }

  static open(directory: string): PairedDevices {
    return new PairedDevices(directory);
  }

  list(role?: DeviceRole): PairedDevice[] {
    this.#refresh();
    return this.#devices.filter((device) => role === undefined || device.role === role);
  }

  /** By Wavry ID, by name, or by a beginning or end of the Wavry ID that only one device has. */
  find(which: string, role?: DeviceRole): PairedDevice | undefined {
    const devices = this.list(role);
    const wanted = which.trim();
    const exact = devices.find(({ wavryId, name }) => wavryId === wanted || name === wanted);
    if (exact !== undefined || wanted.length < 4) return exact;
    const alike = devices.filter(
      ({ wavryId, name }) =>
        wavryId.startsWith(wanted) ||
        wavryId.endsWith(wanted) ||
        name.toLowerCase() === wanted.toLowerCase(),
    );
    return alike.length === 1 ? alike[0] : undefined;
  }

  /**
   * Notes a device, or a new visit of one that is known; a name that the user gave stays. Another key than the pinned
   * one is refused ("key-changed") unless the device was paired anew just now.
   */
  add(news: DeviceNews, options?: { readonly pairedAnew?: boolean }): PairedDevice {
    return this.#change((devices) => {
      const now = Date.now();
      const index = devices.findIndex((device) => isSame(device, news));
      const known = devices[index];
      const keyChanged =
        known !== undefined && Buffer.compare(known.staticKey, news.staticKey) !== 0;
      if (keyChanged && options?.pairedAnew !== true)
        throw new KeyringError(
          "key-changed",
          `${known.name} came with another key; forget it and pair it anew if that is right`,
        );
      const device: PairedDevice = {
        wavryId: news.wavryId,
        staticKey: news.staticKey.slice(),
        name: known?.renamed ? known.name : cleanName(news.name, news.wavryId),
        renamed: known?.renamed ?? false,
        role: news.role,
        pairedAt: known?.pairedAt ?? now,
        lastSeenAt: now,
        addresses: news.addresses ?? known?.addresses ?? [],
      };
      if (known === undefined) devices.push(device);
      else devices[index] = device;
      return device;
    });
  }

  /** Gives a device a name of the user's; false if it is not known. */
  rename(wavryId: string, name: string): boolean {
    return this.#change((devices) => {
      let any = false;
      for (const [index, device] of devices.entries()) {
        if (device.wavryId !== wavryId) continue;
        devices[index] = { ...device, name: cleanName(name, wavryId), renamed: true };
        any = true;
      }
      return any;
    });
  }

  /** Forgets a device; false if it was not known. */
  forget(wavryId: string, role?: DeviceRole): boolean {
    return this.#change((devices) => {
      const before = devices.length;
      for (let index = before - 1; index >= 0; index--) {
        const device = devices[index];
        if (device?.wavryId === wavryId && (role === undefined || device.role === role))
          devices.splice(index, 1);
      }
      return devices.length < before;
    });
  }

  /** Calls back soon after any process changed the list, until disposed. */
  watch(onChange: () => void): Disposable {
    let version = this.#version;
    const watcher = watch(dirname(this.#path), { persistent: false }, (_, file) => {
      if (file !== FILE_NAME || versionOf(this.#path) === version) return;
      version = versionOf(this.#path);
      onChange();
    });
    // Without news from the file system, changes are seen at the next handshake only.
    watcher.on("error", () => {});
    return { [Symbol.dispose]: () => watcher.close() };
  }

  #change<T>(task: (devices: PairedDevice[]) => T): T {
    return withFileLock(this.#path, () => {
      this.#refresh();
      const devices = [...this.#devices];
      const result = task(devices);
      const temporary = writeTemporary(this.#path, serialize(devices));
      renameSync(temporary, this.#path);
      this.#devices = devices;
      this.#version = versionOf(this.#path);
      return result;
    });
  }

  #refresh(): void {
    const version = versionOf(this.#path);
    if (version === this.#version) return;
    this.#devices = version === "" ? [] : load(this.#path);
    this.#version = version;
  }
}

/** Something that differs after every write; "" for no file. */
function versionOf(path: string): string {
  const stat = statSync(path, { bigint: true, throwIfNoEntry: false });
  return stat === undefined ? "" : `${stat.ino}:${stat.size}:${stat.mtimeNs}`;
}

function isSame(a: DeviceNews, b: DeviceNews): boolean {
  return a.wavryId === b.wavryId && a.role === b.role;
}

/** What people will read: no control characters, not too long, never empty. */
function cleanName(name: string, wavryId: string): string {
  const clean = name.replace(/\p{C}/gu, "").trim().slice(0, MAX_NAME_LENGTH);
  return clean === "" ? `device ${wavryId.slice(-6)}` : clean;
}

function serialize(devices: readonly PairedDevice[]): string {
  const list = devices.map((device) => ({
    ...device,
    staticKey: Buffer.from(device.staticKey).toString("base64url"),
  }));
  return `${JSON.stringify({ version: VERSION, devices: list }, null, 2)}\n`;
}

function load(path: string): PairedDevice[] {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (cause) {
    throw new KeyringError("unreadable", `the list of devices ${path} cannot be read`, { cause });
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
  if (typeof wavryId !== "string" || typeof name !== "string" || key.length !== 32)
    throw new TypeError("a device lacks its ID, name or key");
  if (role !== "host" && role !== "client") throw new TypeError("a device has no known role");
  return {
    wavryId,
    staticKey: key,
    name,
    role,
    renamed: renamed === true,
    pairedAt: Number(pairedAt) || 0,
    lastSeenAt: Number(lastSeenAt) || 0,
    addresses: Array.isArray(addresses) ? addresses.map(readAddress) : [],
  };
}

function readAddress(entry: { address?: unknown; port?: unknown }): DeviceAddress {
  if (typeof entry.address !== "string" || typeof entry.port !== "number")
    throw new TypeError("an address is not one");
  return { address: entry.address, port: entry.port };
}
