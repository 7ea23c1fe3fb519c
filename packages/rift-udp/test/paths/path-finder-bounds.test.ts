import assert from "node:assert/strict";
import { test } from "node:test";
import { createIdentity } from "@wavry/rift-crypto";
import { nodeSuite as suite } from "@wavry/rift-crypto/node";
import type { PathCandidate, PathNews } from "@wavry/rift-udp/paths";
import { Scene, TestNetwork, TestRelay, until } from "./scene.ts";

test("who hides its addresses tells none, answers no check but a relay's, and meets over the relay", async () => {
  await using relay = await TestRelay.open();
  await using scene = await Scene.open({ relays: [relay], host: { relay: "only" } });
  await scene.connect();
  await until(() => scene.client.way === "relay" && scene.host.way === "relay", "over the relay");
  await scene.exchange();
  // The client guesses right, and is not answered all the same.
  const guess = { kind: "local" as const, ...scene.host.endpoint.address };
  scene.client.finder.take({ type: "candidates", candidates: [guess] });
  const triedGuess = () =>
    scene.client.finder.report.tried.find(({ address }) => address.port === guess.port);
  await until(() => (triedGuess()?.checksSent ?? 0) >= 3, "it was tried");
  assert.equal(triedGuess()?.state, "waiting");
  assert.ok(!scene.host.said.some(({ type }) => type === "candidates"));
});

test("without relays none is asked for, and a lease that comes all the same is left alone", async () => {
  await using relay = await TestRelay.open();
  await using scene = await Scene.open({ relays: [relay], client: { relay: "never" } });
  await scene.connect();
  await until(() => scene.client.way === "local", "direct");
  const lease = relay.lease(scene.client.identity, scene.host.identity, suite.randomBytes(16));
  scene.client.finder.take({ type: "relay", relay: relay.place, lease });
  await scene.exchange();
  assert.deepEqual(scene.client.finder.report.relays, []);
  assert.ok(!scene.client.said.some(({ type }) => type === "relay-request"));
});

test("addresses and leases that make no sense are counted, and hinder nothing", async () => {
  await using relay = await TestRelay.open();
  await using scene = await Scene.open({ relays: [relay] });
  const { finder } = scene.client;
  const address = (text: string, port = 4200): PathCandidate => ({
    ...{ kind: "local", address: text, port },
  });
  const bad = [
    "100::1",
    "0.0.0.0",
    "::",
    "239.1.2.3",
    "ff02::1",
    "fe80::1%eth0",
    "1.2.3.4.5",
    "::g",
  ];
  finder.take({ type: "candidates", candidates: bad.map((text) => address(text)) });
  finder.take({ type: "candidates", candidates: [{ ...address("192.0.2.1"), kind: "relay" }] });
  assert.equal(finder.counters.refusedCandidates, bad.length + 1);
  const many = Array.from({ length: 500 }, (_, i) => address(`192.0.2.${i % 250}`, 1 + i));
  for (let i = 0; i < many.length; i += 10)
    finder.take({ type: "candidates", candidates: many.slice(i, i + 10) });
  assert.ok(finder.report.tried.length <= 64);
  const stranger = createIdentity(suite);
  const lease = (news: Partial<PathNews & { type: "relay" }>): void =>
    finder.take({ type: "relay", relay: relay.place, lease: "", ...news });
  lease({ lease: "no base64url!" });
  lease({ lease: "AAAA" });
  lease({ lease: relay.lease(stranger, scene.host.identity, suite.randomBytes(16)) });
  lease({
    relay: { ...relay.place, staticKey: "??" },
    lease: relay.lease(scene.client.identity, scene.host.identity, suite.randomBytes(16)),
  });
  const zeros = new Uint8Array(32).toBase64({ alphabet: "base64url", omitPadding: true });
  lease({
    relay: { ...relay.place, staticKey: zeros },
    lease: relay.lease(scene.client.identity, scene.host.identity, suite.randomBytes(16)),
  });
  await until(() => finder.counters.badLeases === 5, "each is counted");
  finder.take({ type: "relay-refused", code: "no-relay" });
});

test("checks of another session on the same socket are not taken for one's own", async () => {
  await using scene = await Scene.open();
  await using other = await Scene.open({ candidates: false });
  await scene.connect();
  await until(() => scene.client.way === "local", "direct");
  const before = other.host.endpoint.counters.sideUnwanted;
  scene.client.finder.take({
    ...{ type: "candidates" },
    candidates: [{ kind: "local", ...other.host.endpoint.address }],
  });
  await until(() => other.host.endpoint.counters.sideUnwanted > before, "nobody takes them");
  assert.equal(other.host.finder.counters.checksReceived, 0);
});

test("when the network changes, addresses are told anew and the session goes on", async () => {
  const network = new TestNetwork();
  await using relay = await TestRelay.open();
  await using scene = await Scene.open({ relays: [relay], client: { network } });
  await scene.connect();
  await until(() => scene.client.way === "local", "direct");
  const told = () => scene.client.said.filter(({ type }) => type === "candidates").length;
  const before = told();
  network.change();
  await until(() => told() > before, "told anew");
  await scene.exchange();
  assert.equal(scene.host.endpoint.counters.handshakesCompleted, 1);
});

test("who hides its addresses follows changes of the network all the same, and tells none", async () => {
  const network = new TestNetwork();
  await using relay = await TestRelay.open();
  {
    await using scene = await Scene.open({ relays: [relay], client: { network, relay: "only" } });
    await scene.connect();
    await until(() => scene.client.way === "relay", "over the relay");
    assert.equal(network.watches, 1);
    network.change();
    await until(() => scene.client.said.some(({ type }) => type === "moved"), "it is told");
    await scene.exchange();
    await until(() => scene.client.way === "relay", "over the relay again");
    assert.ok(!scene.client.said.some(({ type }) => type === "candidates"));
    assert.equal(scene.host.endpoint.counters.handshakesCompleted, 1);
  }
  assert.equal(network.watches, 0);
});

test("a search that ends leaves its relay, sends nothing more, and may be ended twice", async () => {
  await using relay = await TestRelay.open();
  await using scene = await Scene.open({ relays: [relay], candidates: false });
  await scene.connect();
  await until(() => scene.client.way === "relay", "over the relay");
  const { finder } = scene.client;
  await Promise.all([finder[Symbol.asyncDispose](), finder[Symbol.asyncDispose]()]);
  await finder[Symbol.asyncDispose]();
  await until(() => relay.sessions === 0, "the relay is left");
  const report = scene.client.said.length;
  finder.take({
    type: "candidates",
    candidates: [{ kind: "local", ...scene.host.endpoint.address }],
  });
  await until(
    () => scene.client.said.some(({ type }) => type === "relay-report"),
    "told of its use",
  );
  const use = scene.client.said.find(({ type }) => type === "relay-report");
  assert.ok(use?.type === "relay-report" && use.use.connected && use.use.relay === relay.place.id);
  assert.ok(scene.client.said.length <= report + 1);
});
