/** Adds devices to the list in the folder of the first argument: the third many, named after the second. */
import { PairedDevices } from "@wavry/keyring";
import { startGate } from "./start-gate.ts";

const [directory = "", prefix = "", count] = process.argv.slice(2);
await startGate();
const devices = PairedDevices.open(directory);
for (let index = 0; index < Number(count); index++)
  devices.add({
    wavryId: `wavry1${prefix}${index}`,
    staticKey: new Uint8Array(32).fill(index),
    name: `${prefix} ${index}`,
    role: "client",
  });
