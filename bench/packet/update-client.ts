/**
 * A worker that connects to a host and takes its updates; posts once connected and after each update. On "measure" it
 * begins to count, on "stop" it posts what a packet has cost since, and ends.
 */
import { getHeapStatistics } from "node:v8";
import { parentPort, workerData } from "node:worker_threads";
import { nodeSuite } from "@wavry/rift-crypto/node";
import { RiftEndpoint } from "@wavry/rift-udp";

/** What receiving has cost. */
export interface ClientFigures {
  readonly heapBytes: number;
  readonly packets: number;
}

const { identity, port, remote } = workerData;
const endpoint = await RiftEndpoint.bind({ identity, suite: nodeSuite, prefer: "best" });
const connection = await endpoint.connect({ addresses: [{ address: "127.0.0.1", port }], remote });
const state = (): ClientFigures => ({
  heapBytes: getHeapStatistics().total_allocated_bytes,
  packets: connection.stats().packetsReceived,
});
let before = state();
connection.onUpdate = () => parentPort?.postMessage("update");
parentPort?.on("message", (message) => {
  if (message === "measure") {
    before = state();
    return;
  }
  const { heapBytes, packets } = state();
  const figures: ClientFigures = {
    heapBytes: heapBytes - before.heapBytes,
    packets: packets - before.packets,
  };
  parentPort?.postMessage(figures);
  parentPort?.close();
  void endpoint.close();
});
parentPort?.postMessage("connected");
