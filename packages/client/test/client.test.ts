import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { PairedDevices } from "@wavry/keyring";
import { CloseReason } from "@wavry/rift-core";
import { createIdentity } from "@wavry/rift-crypto";
import { nodeSuite as suite } from "@wavry/rift-crypto/node";
import { Client } from "../src/client.ts";
import type { ClientEvent } from "../src/client-options.ts";
import { recordingView, TestHost } from "./helpers/test-host.ts";

/** A client that is connected to a host of the test's, with the events that it tells of. */
async function startClient(host: TestHost) {
  const directory = mkdtempSync(join(tmpdir(), "wavry-client-test-"));
  const devices = PairedDevices.open(directory);
  const shown = recordingView();
  const waiting = new Map<ClientEvent["type"], PromiseWithResolvers<ClientEvent>>();
  const eventOf = (type: ClientEvent["type"]): PromiseWithResolvers<ClientEvent> => {
    const event = waiting.get(type) ?? Promise.withResolvers<ClientEvent>();
    waiting.set(type, event);
    return event;
  };
  const client = await Client.connect({
    identity: createIdentity(suite),
    suite,
    devices,
    target: host.target,
    name: "laptop",
    view: Promise.resolve(shown.view),
    reconnect: false,
    onEvent: (event) => eventOf(event.type).resolve(event),
  });
  return {
    client,
    devices,
    shown,
    /** The first event of a kind. */
    told: (type: ClientEvent["type"]): Promise<ClientEvent> => eventOf(type).promise,
    async [Symbol.asyncDispose](): Promise<void> {
      await client[Symbol.asyncDispose]();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

const OPTIONS = { timeout: 30_000 };

test(
  "a client that paired remembers the host by its own name and where it was reached",
  OPTIONS,
  async () => {
    await using host = await TestHost.start();
    await using setup = await startClient(host);
    await host.say({
      body: { case: "hostHello", value: { protocolVersion: 1, deviceName: "den" } },
    });
    const event = await setup.told("connected");
    assert.ok(event.type === "connected" && event.newlyPaired);
    assert.equal(event.host, "den");
    const device = setup.devices.find("den", "host");
    assert.equal(device?.wavryId, event.wavryId);
    assert.deepEqual(
      device?.addresses.map(({ address, port }) => `${address}:${port}`),
      [event.remote],
    );
  },
);

test("what a host calls itself and tells cannot drive the client's terminal", OPTIONS, async () => {
  await using host = await TestHost.start();
  await using setup = await startClient(host);
  const deviceName = `\u001b]0;mine\u0007den${"!".repeat(1_000)}`;
  await host.say({ body: { case: "hostHello", value: { protocolVersion: 1, deviceName } } });
  const text = `\u001b[2Jread\r\nthis${"!".repeat(10_000)}`;
  await host.say({ body: { case: "notice", value: { code: "a\u009bb", text } } });
  const connected = await setup.told("connected");
  assert.ok(connected.type === "connected");
  assert.match(connected.host, /^\]0;mineden!{1,64}$/);
  const notice = await setup.told("notice");
  assert.ok(notice.type === "notice");
  assert.equal(notice.code, "ab");
  assert.match(notice.text, /^\[2Jread this!{1,500}$/);
});

test(
  "an update goes to the decoder, and a host that ends says so and closes the view",
  OPTIONS,
  async () => {
    await using host = await TestHost.start();
    await using setup = await startClient(host);
    const connection = await host.connected;
    connection.sendUpdate(Uint8Array.of(1, 2, 3));
    await host.say({
      body: { case: "hostHello", value: { protocolVersion: 1, deviceName: "den" } },
    });
    await setup.told("connected");
    connection.close(CloseReason.done, "good night");
    const end = await setup.client.closed;
    assert.deepEqual(end, { reason: "host-closed", message: "the host closed: good night" });
    assert.deepEqual(setup.shown.updates, [Uint8Array.of(1, 2, 3)]);
    assert.ok(setup.shown.isClosed());
  },
);

test("stopping twice ends once, and the host hears a goodbye", OPTIONS, async () => {
  await using host = await TestHost.start();
  await using setup = await startClient(host);
  const [first, second] = await Promise.all([setup.client.stop(), setup.client.stop()]);
  assert.deepEqual(first, { reason: "stopped", message: "stopped" });
  assert.equal(second, first);
  const closed = await (await host.connected).closed;
  assert.deepEqual([closed.reason, closed.remote], [CloseReason.done, true]);
});
