import { defaultKeyringDirectory, type PairedDevice, PairedDevices } from "@wavry/keyring";
import { CommandError } from "../exit-code.ts";

/** `wavry host devices list` */
export function listDevices(options: { json?: boolean }): void {
  const devices = open()
    .list()
    .filter(({ role }) => role !== "host");
  if (options.json === true) {
    const rows = devices.map(({ wavryId, name, role, pairedAt, lastSeenAt }) => ({
      wavryId,
      name,
      guest: role === "guest",
      pairedAt: new Date(pairedAt).toISOString(),
      lastSeenAt: new Date(lastSeenAt).toISOString(),
    }));
    process.stdout.write(`${JSON.stringify(rows)}\n`);
    return;
  }
  if (devices.length === 0) process.stdout.write("no device is paired\n");
  for (const { name, wavryId, role, lastSeenAt } of devices) {
    const seen = new Date(lastSeenAt).toISOString().slice(0, 16).replace("T", " ");
    const how = role === "guest" ? " (a guest, by a gateway's grants only)" : "";
    process.stdout.write(`${name}${how}\n  ${wavryId}\n  last seen ${seen} UTC\n`);
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
  const { wavryId } = find(devices, which);
  for (const role of ["client", "guest"] as const) devices.forget(wavryId, role);
}

function open(): PairedDevices {
  return PairedDevices.open(defaultKeyringDirectory());
}

function find(devices: PairedDevices, which: string): PairedDevice {
  const device = devices.find(which, "client") ?? devices.find(which, "guest");
  if (device !== undefined) return device;
  throw new CommandError(`no paired device is called ${which}; see wavry host devices list`);
}
