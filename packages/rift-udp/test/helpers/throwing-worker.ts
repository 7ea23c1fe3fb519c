/** A socket whose listener first makes a promise go on, and then throws. */
import { parentPort, workerData } from "node:worker_threads";
import { openSocket } from "@wavry/rift-udp";

const { prefer } = workerData;
const receiver = await openSocket({ prefer, address: "127.0.0.1" });
const sender = await openSocket({ prefer, address: "127.0.0.1" });
const { promise, resolve } = Promise.withResolvers<void>();
function send(): void {
  sender.send(Uint8Array.of(1), 1, "127.0.0.1", receiver.address.port);
  sender.flush();
}
let calls = 0;
receiver.listen(() => {
  if (++calls === 1) resolve();
  else throw new Error("thrown by a listener");
});
send();
await promise;
parentPort?.postMessage("a promise went on");
send();
