/** A host without a screen: GatewayLink, HostPaths and RiftEndpoint as in the product; updates of a made-up picture. */
import { deviceSigner, GatewayClient, SignalingSocket } from "@wavry/gateway-client";
import { GatewayLink, type GuestDoor } from "@wavry/host/gateway";
import {
  CloseReason,
  screenUpdateHeaderBytes,
  UpdateCodec,
  writeScreenUpdateHeader,
} from "@wavry/rift-core";
import { createIdentity } from "@wavry/rift-crypto";
import { nodeSuite as suite } from "@wavry/rift-crypto/node";
import { type RiftConnection, RiftEndpoint } from "@wavry/rift-udp";
import { explainPaths } from "@wavry/rift-udp/paths";
import type { Guest } from "../../../packages/host/src/guests.ts";
import type { HostEvent } from "../../../packages/host/src/host-options.ts";
import { HostPaths } from "../../../packages/host/src/host-paths.ts";
import { reachableAddresses } from "../../../packages/host/src/local-addresses.ts";
import { serve } from "./remote-side.ts";
import type { Place, Standing, Step } from "./words.ts";

const PORT = 4200;
const FRAME_MILLIS = 33;
const FRAME_BYTES = 3_000;

interface Session {
  readonly guest: Guest;
  readonly startedAt: number;
  readonly steps: Step[];
  connection: RiftConnection | undefined;
  received: number;
}

const place = JSON.parse(process.argv[2]!) as Place;
const identity = createIdentity(suite);
const device = deviceSigner(identity, suite);
const sessions = new Map<string, Session>();
let link: GatewayLink | undefined;

const endpoint = await RiftEndpoint.bind({
  ...{ identity, suite, port: PORT },
  admission: {
    pairedStatics: () => [...sessions.values()].map(({ guest }) => guest),
    pairingSecrets: () => [],
    onPaired: () => undefined,
  },
});
const paths = new HostPaths({
  ...{ endpoint, suite, identity, options: undefined },
  say: (sessionId, signal) => link?.onHostEvent({ type: "path-signal", sessionId, signal }),
  onUsed: (sessionId, _wavryId, path) => {
    const session = sessions.get(sessionId);
    const atMillis = performance.now() - (session?.startedAt ?? 0);
    session?.steps.push({ way: path?.way, kind: path?.kind, remote: path?.remote, atMillis });
  },
});

const door: GuestDoor = {
  expectGuest(guest) {
    sessions.set(guest.sessionId, {
      ...{ guest, startedAt: performance.now(), steps: [], connection: undefined, received: 0 },
    });
    endpoint.refreshAdmission();
  },
  setGuestRights: () => true,
  endGuest(sessionId) {
    sessions.get(sessionId)?.connection?.close(CloseReason.refused);
    sessions.delete(sessionId);
    paths.end(sessionId);
    endpoint.refreshAdmission();
  },
  startPaths: (guest) => paths.start(guest),
  tellPaths: (sessionId, news) => paths.take(sessionId, news),
};

/** A keyframe of zeros. */
function frame(): Uint8Array {
  const out = new Uint8Array(screenUpdateHeaderBytes(1) + FRAME_BYTES);
  writeScreenUpdateHeader(out, 0, {
    ...{ codec: UpdateCodec.h264, keyframe: true, display: 0, capturedAt: 1 },
    screen: { width: 64, height: 64 },
    rects: [{ x: 0, y: 0, width: 64, height: 64 }],
    ...{ captureMicros: 0, convertMicros: 0, encodeMicros: 0 },
  });
  return out;
}

endpoint.onConnection = (connection) => {
  const { wavryId } = connection.peer;
  const session = [...sessions.values()].findLast(({ guest }) => guest.wavryId === wavryId);
  if (session === undefined) return connection.close(CloseReason.refused);
  const { sessionId, name } = session.guest;
  const named = { wavryId, sessionId, name };
  session.connection = connection;
  paths.attach(connection);
  connection.onInput = () => connection.acknowledgeInput(++session.received);
  connection.sendUpdate(frame());
  const frames = setInterval(() => connection.sendUpdate(frame()), FRAME_MILLIS);
  tell({ type: "connected", ...named, remote: "" });
  void connection.closed.then(({ reason }) => {
    clearInterval(frames);
    const final = reason !== CloseReason.timeout && reason !== CloseReason.replaced;
    tell({ type: "disconnected", ...named, final, reason: "" });
  });
};

function tell(event: HostEvent): void {
  link?.onHostEvent(event);
}

const client = new GatewayClient(place);
await client.enrol({ device, kind: "host", name: "host", platform: "test" });
const socket = new SignalingSocket({
  ...{ url: place.url, issuer: place.issuer, device, role: "host" },
  credentials: { kind: "token", token: place.token },
  runningSessions: () => link?.runningSessions() ?? [],
});
link = new GatewayLink({
  ...{ door, socket, suite, hostId: identity.wavryId, gateway: place, unattended: true },
  ...{ pinnedKey: () => undefined, remember: () => {} },
  presence: {
    ...{ capabilities: [], monitors: [] },
    candidates: reachableAddresses(endpoint.address).map((one) => ({ kind: "local", ...one })),
  },
});

serve(
  {
    about: async () => {
      if (!socket.connected)
        await new Promise<void>((resolve) => socket.on("connected", () => resolve()));
      return identity.wavryId;
    },
    standing: (sessionId: string): Standing => {
      const { connection, steps = [], received = 0 } = sessions.get(sessionId) ?? {};
      const report = paths.reportOf(sessionId);
      return {
        ...{ isOpen: connection?.isOpen ?? false, steps, received, longestGapMillis: 0 },
        report: report === undefined ? [] : explainPaths(report),
      };
    },
  },
  async () => {
    link?.[Symbol.dispose]();
    await endpoint[Symbol.asyncDispose]();
    await paths[Symbol.asyncDispose]();
  },
);
