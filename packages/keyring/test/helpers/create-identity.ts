/** Loads or makes the identity in the folder of the first argument, and prints its Wavry ID. */
import { loadOrCreateIdentity } from "@wavry/keyring";
import { nodeSuite } from "@wavry/rift-crypto/node";
import { startGate } from "./start-gate.ts";

await startGate();
const { wavryId } = loadOrCreateIdentity({ directory: process.argv[2]!, suite: nodeSuite });
process.stdout.write(wavryId);
