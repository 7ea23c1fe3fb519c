import { createSocket } from "node:dgram";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { defaultKeyringDirectory, loadOrCreateIdentity, PairedDevices } from "@wavry/keyring";
import { nodeSuite } from "@wavry/rift-crypto/node";
import type { Trial } from "./check.ts";

/** What a burst of video needs to wait in the kernel while the program is busy. */
const RECEIVE_BUFFER_BYTES = 4 * 1024 * 1024;

/** The socket, the thread that serves it, and the key file. */
export function systemTrials(): Trial[] {
  const trials: Trial[] = [
    { area: "network", name: "udp", required: true, attempt: sendToSelf },
    {
      area: "network",
      name: "receive buffer",
      required: false,
      fix: `sysctl -w net.core.rmem_max=${RECEIVE_BUFFER_BYTES}`,
      attempt: measureReceiveBuffer,
    },
    { area: "keyring", name: "key and devices", required: true, attempt: describeKeyring },
  ];
  if (process.platform === "linux")
    trials.splice(2, 0, {
      area: "network",
      name: "real-time priority",
      required: false,
      fix: "let the user have it: ulimit -r 1 (RLIMIT_RTPRIO), or run with CAP_SYS_NICE",
      attempt: raisePriority,
    });
  return trials;
}

/** A datagram over loopback and back. */
async function sendToSelf(): Promise<string> {
  const socket = createSocket("udp4");
  try {
    socket.bind(0, "127.0.0.1");
    await once(socket, "listening");
    const arrival = once(socket, "message", { signal: AbortSignal.timeout(2000) });
    socket.send("wavry", socket.address().port, "127.0.0.1");
    await arrival;
    return "a datagram arrives over loopback";
  } finally {
    socket.close();
  }
}

async function measureReceiveBuffer(): Promise<string> {
  const socket = createSocket({ type: "udp4", recvBufferSize: RECEIVE_BUFFER_BYTES });
  try {
    socket.bind(0, "127.0.0.1");
    await once(socket, "listening");
    // Linux doubles what is asked for, to have room for its own records.
    const bytes = socket.getRecvBufferSize() / (process.platform === "linux" ? 2 : 1);
    const size = `${Math.round(bytes / 1024)} KiB`;
    if (bytes < RECEIVE_BUFFER_BYTES) throw new Error(`${size}; bursts at high rates may be lost`);
    return size;
  } finally {
    socket.close();
  }
}

/** Tried in a thread that ends at once, as it would hold for the rest of ours. */
async function raisePriority(): Promise<string> {
  const worker = new Worker(new URL("./try-priority.ts", import.meta.url));
  const [allowed] = await once(worker, "message");
  await worker.terminate();
  if (allowed !== true) throw new Error("not allowed; input may wait while the machine is busy");
  return "allowed: input and network run ahead of everything";
}

/** Looks at the key file without making one. */
function describeKeyring(): string {
  const directory = defaultKeyringDirectory();
  if (!existsSync(join(directory, "identity.json"))) return `will be made in ${directory}`;
  const { wavryId } = loadOrCreateIdentity({ directory, suite: nodeSuite });
  const count = PairedDevices.open(directory).list().length;
  return `${wavryId.slice(0, 14)}… with ${count} paired ${count === 1 ? "device" : "devices"}, in ${directory}`;
}
