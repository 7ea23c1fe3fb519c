/** A worker that receives datagrams and forgets them; posts its port. */
import { createSocket } from "node:dgram";
import { parentPort } from "node:worker_threads";

const socket = createSocket({ type: "udp4", recvBufferSize: 4 << 20 });
socket.on("message", () => {});
socket.bind(0, "127.0.0.1", () => parentPort?.postMessage(socket.address().port));
