import assert from "node:assert/strict";
import { test } from "node:test";
import type { RelayPipe } from "@wavry/rift-udp/paths";
import { openTestPipe, Scene, TestRelay, until } from "./scene.ts";

/** A client that hears nothing by UDP, and a relay that it reaches by pipes. */
async function blockedScene(relay: TestRelay): Promise<{ scene: Scene; pipes: RelayPipe[] }> {
  const pipes: RelayPipe[] = [];
  const openPipe = async (): Promise<RelayPipe> => {
    const pipe = await openTestPipe(relay);
    pipes.push(pipe);
    return pipe;
  };
  const options = { relays: [relay], candidates: false, forgivesAvoided: true };
  const scene = await Scene.open({ ...options, client: { openPipe } });
  // Names are looked up before the first hello, so none has left yet.
  relay.deafTo = scene.client.endpoint.address.port;
  return { scene, pipes };
}

test("a client that no UDP gets through to meets its host over TLS, and turns to UDP when that works", async () => {
  await using relay = await TestRelay.open();
  const { scene } = await blockedScene(relay);
  await using _scene = scene;
  await scene.connect();
  await until(() => scene.client.way === "relay-tls", "over TLS");
  await until(() => scene.host.way === "relay", "the host by UDP");
  await scene.exchange();
  assert.match(scene.client.finder.report.whyRelay!, /no UDP/);
  const request = scene.client.said.find(({ type }) => type === "relay-request");
  assert.ok(request?.type === "relay-request");
  assert.ok(request.measured.some(({ over, rttMillis }) => over === "tls" && rttMillis !== null));
  relay.deafTo = undefined;
  await until(() => scene.client.way === "relay", "by UDP");
  await scene.exchange();
  assert.equal(scene.host.endpoint.counters.handshakesCompleted, 1);
});

test("a host that cannot reach the relay that was chosen gets another, which its client does not ask for", async () => {
  await using first = await TestRelay.open();
  await using second = await TestRelay.open();
  Object.assign(first.place, { tls: undefined });
  const openPipe = (): Promise<RelayPipe> => openTestPipe(second);
  const options = { relays: [first, second], candidates: false };
  await using scene = await Scene.open({ ...options, host: { openPipe } });
  for (const relay of [first, second]) relay.deafTo = scene.host.endpoint.address.port;
  await scene.connect();
  await until(() => scene.host.way === "relay-tls", "the host over TLS");
  await until(() => scene.client.finder.used?.remote === second.place.id, "over the second");
  await scene.exchange();
  const asked = scene.host.said.find((one) => one.type === "relay-request" && one.avoid);
  assert.deepEqual((asked as { avoid?: string[] }).avoid, [first.place.id]);
});

test("a pipe that breaks is replaced, in the same session", async () => {
  await using relay = await TestRelay.open();
  const { scene, pipes } = await blockedScene(relay);
  await using _scene = scene;
  await scene.connect();
  await until(() => scene.client.way === "relay-tls", "over TLS");
  await scene.exchange();
  const before = pipes.length;
  for (const pipe of pipes) pipe.close();
  await until(() => pipes.length > before && scene.client.way === "relay-tls", "over TLS again");
  await scene.exchange();
  assert.equal(scene.host.endpoint.counters.handshakesCompleted, 1);
});

test("pipes that were opened are closed when the search ends", async () => {
  await using relay = await TestRelay.open();
  const { scene, pipes } = await blockedScene(relay);
  await until(() => pipes.length > 0, "a pipe is opened");
  await scene[Symbol.asyncDispose]();
  await Promise.all(pipes.map(({ closed }) => closed));
});
