/** A worker that connects to a host and takes its updates; posts once connected and after each update; ends on any message. */
import { parentPort, workerData } from "node:worker_threads";
import { nodeSuite } from "@wavry/rift-crypto/node";
import { RiftEndpoint } from "@wavry/rift-udp";

const { identity, port, remote } = workerData;
const endpoint = await RiftEndpoint.bind({ identity, suite: nodeSuite, prefer: "best" });
const connection = await endpoint.connect({ addresses: [{ address: "127.0.0.1", port }], remote });
connection.onUpdate = () => parentPort?.postMessage("update");
parentPort?.once("message", () => void endpoint.close());
parentPort?.postMessage("connected");
