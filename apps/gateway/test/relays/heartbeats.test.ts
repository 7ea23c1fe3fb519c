import assert from "node:assert/strict";
import { test } from "node:test";
import { createIdentity } from "@wavry/rift-crypto";
import { nodeSuite } from "@wavry/rift-crypto/node";
import { RelayHeartbeatAnswer } from "@wavry/signaling";
import { Check } from "typebox/value";
import { CHECK_MS } from "../../src/relays/check-relay.ts";
import { lookAfterRelays, sweepRelays } from "../../src/relays/fleet.ts";
import { servingRelays } from "../../src/relays/relay-directory.ts";
import { MAX_NEW_RELAYS_OF_NETWORK } from "../../src/relays/take-heartbeat.ts";
import { FakeRelay, postHeartbeat, relayRow } from "../helpers/fake-relay.ts";
import { until } from "../helpers/temporary-folder.ts";
import { startTestGateway } from "../helpers/test-gateway.ts";

const errorOf = (answer: { json(): unknown }) =>
  (answer.json() as { error?: { code: string } }).error?.code;

test("a relay's first heartbeat registers it as new, and nobody is sent to it", async () => {
  await using gateway = await startTestGateway();
  await using relay = await FakeRelay.open();
  const answer = await relay.post(gateway);
  assert.equal(answer.statusCode, 200, answer.body);
  assert.ok(Check(RelayHeartbeatAnswer, answer.json()));
  assert.deepEqual(answer.json(), {
    ...{ state: "new", nextSeconds: 10, leaseKey: gateway.context.keys.verifyingKey },
  });
  await lookAfterRelays(gateway.context);
  assert.equal((await relayRow(gateway, relay.id))?.state, "new");
  assert.equal(relay.hellos, 0, "a stranger makes the gateway send nothing");
  assert.deepEqual(await servingRelays(gateway.context), []);
});

test("a relay of WAVRY_RELAY_IDS serves once it answered at its address, there only", async () => {
  await using relay = await FakeRelay.open();
  await using silent = await FakeRelay.open();
  silent.answers = false;
  await using gateway = await startTestGateway({ relays: { ids: [relay.id], rateKbps: 10_000 } });
  const here = { address: "127.0.0.1", port: relay.port };
  const addresses = [{ address: "127.0.0.1", port: silent.port }, here];
  await relay.join(gateway, { addresses, tls: "wss://relay.example/relay" });
  assert.equal((await relayRow(gateway, relay.id))?.state, "probation");
  const [offered] = await servingRelays(gateway.context);
  assert.deepEqual(offered?.offer, {
    ...{ id: relay.id, staticKey: relay.heartbeat(gateway).staticKey },
    ...{ addresses: [here], tls: "wss://relay.example/relay" },
  });
});

test("a relay that does not answer where it says stays new, and one that names other addresses is asked anew", async () => {
  await using relay = await FakeRelay.open();
  await using other = await FakeRelay.open();
  relay.answers = false;
  await using gateway = await startTestGateway({ relays: { ids: [relay.id], rateKbps: 10_000 } });
  await relay.post(gateway);
  await until(
    "it was asked in vain",
    async () => (await relayRow(gateway, relay.id))?.failed_checks === 1,
  );
  assert.equal((await relayRow(gateway, relay.id))?.state, "new");
  const addresses = [{ address: "127.0.0.1", port: other.port }];
  await relay.post(gateway, { change: { addresses } });
  const row = await relayRow(gateway, relay.id);
  assert.equal(row?.reachable, "[]");
});

test("a relay that is silent for 30 s, or drains, is not offered; one that serves again is", async () => {
  await using relay = await FakeRelay.open();
  let ahead = 0;
  await using gateway = await startTestGateway(
    { relays: { ids: [relay.id], rateKbps: 10_000 } },
    { now: () => Date.now() + ahead },
  );
  const offered = async () => {
    return (await readServing()).length;
  };
  const readServing = async () => {
    const { forgetServingRelays } = await import("../../src/relays/relay-directory.ts");
    forgetServingRelays(gateway.context);
    return servingRelays(gateway.context);
  };
  await relay.join(gateway);
  assert.equal(await offered(), 1);
  assert.equal(
    (await relay.post(gateway, { change: { state: "draining" } })).json().state,
    "draining",
  );
  assert.equal(await offered(), 0);
  assert.equal((await relay.post(gateway)).json().state, "probation");
  assert.equal(await offered(), 1);
  ahead = 31_000;
  assert.equal(await offered(), 0);
  await relay.post(gateway);
  assert.equal(await offered(), 1);
});

test("an active relay whose heartbeats stop is degraded; checks that fail take it further down", async () => {
  await using relay = await FakeRelay.open();
  let ahead = 0;
  await using gateway = await startTestGateway(
    { relays: { ids: [relay.id], rateKbps: 10_000 } },
    { now: () => Date.now() + ahead },
  );
  await relay.join(gateway);
  const { db } = gateway.context.store;
  await db.updateTable("relays").set({ state: "active" }).execute();
  ahead = 31_000;
  assert.deepEqual(await lookAfterRelays(gateway.context), []);
  assert.equal((await relayRow(gateway, relay.id))?.state, "degraded");
  await relay.post(gateway);
  ahead += CHECK_MS;
  await relay.post(gateway);
  assert.equal((await lookAfterRelays(gateway.context)).length, 1, "a check is due");
});

test("a heartbeat that another key signed, for another gateway, or of another static key, is refused", async () => {
  await using gateway = await startTestGateway();
  await using relay = await FakeRelay.open();
  const stranger = createIdentity(nodeSuite);
  const staticKey = Buffer.from(stranger.staticKey).toString("base64url");
  for (const odds of [
    { signer: stranger },
    { issuer: "https://elsewhere.example" },
    { change: { staticKey } },
    { change: { certificate: Buffer.from(stranger.certificate).toString("base64url") } },
    { change: { id: stranger.wavryId } },
  ]) {
    const answer = await relay.post(gateway, odds);
    assert.equal(answer.statusCode, 403);
    assert.equal(errorOf(answer), "wrong-proof");
  }
  const signed = relay.sign(gateway);
  const changed = signed.body.replace('"eu"', '"us"');
  assert.equal(errorOf(await postHeartbeat(gateway, { ...signed, body: changed })), "wrong-proof");
  const bare = await gateway.app.inject({
    ...{ method: "POST", url: "/api/v1/relays/heartbeat", payload: signed.body },
    headers: { "content-type": "application/json" },
  });
  assert.equal(errorOf(bare), "wrong-proof");
  assert.equal(await relayRow(gateway, relay.id), undefined);
});

test("a heartbeat is taken once, in order, and within a minute", async () => {
  await using gateway = await startTestGateway();
  await using relay = await FakeRelay.open();
  const at = Math.floor(Date.now() / 1_000);
  const first = relay.sign(gateway, { change: { at } });
  assert.equal((await postHeartbeat(gateway, first)).statusCode, 200);
  assert.equal(errorOf(await postHeartbeat(gateway, first)), "replayed");
  const second = relay.sign(gateway, { change: { at, region: "us" } });
  assert.equal((await postHeartbeat(gateway, second)).statusCode, 200);
  for (const old of [first, second])
    assert.equal(errorOf(await postHeartbeat(gateway, old)), "replayed");
  const older = await relay.post(gateway, { change: { at: at - 1 } });
  assert.equal(errorOf(older), "replayed");
  for (const wrong of [at - 120, at + 120])
    assert.equal(errorOf(await relay.post(gateway, { change: { at: wrong } })), "wrong-clock");
  assert.equal((await relayRow(gateway, relay.id))?.region, "us");
});

test("one network registers at most eight strangers, a listed relay comes in all the same, and those that went away make room", async () => {
  await using listed = await FakeRelay.open();
  let ahead = 0;
  await using gateway = await startTestGateway(
    { relays: { ids: [listed.id], rateKbps: 10_000 } },
    { now: () => Date.now() + ahead },
  );
  const stranger = async () => {
    await using relay = await FakeRelay.open();
    return await relay.post(gateway);
  };
  for (let count = 0; count < MAX_NEW_RELAYS_OF_NETWORK; count++)
    assert.equal((await stranger()).statusCode, 200);
  const refused = await stranger();
  assert.equal(refused.statusCode, 503);
  assert.equal(errorOf(refused), "too-many-relays");
  assert.equal((await listed.post(gateway)).statusCode, 200);
  ahead = 11 * 60_000;
  assert.equal((await stranger()).statusCode, 200);
  ahead = 26 * 3_600_000;
  await sweepRelays(gateway.context);
  const left = await gateway.context.store.db.selectFrom("relays").select("id").execute();
  assert.deepEqual(left, [{ id: listed.id }]);
});

test("a heartbeat that is too long, or no heartbeat, is refused before anything is looked up", async () => {
  await using gateway = await startTestGateway();
  await using relay = await FakeRelay.open();
  const signed = relay.sign(gateway);
  const long = await postHeartbeat(gateway, {
    ...signed,
    body: `${signed.body}${" ".repeat(5_000)}`,
  });
  assert.equal(long.statusCode, 413);
  for (const body of ["", "[]", "{", '{"id":1}', '{"__proto__":{}}'])
    assert.equal((await postHeartbeat(gateway, { ...signed, body })).statusCode, 400, body);
});
