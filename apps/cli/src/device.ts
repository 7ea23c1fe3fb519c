import { hostname } from "node:os";
import { defaultKeyringDirectory, loadOrCreateIdentity, PairedDevices } from "@wavry/keyring";
import type { CryptoSuite, Identity } from "@wavry/rift-crypto";
import { nodeSuite } from "@wavry/rift-crypto/node";

/** Who this machine is, and whom it knows. */
export interface Device {
  readonly suite: CryptoSuite;
  readonly identity: Identity;
  readonly devices: PairedDevices;
  /** What it is called on the other side. */
  readonly name: string;
}

/** Opens the keyring, making it at the first use. Throws KeyringError. */
export function openDevice(name?: string): Device {
  const directory = defaultKeyringDirectory();
  return {
    suite: nodeSuite,
    identity: loadOrCreateIdentity({ directory, suite: nodeSuite }),
    devices: PairedDevices.open(directory),
    name: name ?? hostname(),
  };
}
