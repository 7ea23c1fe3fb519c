import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { test } from "node:test";
import { createIdentity } from "@wavry/rift-crypto";
import { nodeSuite as suite } from "@wavry/rift-crypto/node";
import { RiftEndpoint } from "@wavry/rift-udp";
import { Gatherer, type PathCandidate } from "@wavry/rift-udp/paths";
import {
  AttributeType,
  BINDING_METHOD,
  readStun,
  StunClass,
  writeStun,
  writeXorAddress,
} from "@wavry/stun";
import { StunSocket } from "@wavry/stun/node";
import { TestNetwork, until } from "./scene.ts";

function bind(): Promise<RiftEndpoint> {
  return RiftEndpoint.bind({ identity: createIdentity(suite), suite, address: "127.0.0.1" });
}

/** A server that sees each socket as `mapped` says. */
async function natServer(mapped: { address: string; port: number }) {
  const socket = createSocket("udp4");
  socket.on("message", (datagram, from) => {
    const { transactionId } = readStun(datagram);
    const value = writeXorAddress(mapped, transactionId);
    const answer = writeStun({
      ...{ class: StunClass.success, method: BINDING_METHOD, transactionId, fingerprint: false },
      attributes: [{ type: AttributeType.xorMappedAddress, value }],
    });
    socket.send(answer, from.port, from.address);
  });
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  const { port } = socket.address();
  return { place: { address: "127.0.0.1", port }, [Symbol.dispose]: () => void socket.close() };
}

test("a socket that servers see under its own address is behind no NAT, and tells that address once", async () => {
  await using server = await StunSocket.open({ listen: [{ address: "127.0.0.1", port: 0 }] });
  await using endpoint = await bind();
  const found: PathCandidate[] = [];
  await using gatherer = new Gatherer({
    ...{ endpoint, suite, stun: server.addresses },
    onCandidates: (candidates) => found.push(...candidates),
  });
  gatherer.start();
  assert.deepEqual(found, [{ kind: "local", ...endpoint.address }]);
  await until(() => gatherer.nat === "none", "the kind of NAT is known");
  assert.equal(found.length, 1);
});

test("servers that see one socket under two addresses tell of a symmetric NAT", async () => {
  using one = await natServer({ address: "192.0.2.1", port: 1000 });
  using other = await natServer({ address: "192.0.2.1", port: 1001 });
  using same = await natServer({ address: "192.0.2.1", port: 1000 });
  await using endpoint = await bind();
  const gather = async (stun: readonly { address: string; port: number }[]) => {
    const found: PathCandidate[] = [];
    await using gatherer = new Gatherer({
      ...{ endpoint, suite, stun },
      onCandidates: (candidates) => found.push(...candidates),
    });
    gatherer.start();
    await until(() => gatherer.stun.length >= 2, "both answered");
    return { nat: gatherer.nat, reflexive: found.filter(({ kind }) => kind === "reflexive") };
  };
  const symmetric = await gather([one.place, other.place]);
  assert.equal(symmetric.nat, "endpoint-dependent");
  assert.equal(symmetric.reflexive.length, 2);
  const friendly = await gather([one.place, same.place]);
  assert.equal(friendly.nat, "endpoint-independent");
  assert.deepEqual(friendly.reflexive, [{ kind: "reflexive", address: "192.0.2.1", port: 1000 }]);
});

test("two searches on one socket each get the answers to their own questions", async () => {
  await using server = await StunSocket.open({ listen: [{ address: "127.0.0.1", port: 0 }] });
  await using endpoint = await bind();
  const make = () =>
    new Gatherer({ endpoint, suite, stun: server.addresses, onCandidates: () => {} });
  await using one = make();
  await using other = make();
  one.start();
  other.start();
  await until(() => one.nat === "none" && other.nat === "none", "both are answered");
});

test("when the network changes, what was found is forgotten and found anew", async () => {
  await using endpoint = await bind();
  const network = new TestNetwork();
  network.own = ["192.0.2.10"];
  const told: string[] = [];
  let changes = 0;
  await using gatherer = new Gatherer({
    ...{ endpoint, suite, network },
    onCandidates: (found) => told.push(...found.map(({ address }) => address)),
    onChanged: () => changes++,
  });
  gatherer.start();
  network.own = ["198.51.100.3", "192.0.2.10"];
  network.change();
  assert.deepEqual(told, ["192.0.2.10", "198.51.100.3", "192.0.2.10"]);
  assert.equal(changes, 1);
  await gatherer[Symbol.asyncDispose]();
  network.change();
  assert.equal(told.length, 3);
});

test("a port of the router is told, asked for anew in another network, and given back at the end; nobody is asked unless that is wished", async () => {
  await using endpoint = await bind();
  const asked: number[] = [];
  const network = new TestNetwork();
  let returned = 0;
  const openMapping = async (port: number) => {
    asked.push(port);
    return {
      ...{ way: "pcp" as const, address: "203.0.113.9", port: 4999 },
      async [Symbol.asyncDispose]() {
        returned++;
      },
    };
  };
  const gather = (mapPorts: boolean, found: PathCandidate[]) =>
    new Gatherer({
      ...{ endpoint, suite, openMapping, mapPorts, network },
      onCandidates: (candidates) => found.push(...candidates),
    });
  const found: PathCandidate[] = [];
  await using quiet = gather(false, found);
  quiet.start();
  await using gatherer = gather(true, found);
  gatherer.start();
  await until(() => found.some(({ kind }) => kind === "mapped"), "the port is told");
  assert.deepEqual(asked, [endpoint.address.port]);
  assert.deepEqual(found.at(-1), { kind: "mapped", address: "203.0.113.9", port: 4999 });
  network.change();
  await until(() => found.filter(({ kind }) => kind === "mapped").length === 2, "told anew");
  assert.equal(asked.length, 2);
  assert.equal(returned, 1);
  await gatherer[Symbol.asyncDispose]();
  await gatherer[Symbol.asyncDispose]();
  assert.equal(returned, 2);
});
