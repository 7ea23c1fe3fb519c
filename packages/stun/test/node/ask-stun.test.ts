import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { test } from "node:test";
import { askStun, StunError, StunSocket } from "../../src/node/index.ts";

/** A socket that hears and says nothing. */
async function openDeaf(): Promise<{ readonly server: string } & AsyncDisposable> {
  const socket = createSocket("udp4").bind(0, "127.0.0.1");
  await once(socket, "listening");
  return {
    server: `stun:127.0.0.1:${socket.address().port}`,
    async [Symbol.asyncDispose]() {
      socket.close();
      await once(socket, "close");
    },
  };
}

test("of several servers each is told about, those that are silent too", async () => {
  await using deaf = await openDeaf();
  await using socket = await StunSocket.open({ listen: [{ address: "127.0.0.1", port: 0 }] });
  const server = `stun:127.0.0.1:${socket.addresses[0]!.port}`;
  const timing = { initialWait: 500_000, requests: 2, lastWaitFactor: 2 };
  const events = await askStun({ servers: [deaf.server, server], timing });
  assert.deepEqual(
    events.map(({ type }) => type),
    ["mapped", "failed"],
  );
});

test("a name that is none, or that nobody has, is told, and no question is sent", async () => {
  for (const server of ["http://a", "no..name:3478"])
    await assert.rejects(askStun({ servers: [server] }), (error) => {
      assert.ok(error instanceof StunError);
      assert.equal(error.code, "unknown-host");
      return true;
    });
  assert.deepEqual(await askStun({ servers: [] }), []);
});

test("a signal ends it at once, by its reason, and leaves nothing open", async () => {
  await using deaf = await openDeaf();
  const abort = new AbortController();
  const asked = askStun({ servers: [deaf.server], signal: abort.signal });
  const reason = new Error("enough");
  setImmediate(() => abort.abort(reason));
  await assert.rejects(asked, reason);
  await assert.rejects(askStun({ servers: [deaf.server], signal: abort.signal }), reason);
});
