/** A host in a thread of its own: counts input datagrams in shared memory and wakes who waits for it. */
import { parentPort, workerData } from "node:worker_threads";
import { nodeSuite } from "@wavry/rift-crypto/node";
import { RiftEndpoint } from "@wavry/rift-udp";

const { identity, secret, arrivals } = workerData;
const counter = new Int32Array(arrivals as SharedArrayBuffer);
const endpoint = await RiftEndpoint.bind({
  address: "127.0.0.1",
  identity,
  suite: nodeSuite,
  admission: {
    pairedStatics: () => [],
    pairingSecrets: () => [secret],
    onPaired: () => undefined,
  },
});
endpoint.onConnection = (connection) => {
  connection.onInput = () => {
    Atomics.add(counter, 0, 1);
    Atomics.notify(counter, 0);
  };
};
parentPort?.once("message", () => endpoint.close());
parentPort?.postMessage(endpoint.address);
