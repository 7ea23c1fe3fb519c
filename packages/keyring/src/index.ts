/** What a device keeps on disk: its key file and the list of the devices that it is paired with. */
export type { DeviceAddress, DeviceRole, PairedDevice } from "./devices-file.ts";
export { defaultKeyringDirectory } from "./directory.ts";
export { type IdentityOptions, loadOrCreateIdentity } from "./identity-file.ts";
export { KeyringError, type KeyringErrorCode } from "./keyring-error.ts";
export { type DeviceNews, PairedDevices } from "./paired-devices.ts";
export { MAX_DEVICE_NAME_LENGTH, visibleText } from "./visible-text.ts";
