import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { test } from "node:test";
import { createIdentity } from "@wavry/rift-crypto";
import { nodeSuite as suite } from "@wavry/rift-crypto/node";
import { RiftEndpoint } from "@wavry/rift-udp";
import { StunClass, writeStun } from "@wavry/stun";
import { isSideDatagram } from "../src/side-protocols.ts";
import { until } from "./paths/scene.ts";

const stun = (kind: StunClass): Uint8Array =>
  writeStun({
    ...{ class: kind, method: 1, transactionId: suite.randomBytes(12), attributes: [] },
    fingerprint: false,
  });

test("RIFT's packets are told from all others by the first byte, and STUN's by its cookie", () => {
  for (let kind = 1; kind <= 5; kind++) {
    const datagram = suite.randomBytes(1200);
    datagram[0] = kind;
    datagram.set([0, 0, 0, 1], 4);
    assert.equal(isSideDatagram(datagram), false, `kind ${kind}`);
  }
  for (const first of [6, 0x30, 0x31, 0x40, 0x57, 0xff])
    assert.equal(isSideDatagram(Uint8Array.of(first)), true, `first byte ${first}`);
  for (const kind of Object.values(StunClass)) assert.equal(isSideDatagram(stun(kind)), true);
  assert.equal(isSideDatagram(new Uint8Array(0)), false);
  assert.equal(isSideDatagram(Uint8Array.of(1, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42)), false);
});

test("side protocols are asked in turn until one takes a datagram, and what none takes is counted", async () => {
  await using endpoint = await RiftEndpoint.bind({
    ...{ identity: createIdentity(suite), suite, address: "127.0.0.1" },
  });
  const got: string[] = [];
  const port = (name: string, first: number) =>
    endpoint.addSideProtocol({
      receive(datagram) {
        if (datagram[0] !== first) return false;
        got.push(`${name} ${datagram.length}`);
        return true;
      },
    });
  using one = port("one", 0x30);
  using _other = port("other", 0x40);
  const socket = createSocket("udp4");
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  try {
    const send = (...bytes: number[]): void =>
      socket.send(Uint8Array.from(bytes), endpoint.address.port, "127.0.0.1");
    send(0x40, 1);
    send(0x30);
    send(0x77);
    await until(() => got.length === 2 && endpoint.counters.sideUnwanted === 1, "all came");
    assert.deepEqual(got.toSorted(), ["one 1", "other 2"]);
    one[Symbol.dispose]();
    send(0x30);
    await until(() => endpoint.counters.sideUnwanted === 2, "nobody takes it any more");
    // What is sent leaves by the endpoint's socket; after disposal nothing does.
    one.send(Uint8Array.of(1), 1, "127.0.0.1", socket.address().port);
    const back = once(socket, "message");
    _other.send(Uint8Array.of(9), 1, "127.0.0.1", socket.address().port);
    const [answer, from] = await back;
    assert.deepEqual([...answer], [9]);
    assert.equal(from.port, endpoint.address.port);
  } finally {
    socket.close();
  }
});
