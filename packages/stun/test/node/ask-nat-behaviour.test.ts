import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { test } from "node:test";
import { askNatBehaviour, StunAsker, StunSocket } from "../../src/node/index.ts";
import { openSquare } from "../helpers/square.ts";

/** For a machine that is busy. */
const PATIENT = { initialWait: 250_000, requests: 6, lastWaitFactor: 8 };

test("four sockets of a server answer for each other: nothing is translated and nothing filtered on loopback", async () => {
  await using server = await openSquare();
  for (const address of server.addresses) {
    const nat = await askNatBehaviour({ server: address, timing: PATIENT });
    assert.equal(nat?.mapping, "none");
    assert.equal(nat?.filtering, "endpoint-independent");
  }
});

test("a server with one address and two ports tells what ports can tell, and says no more", async () => {
  await using server = await StunSocket.open({
    listen: [{ address: "127.0.0.1", port: 0 }],
    secondPort: 0,
  });
  assert.equal(server.secondAddresses.length, 1);
  const nat = await askNatBehaviour({ server: server.addresses[0]!, timing: PATIENT });
  assert.equal(nat?.filtering, "port-independent");
});

test("a server with one port leaves the filter unknown", async () => {
  await using server = await StunSocket.open({ listen: [{ address: "127.0.0.1", port: 0 }] });
  const nat = await askNatBehaviour({ server: server.addresses[0]!, timing: PATIENT });
  assert.deepEqual([nat?.mapping, nat?.filtering], ["none", undefined]);
});

test("a server that is silent gives nothing, and a signal ends the wait by its reason", async () => {
  const deaf = createSocket("udp4").bind(0, "127.0.0.1");
  await once(deaf, "listening");
  try {
    const server = { address: "127.0.0.1", port: deaf.address().port };
    const timing = { initialWait: 10_000, requests: 1, lastWaitFactor: 1 };
    assert.equal(await askNatBehaviour({ server, timing }), undefined);
    const reason = new Error("enough");
    const abort = new AbortController();
    const asked = askNatBehaviour({ server, signal: abort.signal });
    setImmediate(() => abort.abort(reason));
    await assert.rejects(asked, reason);
  } finally {
    deaf.close();
    await once(deaf, "close");
  }
});

test("questions that are open when an asker is closed end, and so does one that comes after", async () => {
  const asker = await StunAsker.open(4);
  const server = { address: "127.0.0.1", port: 9 };
  const open = asker.ask(server);
  await asker[Symbol.asyncDispose]();
  for (const event of [await open, await asker.ask(server)]) {
    assert.equal(event.type, "failed");
    assert.deepEqual(event.server, server);
  }
  await asker[Symbol.asyncDispose]();
});
