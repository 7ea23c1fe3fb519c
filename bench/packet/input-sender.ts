/** A worker that connects to a host and sends input with the time in it, 3 to 7 ms apart, and ends. */
import { setTimeout as sleep } from "node:timers/promises";
import { workerData } from "node:worker_threads";
import { nodeSuite } from "@wavry/rift-crypto/node";
import { RiftEndpoint } from "@wavry/rift-udp";
import { STAMP_BYTES, writeStamp } from "./stamp.ts";

const { identity, port, remote, count } = workerData;
await using endpoint = await RiftEndpoint.bind({ identity, suite: nodeSuite, prefer: "best" });
const connection = await endpoint.connect({ addresses: [{ address: "127.0.0.1", port }], remote });
const bytes = new Uint8Array(STAMP_BYTES);
for (let i = 0; i < count; i++) {
  await sleep(3 + Math.random() * 4);
  writeStamp(bytes);
  connection.sendInput(bytes);
}
