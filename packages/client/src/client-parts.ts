/** What a client's thread loads while its window opens. */
export { defaultKeyringDirectory, loadOrCreateIdentity, PairedDevices } from "@wavry/keyring";
export { identityFromSecrets } from "@wavry/rift-crypto";
export { nodeSuite as suite } from "@wavry/rift-crypto/node";
export { prioritizeThread } from "@wavry/rift-udp";
export { Client } from "./client.ts";
