import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { networkInterfaces } from "node:os";
import { test } from "node:test";
import { type Address, RelayLeg } from "@wavry/relay";
import { createIdentity } from "@wavry/rift-crypto";
import { nodeSuite } from "@wavry/rift-crypto/node";
import { openRelaySocket, RelayMonitor, RelayServer } from "../src/index.ts";
import { leaseOf, newDevices, SocketLeg, until } from "./helpers.ts";

const hasIpv6 = Object.values(networkInterfaces())
  .flat()
  .some((one) => one?.address === "::1");

/** All in one thread on node:dgram; one thread that forwards; more of them, where a side may come to each. */
const THREADS = process.platform === "linux" ? [0, 1, 3] : [0];

async function open(address?: string, threads = 0) {
  const identity = createIdentity(nodeSuite);
  const devices = newDevices();
  const socket = await openRelaySocket({ address, port: 0, threads });
  const gatewayKey = devices.gateway.identityKey;
  const server = new RelayServer({ socket, suite: nodeSuite, gatewayKey, identity });
  const { port } = server.address;
  const lease = leaseOf({ ...devices, relayKey: identity.identityKey });
  const leg = (device: typeof identity, at: string) =>
    SocketLeg.open({ device, lease, address: at, port, staticKey: identity.staticKey });
  return { server, devices, leg, identity, lease };
}

/** Sends until the other side has them all, as loopback may lose some, too. */
async function carry(from: SocketLeg, to: SocketLeg, count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    const rift = new Uint8Array(1_200).fill(i + 1);
    rift[0] = 5;
    const has = (): boolean => to.got.some((one) => Buffer.compare(one, rift) === 0);
    await until(() => from.send(rift) && has(), `datagram ${i} comes through`);
  }
}

const families = [["127.0.0.1", "127.0.0.1"], ...(hasIpv6 ? [["::1", "127.0.0.1"]] : [])] as const;
for (const [threads, [clientTo, hostTo]] of THREADS.flatMap((count) =>
  families.map((family) => [count, family] as const),
))
  test(`RIFT datagrams pass both ways over real sockets: client by ${clientTo}, host by ${hostTo}, ${threads} threads`, async () => {
    const { server, devices, leg } = await open(hasIpv6 ? undefined : "127.0.0.1", threads);
    await using _server = server;
    await using client = await leg(devices.client, clientTo!);
    await using host = await leg(devices.host, hostTo!);
    await until(() => client.leg.state === "ready" && host.leg.state === "ready", "both are ready");
    await carry(client, host, 20);
    await carry(host, client, 20);
    assert.equal(server.status.joined, 1);
    client.leg.close();
    client.drain();
    await until(() => host.leg.state === "ended", "the host hears of the end");
    assert.equal(server.status.sessions, 0);
  });

for (const threads of THREADS)
  test(`measured on the wire, a stranger gets at most as many bytes as it sends, whatever it sends: ${threads} threads`, async () => {
    const { server } = await open("127.0.0.1", threads);
    await using _server = server;
    const socket = createSocket("udp4");
    socket.bind(0, "127.0.0.1");
    await once(socket, "listening");
    let sent = 0;
    let got = 0;
    let answers = 0;
    socket.on("message", (bytes) => {
      got += bytes.length;
      answers++;
    });
    const { port } = server.address;
    let hellos = 0;
    await until(() => {
      for (const length of [32, 356, 24, 16, 1_204, 1_400, 28, 40]) {
        const bytes = new Uint8Array(length);
        bytes[0] = length === 32 ? 0x50 : 0x40 + Math.floor(Math.random() * 24);
        bytes[1] = 1;
        if (length === 32) hellos++;
        sent += length;
        socket.send(bytes, port, "127.0.0.1");
      }
      return answers >= 50;
    }, "fifty answers came");
    socket.close();
    assert.ok(got <= sent && got <= hellos * 32, `${got} bytes for ${sent}`);
  });

for (const threads of THREADS)
  test(`a relay that drains tells its sessions, forwards on, and is done when the last is gone: ${threads} threads`, async () => {
    const { server, devices, leg } = await open("127.0.0.1", threads);
    await using _server = server;
    await using client = await leg(devices.client, "127.0.0.1");
    await using host = await leg(devices.host, "127.0.0.1");
    await until(() => client.leg.state === "ready" && host.leg.state === "ready", "both are ready");
    let isOver = false;
    const drained = server.drain(600).then(() => {
      isOver = true;
    });
    let told = false;
    await until(() => {
      for (let event = host.leg.pollEvent(); event; event = host.leg.pollEvent())
        if (event.type === "draining") told = true;
      return told;
    }, "the host is told");
    await carry(client, host, 3);
    assert.equal(isOver, false);
    client.leg.close();
    client.drain();
    await drained;
    assert.equal(server.status.state, "draining");
  });

for (const threads of THREADS)
  test(`data passes both ways between UDP and another door: ${threads} threads`, async () => {
    const { server, devices, leg, identity, lease } = await open("127.0.0.1", threads);
    await using _server = server;
    const from = { address: "tls/1/192.0.2.9", port: 9 };
    using inside = new RelayLeg({
      suite: nodeSuite,
      identity: {
        identityKey: devices.host.identityKey,
        sign: (text) => nodeSuite.ed25519Sign(devices.host.identitySeed, text),
      },
      relay: { ...server.address, staticKey: identity.staticKey },
      lease,
      now: SocketLeg.now(),
    });
    const got: Uint8Array[] = [];
    let say: (datagram: Uint8Array, from: Address) => void = () => undefined;
    server.attach({
      prefix: "tls/",
      listen: (onDatagram) => {
        say = onDatagram;
      },
      send: (bytes, length, address, port) => {
        assert.deepEqual({ address, port }, from);
        const rift = inside.receive(bytes.slice(0, length), SocketLeg.now());
        if (rift !== undefined) got.push(rift.slice());
      },
    });
    const drain = (): boolean => {
      inside.handleTimeout(SocketLeg.now());
      for (;;) {
        const out = inside.pollTransmit(SocketLeg.now());
        if (out === undefined) break;
        say(out.bytes.slice(0, out.length), from);
      }
      return inside.state === "ready";
    };
    await using client = await leg(devices.client, "127.0.0.1");
    await until(() => drain() && client.leg.state === "ready", "both are ready");
    const rift = new Uint8Array(1_000).fill(8);
    rift[0] = 5;
    await until(() => client.send(rift) && got.length > 0, "it comes out of the door");
    assert.equal(Buffer.compare(got[0]!, rift), 0);
    const out = new Uint8Array(1_204);
    await until(() => {
      say(out.slice(0, inside.wrap(rift, out, SocketLeg.now())), from);
      return client.got.length > 0;
    }, "it comes out of the socket");
    assert.equal(Buffer.compare(client.got[0]!, rift), 0);
  });

for (const threads of THREADS)
  test(`a relay that closes tells its legs, and closing twice does no harm: ${threads} threads`, async () => {
    const { server, devices, leg } = await open("127.0.0.1", threads);
    await using client = await leg(devices.client, "127.0.0.1");
    await until(() => client.leg.state === "ready", "the client is ready");
    await server[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
    await until(() => client.leg.state === "ended", "the client hears of it");
    assert.equal(server.status.state, "closed");
  });

for (const threads of THREADS)
  test(`health, readiness and figures are told on loopback, without an address or an ID of anybody: ${threads} threads`, async () => {
    const { server, devices, leg, identity } = await open("127.0.0.1", threads);
    await using _server = server;
    await using monitor = await RelayMonitor.listen({ relay: server, port: 0 });
    await using client = await leg(devices.client, "127.0.0.1");
    await using host = await leg(devices.host, "127.0.0.1");
    await until(() => client.leg.state === "ready" && host.leg.state === "ready", "both are ready");
    await carry(client, host, 3);
    const health = (await (await fetch(`${monitor.url}/health`)).json()) as Record<string, unknown>;
    assert.deepEqual([health.status, health.joined], ["ok", 1]);
    assert.equal((await fetch(`${monitor.url}/ready`)).status, 200);
    const text = await (await fetch(`${monitor.url}/metrics`)).text();
    assert.match(text, /^wavry_relay_joined_sessions 1$/m);
    assert.match(text, /^wavry_relay_admissions_total\{kind="admitted"\} 2$/m);
    assert.match(text, /^wavry_relay_refusals_total\{why="wrong_relay"\} 0$/m);
    assert.match(text, /^wavry_relay_dropped_total\{cause="over_rate"\} 0$/m);
    assert.match(text, /^wavry_relay_forwarded_total [1-9]\d*$/m);
    for (const secret of [devices.client, devices.host, identity])
      assert.ok(!text.includes(secret.wavryId) && !text.includes(secret.identityKey.toHex()));
    assert.doesNotMatch(text, /127\.0\.0\.1/);
    assert.equal((await fetch(`${monitor.url}/nothing`)).status, 404);
    assert.equal((await fetch(`${monitor.url}/health`, { method: "POST" })).status, 405);
    const drained = server.drain(0);
    assert.equal((await fetch(`${monitor.url}/ready`)).status, 503);
    await drained;
  });
