import assert from "node:assert/strict";
import { test } from "node:test";
import { Middlebox, Scene, TestRelay, until } from "./scene.ts";

test("two peers that are told each other's addresses meet by them, and no relay is asked for", async () => {
  await using relay = await TestRelay.open();
  await using scene = await Scene.open({ relays: [relay] });
  await scene.connect();
  await until(() => scene.client.way === "local" && scene.host.way === "local", "both are direct");
  await scene.exchange();
  assert.equal(scene.client.connection!.remote.port, scene.host.endpoint.address.port);
  assert.equal(relay.sessions, 0);
  assert.equal(scene.leases.length, 0);
  const { tried, whyRelay } = scene.client.finder.report;
  assert.equal(whyRelay, undefined);
  assert.ok(tried.some(({ provenAfterMicros }) => provenAfterMicros !== undefined));
});

test("without a direct path they meet over a relay, and move to a direct one when it is found", async () => {
  await using relay = await TestRelay.open();
  await using scene = await Scene.open({ relays: [relay], candidates: false });
  await scene.connect();
  await until(() => scene.client.way === "relay" && scene.host.way === "relay", "over the relay");
  await scene.exchange();
  const { connection } = scene.client;
  assert.equal(scene.client.finder.used!.remote, relay.place.id);
  assert.match(scene.client.finder.report.whyRelay!, /no address/);
  scene.passCandidates();
  await until(() => scene.client.way === "local" && scene.host.way === "local", "both are direct");
  await scene.exchange();
  assert.equal(scene.client.connection, connection);
  assert.equal(connection!.isOpen, true);
  assert.equal(scene.host.endpoint.counters.handshakesCompleted, 1);
});

test("a direct path that dies is left for the relay, in the same session", async () => {
  await using relay = await TestRelay.open();
  const candidates = [{ kind: "local" as const, address: "127.0.0.1", port: 1 }];
  await using scene = await Scene.open({ relays: [relay], candidates });
  await using box = await Middlebox.open(scene.host.endpoint.address.port);
  scene.client.finder.take({ type: "candidates", candidates: [box.candidate] });
  await scene.connect();
  await until(() => scene.client.way === "local", "direct");
  await scene.exchange();
  box.isStopped = true;
  await until(() => scene.client.way === "relay" && scene.host.way === "relay", "over the relay");
  await scene.exchange();
  assert.equal(scene.host.endpoint.counters.handshakesCompleted, 1);
});

test("a relay that dies is replaced by another, in the same session", async () => {
  await using first = await TestRelay.open();
  await using second = await TestRelay.open();
  await using scene = await Scene.open({ relays: [first, second], candidates: false });
  await scene.connect();
  await until(() => scene.client.finder.used?.remote === first.place.id, "over the first");
  await scene.exchange();
  first.isDead = true;
  await until(() => scene.client.finder.used?.remote === second.place.id, "over the second");
  await scene.exchange();
  assert.equal(scene.host.endpoint.counters.handshakesCompleted, 1);
  const asked = scene.client.said.filter(({ type }) => type === "relay-request");
  assert.deepEqual((asked.at(-1) as { avoid?: string[] }).avoid, [first.place.id]);
});

test("a relay that drains is left while it still forwards", async () => {
  await using first = await TestRelay.open();
  await using second = await TestRelay.open();
  await using scene = await Scene.open({ relays: [first, second], candidates: false });
  await scene.connect();
  await until(() => scene.client.finder.used?.remote === first.place.id, "over the first");
  await scene.exchange();
  first.drain(60);
  await until(() => scene.client.finder.used?.remote === second.place.id, "over the second");
  await until(() => scene.host.finder.used?.remote === second.place.id, "the host, too");
  await scene.exchange();
  assert.ok(!scene.client.used.includes(undefined));
  await until(() => first.sessions === 0, "the first is let go");
});

test("leases are renewed before they end, and the session stays on its relay", async () => {
  await using relay = await TestRelay.open();
  await using scene = await Scene.open({ relays: [relay], candidates: false, leaseSeconds: 5 });
  await scene.connect();
  await until(() => scene.client.way === "relay", "over the relay");
  await until(() => scene.leases.length >= 3, "two renewals");
  await scene.exchange();
  assert.equal(scene.client.way, "relay");
  assert.equal(relay.sessions, 1);
  assert.ok(
    scene.client.said.some((signal) => signal.type === "relay-request" && signal.renew === true),
  );
});
