/**
 * A worker as the network's thread of a host: an endpoint that notes how long stamped input was on its way; posts its port
 * and priority, then on any message the waits.
 */
import { parentPort, workerData } from "node:worker_threads";
import { nodeSuite } from "@wavry/rift-crypto/node";
import { prioritizeThread, RiftEndpoint } from "@wavry/rift-udp";
import { millisSinceStamp } from "./stamp.ts";

const { identity, client } = workerData;
const millis: number[] = [];
const endpoint = await RiftEndpoint.bind({
  identity,
  suite: nodeSuite,
  address: "127.0.0.1",
  prefer: "best",
  admission: {
    pairedStatics: () => [client],
    pairingSecrets: () => [],
    onPaired: () => undefined,
  },
});
endpoint.onConnection = (connection) => {
  connection.onInput = (datagram) => millis.push(millisSinceStamp(datagram));
};
const priority = await prioritizeThread();
parentPort?.once("message", () => {
  parentPort?.postMessage(millis);
  void endpoint.close();
});
parentPort?.postMessage({ port: endpoint.address.port, priority });
