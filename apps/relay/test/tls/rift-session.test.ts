import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { screenUpdateHeaderBytes, UpdateCodec, writeScreenUpdateHeader } from "@wavry/rift-core";
import { nodeSuite } from "@wavry/rift-crypto/node";
import { type RiftConnection, RiftEndpoint } from "@wavry/rift-udp";
import { connectRelayOverTls, RelayPath } from "@wavry/rift-udp/paths";
import { leaseOf, until } from "../helpers.ts";
import { CERTIFICATE, TlsScene } from "./scene.ts";

const UPDATES = 40;
const UPDATE_BYTES = 20_000;

function update(number: number): Uint8Array {
  const head = screenUpdateHeaderBytes(1);
  const out = new Uint8Array(head + UPDATE_BYTES).fill(number);
  writeScreenUpdateHeader(out, 0, {
    ...{ codec: UpdateCodec.h264, keyframe: number === 0, display: 0 },
    screen: { width: 8, height: 8 },
    rects: [{ x: 0, y: 0, width: 8, height: 8 }],
    ...{ capturedAt: 0, captureMicros: 0, convertMicros: 0, encodeMicros: 0 },
  });
  return out;
}

for (const hostBy of ["udp", "tls"] as const)
  test(`a RIFT session with video runs over TLS, the host's side over ${hostBy}, and goes on when its leases are renewed`, async () => {
    await using scene = await TlsScene.open();
    const { client: clientIdentity, host: hostIdentity } = scene.devices;
    const bind = (identity: typeof hostIdentity, admitted: (typeof hostIdentity)[]) =>
      RiftEndpoint.bind({
        ...{ identity, suite: nodeSuite, address: "127.0.0.1" },
        admission: {
          pairedStatics: () => admitted,
          pairingSecrets: () => [],
          onPaired: () => undefined,
        },
      });
    await using host = await bind(hostIdentity, [clientIdentity]);
    await using client = await bind(clientIdentity, []);
    const url = `wss://localhost:${scene.port}/relay`;
    const { identity } = scene;
    const relay = {
      ...{ id: identity.wavryId, addresses: [scene.server.address], tls: url },
      staticKey: Buffer.from(identity.staticKey).toString("base64url"),
    };
    const newLease = (sessionId: Uint8Array) =>
      leaseOf({ ...scene.devices, relayKey: identity.identityKey, sessionId });
    const open = async (endpoint: RiftEndpoint, by: "udp" | "tls", lease: Uint8Array) => {
      const way =
        by === "udp"
          ? ({ type: "udp", address: scene.server.address } as const)
          : ({
              type: "tls",
              pipe: await connectRelayOverTls({ url, ca: CERTIFICATE.cert, env: {} }),
            } as const);
      const path = new RelayPath({
        ...{ endpoint, suite: nodeSuite, relay, lease, way },
        identity: endpoint === host ? hostIdentity : clientIdentity,
        onEvent: () => undefined,
      });
      path.start();
      return path;
    };
    const openBoth = async () => {
      for (;;) {
        const sessionId = nodeSuite.randomBytes(16);
        const lease = newLease(sessionId);
        const paths = [await open(client, "tls", lease), await open(host, hostBy, lease)] as const;
        const isOver = (): boolean => paths.some(({ state }) => state === "ended");
        const isReady = (): boolean => paths.every(({ state }) => state === "ready");
        await until(() => isReady() || isOver(), "both sides are admitted");
        if (isReady()) return { sessionId, paths };
        // A machine that is busy with much else: a leg gives up after 5 s, and a busy relay takes no new session.
        await wait(300);
        for (const path of paths) path[Symbol.dispose]();
      }
    };
    const { sessionId, paths } = await openBoth();
    const [clientPath, hostPath] = paths;
    let accepted: RiftConnection | undefined;
    host.onConnection = (connection) => {
      accepted = connection;
    };
    const connection = await client.connect({
      addresses: [clientPath.address],
      remote: { wavryId: hostIdentity.wavryId, staticKey: hostIdentity.staticKey },
    });
    await until(() => accepted !== undefined, "the host has it");
    const got = new Set<number>();
    connection.onUpdate = (bytes) => void got.add(bytes.at(-1)!);
    for (let i = 0; i < UPDATES; i++) {
      accepted!.sendUpdate(update(i));
      if (i === UPDATES / 2) {
        const next = newLease(sessionId);
        clientPath.renew(next);
        hostPath.renew(next);
      }
      await until(() => got.has(i), `update ${i} came`);
    }
    await until(() => scene.server.status.counters.renewed === 2, "both leases are renewed");
    assert.equal(scene.server.status.joined, 1);
    assert.equal(scene.door.status.admitted, hostBy === "tls" ? 2 : 1);
    for (const path of paths) path[Symbol.dispose]();
  });
