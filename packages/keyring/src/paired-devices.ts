import { watch } from "node:fs";
import { dirname, join } from "node:path";
import {
  type DeviceAddress,
  type DeviceRole,
  loadDevices,
  type PairedDevice,
  serializeDevices,
  versionOf,
} from "./devices-file.ts";
import { ensureDirectory } from "./directory.ts";
import { withFileLock } from "./file-lock.ts";
import { KeyringError } from "./keyring-error.ts";
import { MAX_DEVICE_NAME_LENGTH, visibleText } from "./visible-text.ts";
import { replaceFile } from "./write-file.ts";

const FILE_NAME = "devices.json";
const LOCK_NAME = "devices.lock";
const MIN_SEARCH_LENGTH = 4;

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
  readonly #lock: string;
  #devices: PairedDevice[] = [];
  #version = "";

  private constructor(directory: string) {
    ensureDirectory(directory);
    this.#path = join(directory, FILE_NAME);
    this.#lock = join(directory, LOCK_NAME);
    this.#refresh();
  }

  static open(directory: string): PairedDevices {
    return new PairedDevices(directory);
  }

  list(role?: DeviceRole): PairedDevice[] {
    this.#refresh();
    return this.#devices.filter((device) => role === undefined || device.role === role);
  }

  /**
   * By Wavry ID, else by name, else by a beginning or end of the Wavry ID or by the name in whatever
   * case; undefined where that is none or more than one device.
   */
  find(which: string, role?: DeviceRole): PairedDevice | undefined {
    const devices = this.list(role);
    const wanted = which.trim();
    const lower = wanted.toLowerCase();
    const byId = devices.find(({ wavryId }) => wavryId === lower);
    if (byId !== undefined) return byId;
    const named = devices.filter(({ name }) => name === wanted);
    if (named.length > 0 || wanted.length < MIN_SEARCH_LENGTH) return onlyOne(named);
    return onlyOne(
      devices.filter(
        ({ wavryId, name }) =>
          wavryId.startsWith(lower) || wavryId.endsWith(lower) || name.toLowerCase() === lower,
      ),
    );
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
    return this.#change((devices) =>
      replaceEach(devices, { wavryId }, (device) => ({
        ...device,
        name: cleanName(name, wavryId),
        renamed: true,
      })),
    );
  }

  /** Notes that a device is here now; false if it is not known. */
  touch(wavryId: string, role?: DeviceRole): boolean {
    return this.#change((devices) =>
      replaceEach(devices, { wavryId, role }, (device) => ({ ...device, lastSeenAt: Date.now() })),
    );
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
    const check = (file: string | null): void => {
      if (file !== null && file !== FILE_NAME) return;
      const current = versionOf(this.#path);
      if (current === version) return;
      version = current;
      onChange();
    };
    return watchFolder(dirname(this.#path), check);
  }

  /** Writes what `task` made of the list, unless it gives false. */
  #change<T>(task: (devices: PairedDevice[]) => T): T {
    return withFileLock(this.#lock, () => {
      this.#refresh();
      const devices = [...this.#devices];
      const result = task(devices);
      if (result === false) return result;
      replaceFile(this.#path, serializeDevices(devices));
      this.#devices = devices;
      this.#version = versionOf(this.#path);
      return result;
    });
  }

  #refresh(): void {
    const version = versionOf(this.#path);
    if (version === this.#version) return;
    this.#devices = version === "" ? [] : loadDevices(this.#path);
    this.#version = version;
  }
}

/** Without news from the file system, changes are seen at the next handshake only. */
function watchFolder(folder: string, onNews: (file: string | null) => void): Disposable {
  try {
    const watcher = watch(folder, { persistent: false }, (_, file) => {
      try {
        onNews(file);
      } catch (error) {
        // A list that cannot be read now is an error for whoever reads it next.
        if (!(error instanceof KeyringError)) throw error;
      }
    });
    watcher.on("error", () => {});
    return { [Symbol.dispose]: () => watcher.close() };
  } catch {
    return { [Symbol.dispose]: () => {} };
  }
}

/** The device that all entries are about, be it as host or as client; undefined for several. */
function onlyOne(devices: readonly PairedDevice[]): PairedDevice | undefined {
  const [first] = devices;
  return devices.every(({ wavryId }) => wavryId === first?.wavryId) ? first : undefined;
}

function isSame(a: DeviceNews, b: DeviceNews): boolean {
  return a.wavryId === b.wavryId && a.role === b.role;
}

/** Replaces the entries of a device, in one role or all; false where it has none. */
function replaceEach(
  devices: PairedDevice[],
  { wavryId, role }: { readonly wavryId: string; readonly role?: DeviceRole | undefined },
  replace: (device: PairedDevice) => PairedDevice,
): boolean {
  let any = false;
  for (const [index, device] of devices.entries()) {
    if (device.wavryId !== wavryId || (role !== undefined && device.role !== role)) continue;
    devices[index] = replace(device);
    any = true;
  }
  return any;
}

/** A name that is never empty. */
function cleanName(name: string, wavryId: string): string {
  const clean = visibleText(name, MAX_DEVICE_NAME_LENGTH);
  return clean === "" ? `device ${wavryId.slice(-6)}` : clean;
}
