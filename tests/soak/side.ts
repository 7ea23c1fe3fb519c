/**
 * One end of the soak: `side.ts host PORT` or `side.ts client PORT HOST-WAVRY-ID HOST-KEY`. Talks JSON lines: what it is,
 * then a line of figures every ten seconds. Ends when its standard input does.
 */
import { readdirSync } from "node:fs";
import {
  DeltaController,
  screenUpdateHeaderBytes,
  UpdateCodec,
  writeScreenUpdateHeader,
} from "@wavry/rift-core";
import { createIdentity } from "@wavry/rift-crypto";
import { nodeSuite } from "@wavry/rift-crypto/node";
import { monotonicMicros, RiftEndpoint } from "@wavry/rift-udp";

const FPS = 60;
const BITRATE_BPS = 20_000_000;
const REPORT_MS = 10_000;
const TICK_MS = 50;
const SCREEN = { width: 1920, height: 1080 };

const [role = "", portText = "", peerId = "", peerKey = ""] = process.argv.slice(2);
const port = Number(portText);
const identity = createIdentity(nodeSuite);
let pictures = 0;
let longestGapMicros = 0;
let lastPictureAt = 0;
/** How late a timer of this process came at worst: by as much the machine itself stood still. */
let longestLatenessMicros = 0;

function say(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

function figures(extra: object): void {
  globalThis.gc?.();
  const { rss, heapUsed, external } = process.memoryUsage();
  const handles = readdirSync("/proc/self/fd").length;
  say({
    role,
    at: Date.now(),
    rss,
    heapUsed,
    external,
    handles,
    pictures,
    longestGapMicros,
    longestLatenessMicros,
    ...extra,
  });
  longestGapMicros = 0;
  longestLatenessMicros = 0;
}

/** A frame as an encoder would give it; a new one each time, as the connection keeps it. */
function frame(keyframe: boolean, bps: number): Uint8Array {
  const out = new Uint8Array(screenUpdateHeaderBytes(1) + Math.round(bps / FPS / 8));
  writeScreenUpdateHeader(out, 0, {
    codec: UpdateCodec.h264,
    keyframe,
    display: 0,
    screen: SCREEN,
    rects: [{ x: 0, y: 0, ...SCREEN }],
    capturedAt: monotonicMicros(),
    captureMicros: 0,
    convertMicros: 0,
    encodeMicros: 0,
  });
  return out;
}

async function host(): Promise<void> {
  const paired: { wavryId: string; staticKey: Uint8Array }[] = [];
  const endpoint = await RiftEndpoint.bind({
    identity,
    suite: nodeSuite,
    address: "127.0.0.1",
    port,
    admission: {
      pairedStatics: () => paired,
      pairingSecrets: () => [],
      onPaired: () => {},
    },
    newController: (initialRttMicros) =>
      new DeltaController({
        startBps: 4_000_000,
        minBps: 200_000,
        maxBps: 2 * BITRATE_BPS,
        maxFps: FPS,
        initialRttMicros,
      }),
  });
  say({
    role,
    wavryId: identity.wavryId,
    key: Buffer.from(identity.staticKey).toString("hex"),
  });
  process.stdin.once("data", (line) => {
    const { wavryId, key } = JSON.parse(String(line));
    paired.push({ wavryId, staticKey: new Uint8Array(Buffer.from(key, "hex")) });
    endpoint.refreshAdmission();
    say({ role, ready: true });
  });
  endpoint.onConnection = (connection) => {
    let wantsKeyframe = true;
    connection.onKeyframeRequested = () => {
      wantsKeyframe = true;
    };
    connection.onInput = (datagram) => connection.acknowledgeInput(datagram[0]!);
    const timer = setInterval(() => {
      const now = monotonicMicros();
      if (!connection.isOpen) return clearInterval(timer);
      if (connection.nextFrameAt(now) > now) return;
      const { targetBps = BITRATE_BPS } = connection.congestion ?? {};
      connection.sendUpdate(frame(wantsKeyframe, Math.min(BITRATE_BPS, targetBps * 0.95)));
      wantsKeyframe = false;
      pictures++;
    }, 1000 / FPS);
  };
  setInterval(() => figures({ connections: endpoint.connections.length }), REPORT_MS);
}

async function client(): Promise<void> {
  const endpoint = await RiftEndpoint.bind({ identity, suite: nodeSuite, address: "127.0.0.1" });
  say({ role, wavryId: identity.wavryId, key: Buffer.from(identity.staticKey).toString("hex") });
  await new Promise((resolve) => process.stdin.once("data", resolve));
  const connection = await endpoint.connect({
    addresses: [{ address: "127.0.0.1", port }],
    remote: { wavryId: peerId, staticKey: new Uint8Array(Buffer.from(peerKey, "hex")) },
  });
  connection.onUpdate = () => {
    const now = monotonicMicros();
    if (lastPictureAt !== 0) longestGapMicros = Math.max(longestGapMicros, now - lastPictureAt);
    lastPictureAt = now;
    pictures++;
  };
  let sequence = 0;
  setInterval(() => connection.sendInput(Uint8Array.of(++sequence & 255, 0, 0, 0)), 8);
  setInterval(() => {
    const { bytesReceived, packetsLost, updatesLost, keyEpoch } = connection.stats();
    figures({ bytesReceived, packetsLost, updatesLost, keyEpoch });
  }, REPORT_MS);
  void connection.closed.then(({ message }) => {
    say({ role, closed: message });
    process.exit(1);
  });
}

let tickedAt = monotonicMicros();
setInterval(() => {
  const now = monotonicMicros();
  longestLatenessMicros = Math.max(longestLatenessMicros, now - tickedAt - TICK_MS * 1000);
  tickedAt = now;
}, TICK_MS);
process.stdin.on("end", () => process.exit(0));
await (role === "host" ? host() : client());
