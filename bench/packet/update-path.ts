/** What a packet of video costs on the whole way from `sendUpdate` to the kernel, through the session itself. */
import { once } from "node:events";
import { getHeapStatistics } from "node:v8";
import { Worker } from "node:worker_threads";
import {
  type CongestionController,
  MAX_FRAGMENT_BYTES,
  screenUpdateHeaderBytes,
  UpdateCodec,
  writeScreenUpdateHeader,
} from "@wavry/rift-core";
import { createIdentity } from "@wavry/rift-crypto";
import { nodeSuite as suite } from "@wavry/rift-crypto/node";
import { type RiftConnection, RiftEndpoint } from "@wavry/rift-udp";
import type { SendFigures } from "./send-path.ts";
import type { ClientFigures } from "./update-client.ts";

const PACKETS = 48;
const WARM_UP_SHARE = 0.5;
const BPS = 1e12;

/** A path without limits, so that nothing waits. */
function unlimited(): CongestionController {
  return {
    name: "unlimited",
    decision: {
      targetBps: BPS,
      pacingBps: BPS,
      windowBytes: Infinity,
      redundancy: 0,
      maxFps: 1000,
      scale: 1,
      state: "stable",
    },
    packetSent: () => undefined,
    feedbackReceived: () => undefined,
    handleTimeout: () => undefined,
    pollTimeout: () => Infinity,
    nextFrameAt: (_queuedBytes, _inFlightBytes, now) => now,
  };
}

/** What is sent: updates of equal size that fill their packets, or of sizes that all differ. */
export type UpdateSizes = "equal" | "varied";

/** What a packet costs the host, and the client. */
export type UpdateFigures = SendFigures & { readonly client: ClientFigures };

/** Updates of 4 to 48 packets, whose pieces have about as many lengths as there are updates. */
const VARIED = 61;
const STEP_BYTES = 7_919;
const LEAST_PACKETS = 4;

/** Updates to be sent in turn; all lie in the memory of one. */
function newUpdates(sizes: UpdateSizes): Uint8Array[] {
  const largest = newUpdate();
  if (sizes === "equal") return [largest];
  const range = (PACKETS - LEAST_PACKETS) * MAX_FRAGMENT_BYTES;
  return Array.from({ length: VARIED }, (_, i) =>
    largest.subarray(0, largest.length - ((i * STEP_BYTES) % range)),
  );
}

function newUpdate(): Uint8Array {
  const update = new Uint8Array(PACKETS * MAX_FRAGMENT_BYTES);
  writeScreenUpdateHeader(update, 0, {
    codec: UpdateCodec.h264,
    keyframe: false,
    display: 0,
    screen: { width: 1920, height: 1080 },
    rects: [{ x: 0, y: 0, width: 1920, height: 1080 }],
    capturedAt: 0,
    captureMicros: 0,
    convertMicros: 0,
    encodeMicros: 0,
  });
  return update.fill(7, screenUpdateHeaderBytes(1));
}

/** Sends updates one after another, each when the one before has arrived. */
export async function measureUpdates(
  prefer: "best" | "plain",
  sizes: UpdateSizes,
  seconds: number,
): Promise<UpdateFigures> {
  const hostIdentity = createIdentity(suite);
  const clientIdentity = createIdentity(suite);
  await using host = await RiftEndpoint.bind({
    identity: hostIdentity,
    suite,
    address: "127.0.0.1",
    prefer,
    newController: unlimited,
    admission: {
      pairedStatics: () => [clientIdentity],
      pairingSecrets: () => [],
      onPaired: () => undefined,
    },
  });
  const connected = new Promise<RiftConnection>((resolve) => {
    host.onConnection = resolve;
  });
  const { wavryId, staticKey } = hostIdentity;
  const worker = new Worker(new URL("./update-client.ts", import.meta.url), {
    workerData: {
      identity: clientIdentity,
      port: host.address.port,
      remote: { wavryId, staticKey },
    },
  });
  await once(worker, "message");
  const connection = await connected;
  const nanos: number[] = [];
  let arrived: () => void = () => undefined;
  const { promise: measured, resolve: takeFigures } = Promise.withResolvers<ClientFigures>();
  worker.on("message", (message: "update" | ClientFigures) => {
    if (message === "update") arrived();
    else takeFigures(message);
  });
  let cpuAtStart: NodeJS.CpuUsage | undefined;
  let heapAtStart = 0;
  const measureFrom = performance.now() + seconds * WARM_UP_SHARE * 1000;
  const end = measureFrom + seconds * 1000;
  const updates = newUpdates(sizes);
  let packets = 0;
  for (let next = 0; packets === 0 || performance.now() < end; next = (next + 1) % updates.length) {
    const update = updates[next]!;
    const count = Math.ceil(update.length / MAX_FRAGMENT_BYTES);
    const start = performance.now();
    if (cpuAtStart === undefined && start >= measureFrom) {
      cpuAtStart = process.threadCpuUsage();
      // Asked often it would itself fill the heap.
      heapAtStart = getHeapStatistics().total_allocated_bytes;
      worker.postMessage("measure");
    }
    const from = performance.now();
    connection.sendUpdate(update);
    if (cpuAtStart !== undefined) {
      nanos.push(((performance.now() - from) * 1e6) / count);
      packets += count;
    }
    await new Promise<void>((resolve) => {
      arrived = resolve;
    });
  }
  const { user, system } = process.threadCpuUsage(cpuAtStart);
  const heapBytes = getHeapStatistics().total_allocated_bytes - heapAtStart;
  const ended = once(worker, "exit");
  worker.postMessage("stop");
  await ended;
  return {
    nanos,
    cpuNanos: ((user + system) * 1000) / packets,
    heapBytes: heapBytes / packets,
    packets,
    client: await measured,
  };
}
