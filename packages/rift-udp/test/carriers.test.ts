import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import {
  CloseReason,
  screenUpdateHeaderBytes,
  UpdateCodec,
  writeScreenUpdateHeader,
} from "@wavry/rift-core";
import { createIdentity, type Identity } from "@wavry/rift-crypto";
import { nodeSuite as suite } from "@wavry/rift-crypto/node";
import { Endpoint } from "@wavry/rift-session";
import { SessionDriver } from "@wavry/rift-session/driver";
import {
  type CarrierPort,
  monotonicMicros,
  type RiftConnection,
  RiftEndpoint,
} from "@wavry/rift-udp";
import fc from "fast-check";
import { isCarrierAddress } from "../src/carriers.ts";

const hostIdentity = createIdentity(suite);
const clientIdentity = createIdentity(suite);
const remote = { wavryId: hostIdentity.wavryId, staticKey: hostIdentity.staticKey };

async function until(condition: () => boolean): Promise<void> {
  const deadline = performance.now() + 20_000;
  while (!condition()) {
    assert.ok(performance.now() < deadline, "the condition never held");
    await sleep(2);
  }
}

async function bind(identity: Identity, ...admitted: Identity[]): Promise<RiftEndpoint> {
  return await RiftEndpoint.bind({
    ...{ identity, suite, address: "127.0.0.1" },
    admission: {
      pairedStatics: () => admitted,
      pairingSecrets: () => [],
      onPaired: () => undefined,
    },
  });
}

/** A pipe between two endpoints; each end's port is in the endpoint. */
function join(one: RiftEndpoint, other: RiftEndpoint): { one: CarrierPort; other: CarrierPort } {
  const carry = (to: () => CarrierPort) => ({
    send(datagram: Uint8Array) {
      const copy = datagram.slice();
      assert.ok(copy.length <= 1200);
      setImmediate(() => to().receive(copy));
    },
  });
  const ports = { one: one.addCarrier(carry(() => ports.other)) } as Record<
    "one" | "other",
    CarrierPort
  >;
  ports.other = other.addCarrier(carry(() => ports.one));
  return ports;
}

function update(bytes: number): Uint8Array {
  const out = new Uint8Array(screenUpdateHeaderBytes(1) + bytes).fill(7);
  writeScreenUpdateHeader(out, 0, {
    ...{ codec: UpdateCodec.h264, keyframe: true, display: 0 },
    screen: { width: 8, height: 8 },
    rects: [{ x: 0, y: 0, width: 8, height: 8 }],
    ...{ capturedAt: 0, captureMicros: 0, convertMicros: 0, encodeMicros: 0 },
  });
  return out;
}

test("a session runs over a carrier from the handshake to the end, and nothing of it goes over UDP", async () => {
  await using host = await bind(hostIdentity, clientIdentity);
  await using client = await bind(clientIdentity);
  const ports = join(client, host);
  let hosted: RiftConnection | undefined;
  const inputs: number[] = [];
  host.onConnection = (connection) => {
    hosted = connection;
    connection.onInput = ([first]) => inputs.push(first!);
  };
  const connection = await client.connect({ addresses: [ports.one.address], remote });
  assert.deepEqual(connection.remote, ports.one.address);
  assert.match(connection.remote.address, /^100::[0-9a-f]+$/);
  const updates: number[] = [];
  connection.onUpdate = (bytes) => updates.push(bytes.length);
  connection.sendInput(Uint8Array.of(5));
  await until(() => inputs.includes(5));
  assert.deepEqual(hosted!.remote, ports.other.address);
  const big = update(200_000);
  hosted!.sendUpdate(big);
  await until(() => updates.includes(big.length));
  connection.close(CloseReason.done);
  assert.equal((await hosted!.closed).remote, true);
  assert.equal(host.counters.forgedCarrier, 0);
});

test("a session moves from UDP to a carrier and back while it runs", async () => {
  await using host = await bind(hostIdentity, clientIdentity);
  let hosted: RiftConnection | undefined;
  const inputs: number[] = [];
  const paths: string[] = [];
  host.onConnection = (connection) => {
    hosted = connection;
    connection.onInput = ([first]) => inputs.push(first!);
    connection.onPathChanged = ({ address }) => paths.push(address);
  };
  // A client that has one address for the host whatever carries its datagrams, as a browser has.
  const socket = createSocket("udp4");
  await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
  let timer: NodeJS.Timeout | undefined;
  let overCarrier = false;
  const port = host.addCarrier({
    send: (datagram) => {
      const copy = datagram.slice();
      setImmediate(() => driver.receive(copy, host.address));
    },
  });
  const driver = new SessionDriver({
    endpoint: new Endpoint({ suite, identity: clientIdentity, now: monotonicMicros() }),
    now: monotonicMicros,
    send: (bytes, length) => {
      const copy = bytes.slice(0, length);
      if (overCarrier) setImmediate(() => port.receive(copy));
      else socket.send(copy, host.address.port, "127.0.0.1");
    },
    setTimer: (at, now) => {
      clearTimeout(timer);
      timer = setTimeout(() => driver.handleTimer(), Math.max(0, (at - now) / 1000));
    },
  });
  socket.on("message", (datagram) => driver.receive(datagram, host.address));
  try {
    const connection = await driver.connect({ addresses: [host.address], remote });
    const updates: number[] = [];
    connection.onUpdate = (bytes) => updates.push(bytes.length);
    for (const [round, way] of [true, false, true].entries()) {
      overCarrier = way;
      connection.sendInput(new Uint8Array(40).fill(round + 1));
      await until(() => inputs.includes(round + 1) && paths.length === round + 1);
      assert.equal(hosted!.remote.address, way ? port.address.address : "127.0.0.1");
      const bytes = update(10_000 + round);
      hosted!.sendUpdate(bytes);
      await until(() => updates.includes(bytes.length));
    }
    assert.equal(connection.isOpen, true);
    assert.equal(host.counters.handshakesCompleted, 1);
    port.close();
    port.close();
    hosted!.sendCursor({ display: 0, x: 1, y: 1, visible: true, shapeId: 1 });
    assert.ok(host.counters.carrierGone > 0);
  } finally {
    await driver.close(CloseReason.done);
    driver[Symbol.dispose]();
    clearTimeout(timer);
    socket.close();
  }
});

test("carriers have addresses of their own, and one that is closed takes nothing", async () => {
  await using host = await bind(hostIdentity);
  const sent: Uint8Array[] = [];
  const first = host.addCarrier({ send: (datagram) => sent.push(datagram) });
  const second = host.addCarrier({ send: (datagram) => sent.push(datagram) });
  assert.notDeepEqual(first.address, second.address);
  first.receive(Uint8Array.of(9, 9, 9));
  assert.equal(host.counters.malformed + host.counters.unsupported, 1);
  first.close();
  first.receive(Uint8Array.of(9, 9, 9));
  assert.equal(host.counters.malformed + host.counters.unsupported, 1);
  assert.equal(sent.length, 0);
});

test("garbage on a carrier is dropped, and a peer that is not known gets no byte", async () => {
  await using host = await bind(hostIdentity);
  await using stranger = await bind(clientIdentity);
  const ports = join(stranger, host);
  for (let i = 0; i < 200; i++) ports.other.receive(suite.randomBytes(1 + ((i * 13) % 1500)));
  await assert.rejects(
    stranger.connect({ addresses: [ports.one.address], remote, timeoutMicros: 300_000 }),
    { code: "timeout" },
  );
  assert.ok(host.counters.unproven > 0);
});

test("every address in the prefix of carriers is known as one, and those of this machine's networks are not", () => {
  fc.assert(
    fc.property(fc.array(fc.nat(0xffff), { minLength: 4, maxLength: 4 }), (groups) => {
      const text = groups.map((group) => group.toString(16)).join(":");
      // As systems spell it (RFC 5952).
      const { hostname } = new URL(`http://[100:0:0:0:${text}]`);
      assert.equal(isCarrierAddress(hostname.slice(1, -1)), true);
    }),
  );
  for (const address of ["100.0.0.1", "127.0.0.1", "::1", "2001:db8::100", "fe80::100%eth0"])
    assert.equal(isCarrierAddress(address), false);
});
