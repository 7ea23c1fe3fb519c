import assert from "node:assert/strict";
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { test } from "node:test";
import { BINDING_METHOD, readStun, StunClass, writeStun } from "../../src/index.ts";
import { askStun, StunError, StunSocket } from "../../src/node/index.ts";

const REQUEST = writeStun({
  ...{ class: StunClass.request, method: BINDING_METHOD, transactionId: new Uint8Array(12) },
  ...{ attributes: [], fingerprint: false },
});

async function openClient(): Promise<Socket> {
  const socket = createSocket("udp4").bind(0, "127.0.0.1");
  await once(socket, "listening");
  return socket;
}

test("without an address it answers over IPv4 and, where the machine has it, over IPv6", async () => {
  await using socket = await StunSocket.open({ listen: [{ port: 0 }] });
  const { address, port } = socket.addresses[0]!;
  const servers = [`stun:127.0.0.1:${port}`, ...(address === "::" ? [`stun:[::1]:${port}`] : [])];
  const events = await askStun({ servers });
  assert.equal(events.length, servers.length);
  for (const event of events) {
    assert.ok(event.type === "mapped", JSON.stringify(event));
    assert.equal(event.mapped.address, event.server.address);
  }
});

test("sockets on several addresses share one limit and one count", async () => {
  await using socket = await StunSocket.open({
    listen: [
      { address: "127.0.0.1", port: 0 },
      { address: "127.0.0.1", port: 0 },
    ],
    limits: { perNetworkPerSecond: 1, perNetworkBurst: 2 },
  });
  const [first, second] = socket.addresses.map(({ port }) => `stun:127.0.0.1:${port}`);
  assert.notEqual(first, second);
  const events = await askStun({ servers: [first!, second!, first!, second!] });
  const { answered, limitedByNetwork } = socket.counters;
  assert.ok(answered >= 2 && limitedByNetwork >= 1, JSON.stringify(socket.counters));
  assert.equal(events.length, 4);
});

test("a port that is taken, and an address that is not here, are told in one line and leave nothing open", async () => {
  await using taken = await StunSocket.open({ listen: [{ address: "127.0.0.1", port: 0 }] });
  const { port } = taken.addresses[0]!;
  for (const [listen, code, message] of [
    [
      [
        { address: "127.0.0.1", port: 0 },
        { address: "127.0.0.1", port },
      ],
      "port-in-use",
      /taken/,
    ],
    [[{ port }], "port-in-use", /UDP port \d+ is taken by another program/],
    [[{ address: "192.0.2.1", port: 0 }], "address-unavailable", /no address 192\.0\.2\.1/],
  ] as const)
    await assert.rejects(StunSocket.open({ listen }), (error) => {
      assert.ok(error instanceof StunError);
      assert.equal(error.code, code);
      assert.match(error.message, message);
      return true;
    });
});

test("datagrams of any kind neither stop it nor are answered", async () => {
  await using socket = await StunSocket.open({ listen: [{ address: "127.0.0.1", port: 0 }] });
  const { port } = socket.addresses[0]!;
  const client = await openClient();
  try {
    const answers: Uint8Array[] = [];
    const answered = Promise.withResolvers<void>();
    client.on("message", (answer) => {
      answers.push(answer);
      if (readStun(answer).transactionId.every((byte) => byte === 0)) answered.resolve();
    });
    for (let i = 0; i < 50; i++) {
      client.send(new Uint8Array(i).fill(i), port, "127.0.0.1");
      client.send(REQUEST.with(i % 20, 0xff), port, "127.0.0.1");
    }
    client.send(new Uint8Array(60_000), port, "127.0.0.1");
    // Sent again, as the kernel may drop a part of the burst.
    const again = setInterval(() => client.send(REQUEST, port, "127.0.0.1"), 20);
    await answered.promise.finally(() => clearInterval(again));
    for (const answer of answers) assert.equal(readStun(answer).class, StunClass.success);
  } finally {
    client.close();
  }
});

test("closing while datagrams come in is quiet, frees the port, and may be done twice", async () => {
  const client = await openClient();
  try {
    for (let round = 0; round < 20; round++) {
      const socket = await StunSocket.open({ listen: [{ address: "127.0.0.1", port: 0 }] });
      const { port } = socket.addresses[0]!;
      for (let i = 0; i < 50; i++) client.send(REQUEST, port, "127.0.0.1");
      if (round % 2 === 0) await new Promise((resolve) => setImmediate(resolve));
      await Promise.all([socket[Symbol.asyncDispose](), socket[Symbol.asyncDispose]()]);
      await socket[Symbol.asyncDispose]();
      if (round < 19) continue;
      await using _again = await StunSocket.open({ listen: [{ address: "127.0.0.1", port }] });
    }
  } finally {
    client.close();
  }
});
