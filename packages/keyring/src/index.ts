/** What a device keeps on disk: its key file and the list of the devices that it is paired with. */
export { defaultKeyringDirectory } from "./directory.ts";
export { type IdentityOptions, loadOrCreateIdentity } from "./identity-file.ts";
export { KeyringError, type KeyringErrorCode } from "./keyring-error.ts";
export {
  type DeviceAddress,
  type DeviceNews,
  type DeviceRole,
  type PairedDevice,
  PairedDevices,
} from "./paired-devices.ts";
