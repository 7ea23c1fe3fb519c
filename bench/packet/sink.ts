/** A worker that receives datagrams and forgets them; posts its port, then on "figures" what that cost; ends on "stop". */
import { getHeapStatistics } from "node:v8";
import { parentPort, workerData } from "node:worker_threads";
import { type OpenOptions, openSocket } from "@wavry/rift-udp";

/** What receiving has cost since the last answer. */
export interface SinkFigures {
  readonly packets: number;
  readonly cpuNanos: number;
  readonly heapBytes: number;
}

const { prefer } = workerData as { prefer: OpenOptions["prefer"] };
const socket = await openSocket({ prefer, address: "127.0.0.1" });
let packets = 0;
let cpu = process.threadCpuUsage();
let heapBytes = getHeapStatistics().total_allocated_bytes;
socket.listen(() => {
  packets++;
});
parentPort?.on("message", (message) => {
  if (message === "stop") {
    void socket.close();
    parentPort?.close();
    return;
  }
  const { user, system } = process.threadCpuUsage(cpu);
  const allocated = getHeapStatistics().total_allocated_bytes;
  const figures: SinkFigures = {
    packets,
    cpuNanos: (user + system) * 1000,
    heapBytes: allocated - heapBytes,
  };
  parentPort?.postMessage(figures);
  packets = 0;
  heapBytes = getHeapStatistics().total_allocated_bytes;
  cpu = process.threadCpuUsage();
});
parentPort?.postMessage(socket.address.port);
