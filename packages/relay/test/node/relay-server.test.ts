import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { networkInterfaces } from "node:os";
import { test } from "node:test";
import { createIdentity } from "@wavry/rift-crypto";
import { nodeSuite } from "@wavry/rift-crypto/node";
import { openSocket } from "@wavry/rift-udp";
import { RelayMonitor, RelayServer } from "../../src/node/index.ts";
import { leaseOf, newDevices, SocketLeg, until } from "./helpers.ts";

const hasIpv6 = Object.values(networkInterfaces())
  .flat()
  .some((one) => one?.address === "::1");

async function open(address?: string) {
  const identity = createIdentity(nodeSuite);
  const devices = newDevices();
  const socket = await openSocket({ address, port: 0, prefer: "plain" });
  const gatewayKey = devices.gateway.identityKey;
  const server = new RelayServer({ socket, suite: nodeSuite, gatewayKey, identity });
  const { port } = server.address;
  const lease = leaseOf({ ...devices, relayKey: identity.identityKey });
  const leg = (device: typeof identity, at: string) =>
    SocketLeg.open({ device, lease, address: at, port, staticKey: identity.staticKey });
  return { server, devices, leg, identity };
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
for (const [clientTo, hostTo] of families)
  test(`RIFT datagrams pass both ways over real sockets: client by ${clientTo}, host by ${hostTo}`, async () => {
    const { server, devices, leg } = await open(hasIpv6 ? undefined : "127.0.0.1");
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

test("measured on the wire, a stranger gets at most as many bytes as it sends, whatever it sends", async () => {
  const { server } = await open("127.0.0.1");
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

test("a relay that drains tells its sessions, forwards on, and is done when the last is gone", async () => {
  const { server, devices, leg } = await open("127.0.0.1");
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

test("a relay that closes tells its legs, and closing twice does no harm", async () => {
  const { server, devices, leg } = await open("127.0.0.1");
  await using client = await leg(devices.client, "127.0.0.1");
  await until(() => client.leg.state === "ready", "the client is ready");
  await server[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
  await until(() => client.leg.state === "ended", "the client hears of it");
  assert.equal(server.status.state, "closed");
});

test("health, readiness and figures are told on loopback, without an address or an ID of anybody", async () => {
  const { server, devices, leg, identity } = await open("127.0.0.1");
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
