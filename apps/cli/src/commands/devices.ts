import { defaultKeyringDirectory, type PairedDevice, PairedDevices } from "@wavry/keyring";
import { CommandError } from "../exit-code.ts";

/** `wavry host devices list` */
export function listDevices(options: { json?: boolean }): void {
  const devices = open().list("client");
  if (options.json === true) {
    const rows = devices.map(({ wavryId, name, pairedAt, lastSeenAt }) => ({
      wavryId,
      name,
      pairedAt: new Date(pairedAt).toISOString(),
      lastSeenAt: new Date(lastSeenAt).toISOString(),
    }));
    process.stdout.write(`${JSON.stringify(rows)}\n`);
    return;
  }
  if (devices.length === 0) process.stdout.write("no device is paired\n");
  for (const { name, wavryId, lastSeenAt } of devices) {
    const seen = new Date(lastSeenAt).toISOString().slice(0, 16).replace("T", " ");
    process.stdout.write(`${name}\n  ${wavryId}\n  last seen ${seen} UTC\n`);
  }
}

/** `wavry host devices rename` */
export function renameDevice(which: string, name: string): void {
  const devices = open();
  devices.rename(find(devices, which).wavryId, name);
}

/** `wavry host devices forget` */
export function forgetDevice(which: string): void {
  const devices = open();
  devices.forget(find(devices, which).wavryId, "client");
}

function open(): PairedDevices {
  return PairedDevices.open(defaultKeyringDirectory());
}

function find(devices: PairedDevices, which: string): PairedDevice {
  const device = devices.find(which, "client");
  if (device !== undefined) return device;
  throw new CommandError(`no paired device is called ${which}; see wavry host devices list`);
}
