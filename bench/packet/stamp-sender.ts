/** A worker that sends datagrams with the time in them, 3 to 7 ms apart, and ends. */
import { workerData } from "node:worker_threads";
import { openSocket } from "@wavry/rift-udp";
import { STAMP_BYTES, writeStamp } from "./stamp.ts";

const { port, count } = workerData as { port: number; count: number };
const socket = await openSocket({ address: "127.0.0.1", prefer: "best" });
const never = new Int32Array(new SharedArrayBuffer(4));
const bytes = new Uint8Array(STAMP_BYTES);
for (let i = 0; i < count; i++) {
  Atomics.wait(never, 0, 0, 3 + Math.random() * 4);
  writeStamp(bytes);
  socket.send(bytes, bytes.length, "127.0.0.1", port);
  socket.flush();
}
await socket.close();
