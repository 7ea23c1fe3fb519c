/** A thread or process that receives, and ends in the midst of it by the means that it is told. */
import { isMainThread, parentPort, workerData } from "node:worker_threads";
import { openSocket } from "@wavry/rift-udp";

const how: string = isMainThread ? process.argv[2]! : workerData.how;
const socket = await openSocket({ address: "127.0.0.1", prefer: "best" });
let received = 0;
socket.listen(() => {
  if (++received !== 50) return;
  if (how === "throw") throw new Error("thrown while receiving");
  process.exit(7);
});
const { port } = socket.address;
if (isMainThread) process.send?.(port);
else parentPort?.postMessage(port);
