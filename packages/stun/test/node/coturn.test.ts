import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { test } from "node:test";
import { promisify } from "node:util";
import { STUN_TIMING, StunClient, type StunEvent } from "../../src/index.ts";
import { askNatBehaviour, askStun, StunSocket } from "../../src/node/index.ts";
import { Coturn, without } from "../helpers/coturn.ts";
import { openSquare } from "../helpers/square.ts";

const run = promisify(execFile);

for (const [family, address] of [
  ["IPv4", "127.0.0.1"],
  ["IPv6", "::1"],
] as const) {
  test(`coturn's client learns its ${family} address from this server`, {
    skip: without("turnutils_stunclient"),
  }, async () => {
    await using socket = await StunSocket.open({ listen: [{ address, port: 0 }] });
    const { port } = socket.addresses[0]!;
    const { stdout, stderr } = await run("turnutils_stunclient", ["-p", String(port), address]);
    const [, seen] = /reflexive addr: (\S+):\d+/.exec(stdout + stderr) ?? [];
    assert.equal(seen, address, stdout + stderr);
    assert.ok(socket.counters.answered > 0);
  });

  test(`this client learns its ${family} address from coturn's server`, {
    skip: without("turnserver"),
  }, async () => {
    await using coturn = await Coturn.start([address]);
    const servers = [`stun:${family === "IPv6" ? `[${address}]` : address}:${coturn.port}`];
    const [event] = await askStun({ servers, timing: STUN_TIMING });
    assert.equal(event?.type, "mapped");
    assert.equal(event?.type === "mapped" && event.mapped.address, address);
  });
}

test("coturn answers this client from its other port, and names its other address", {
  skip: without("turnserver"),
}, async () => {
  await using coturn = await Coturn.start(["127.0.0.1", "127.0.0.2"]);
  const { port } = coturn;
  const socket = createSocket("udp4").bind(0, "127.0.0.1");
  await once(socket, "listening");
  try {
    const random = (length: number) => crypto.getRandomValues(new Uint8Array(length));
    const client = new StunClient({ randomBytes: random, timing: STUN_TIMING });
    const now = () => Math.floor(performance.now() * 1000);
    const ended = Promise.withResolvers<StunEvent>();
    const drain = (): void => {
      for (let next = client.pollTransmit(); next; next = client.pollTransmit())
        socket.send(next.bytes, next.to.port, next.to.address);
      const event = client.pollEvent();
      if (event !== undefined) ended.resolve(event);
    };
    socket.on("message", (datagram, from) => {
      client.receive(datagram, from, now());
      drain();
    });
    const timer = setInterval(() => {
      client.handleTimeout(now());
      drain();
    }, 20);
    const server = { address: "127.0.0.1", port };
    client.query(server, now(), { change: { address: false, port: true } });
    drain();
    const event = await ended.promise.finally(() => clearInterval(timer));
    assert.ok(event.type === "mapped", JSON.stringify(event));
    assert.deepEqual(event.from, { address: "127.0.0.1", port: coturn.otherPort });
    assert.deepEqual(event.mapped, { address: "127.0.0.1", port: socket.address().port });
    assert.equal(event.otherAddress?.address, "127.0.0.2");
  } finally {
    socket.close();
  }
});

test("this client tells by coturn's two addresses that loopback has no NAT and no filter", {
  skip: without("turnserver"),
}, async () => {
  await using coturn = await Coturn.start(["127.0.0.1", "127.0.0.2"]);
  const server = { address: "127.0.0.1", port: coturn.port };
  const nat = await askNatBehaviour({ server, timing: STUN_TIMING });
  assert.equal(nat?.mapping, "none");
  assert.equal(nat?.filtering, "endpoint-independent");
});

test("coturn's discovery of NATs comes to its end with this server, on two addresses with two ports", {
  skip: without("turnutils_natdiscovery"),
}, async () => {
  await using server = await openSquare();
  const { port } = server.addresses[0]!;
  const { stdout, stderr } = await run("turnutils_natdiscovery", [
    ...["-m", "-f", "-p", String(port), "127.0.0.1"],
  ]);
  const verdicts = [...(stdout + stderr).matchAll(/^NAT with (.+)!$/gm)].map(([, each]) => each);
  assert.deepEqual(
    verdicts,
    ["Endpoint Independent Mapping", "Endpoint Independent Filtering"],
    stdout + stderr,
  );
});
