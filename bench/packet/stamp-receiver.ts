/** A worker that notes how long stamped datagrams waited; posts its port and priority, then on any message the waits. */
import { parentPort, workerData } from "node:worker_threads";
import { openSocket, prioritizeThread } from "@wavry/rift-udp";
import { waitMillis } from "./stamp.ts";

const millis: number[] = [];
const socket = await openSocket({ address: "127.0.0.1", prefer: "best" });
socket.listen((datagram, _from, arrival) => millis.push(waitMillis(socket, datagram, arrival)));
const priority = workerData.prioritize ? await prioritizeThread() : "normal";
parentPort?.once("message", () => {
  parentPort?.postMessage(millis);
  void socket.close();
});
parentPort?.postMessage({ port: socket.address.port, priority });
