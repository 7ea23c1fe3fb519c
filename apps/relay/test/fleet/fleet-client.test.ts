import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { createIdentity, verifyCertificate } from "@wavry/rift-crypto";
import { nodeSuite } from "@wavry/rift-crypto/node";
import { RelayHeartbeat } from "@wavry/signaling";
import { Compile } from "typebox/compile";
import {
  askGatewayKey,
  describeFleetNews,
  FleetClient,
  FleetError,
  type FleetNews,
  type FleetOptions,
  parseMasterUrl,
} from "../../src/index.ts";
import { until } from "../helpers.ts";
import { FakeGateway, refusal } from "./fake-gateway.ts";

const FACTS = {
  addresses: [
    { address: "192.0.2.1", port: 4_000 },
    { address: "2001:db8::1", port: 4_000 },
  ],
  tls: "wss://relay.example/relay",
  region: "eu-west",
  version: "1.2.3",
};

async function open(t: TestContext, more: Partial<FleetOptions> = {}) {
  const [identity, gatewayIdentity] = [createIdentity(nodeSuite), createIdentity(nodeSuite)];
  const gateway = await new FakeGateway(gatewayIdentity.identityKey).listen();
  t.after(() => gateway[Symbol.asyncDispose]());
  const news: FleetNews[] = [];
  const load = { sessions: 3, maxSessions: 10, busy: 0.25, forwardedBytes: 0 };
  const start = (): FleetClient => {
    const client = new FleetClient({
      ...{ suite: nodeSuite, identity, gateway: gateway.url, facts: FACTS },
      gatewayKey: gatewayIdentity.identityKey,
      figures: () => load,
      onNews: (one) => void news.push(one),
      retryMillis: { first: 10, most: 50 },
      ...more,
    });
    t.after(() => client[Symbol.dispose]());
    client.begin();
    return client;
  };
  return { gateway, identity, news, load, start };
}

test("heartbeats are signed, of this time and of the gateway's own schema, and each has its own nonce", async (t) => {
  const { gateway, identity, load, start } = await open(t);
  const client = start();
  load.forwardedBytes = 1_000_000;
  await until(() => gateway.beats.length >= 3, "three came");
  const [first, second] = gateway.beats;
  assert.ok(Compile(RelayHeartbeat).Check(first), JSON.stringify(first));
  const { id, staticKey, certificate, addresses, tls, region, version, state } = first!;
  assert.deepEqual({ addresses, tls, region, version }, FACTS);
  assert.deepEqual([id, state], [identity.wavryId, "serving"]);
  const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, "base64url"));
  assert.equal(verifyCertificate(nodeSuite, bytes(certificate), bytes(staticKey)).wavryId, id);
  assert.deepEqual(
    [first!.load.sessions, first!.load.maxSessions, first!.load.busy],
    [3, 10, 0.25],
  );
  assert.ok(Math.abs(first!.at - Date.now() / 1_000) < 60);
  assert.ok(
    gateway.beats.some(({ load }) => load.kbps > 0),
    "what it forwarded is told as a rate",
  );
  assert.notEqual(first!.nonce, second!.nonce);
  for (const [i, { at }] of gateway.beats.entries())
    assert.ok(i === 0 || at >= gateway.beats[i - 1]!.at);
  assert.equal(gateway.badProofs, 0);
  assert.equal(client.status.failed, 0);
});

test("how the gateway trusts it is told once for each change, with the words that the operator needs", async (t) => {
  const { gateway, identity, news, start } = await open(t);
  const client = start();
  for (const state of ["new", "probation", "active", "banned"] as const) {
    gateway.state = state;
    await until(() => client.status.state === state, state);
    const { length } = gateway.beats;
    await until(() => gateway.beats.length > length, "and again");
  }
  assert.deepEqual(
    news,
    ["new", "probation", "active", "banned"].map((state) => ({ type: "state", state })),
  );
  const words = (one: FleetNews): string =>
    describeFleetNews(one, identity.wavryId, "https://gateway.example");
  assert.match(words(news[0]!), new RegExp(`ask the operator of .+ to allow ${identity.wavryId}`));
  assert.match(words(news[3]!), /banned/);
});

test("a gateway that goes away is told of once, is asked again and again, and is told of once when it is back", async (t) => {
  const { gateway, news, start } = await open(t);
  const client = start();
  await until(() => client.status.taken > 0, "it is known");
  await gateway.leave();
  await until(() => client.status.failed >= 4, "several heartbeats failed");
  assert.ok(client.status.isFailing);
  await gateway.listen();
  await until(() => news.at(-1)?.type === "back", "it is back");
  assert.deepEqual(
    news.map(({ type }) => type),
    ["state", "failing", "back"],
  );
  assert.match(describeFleetNews(news[1]!, "x", "y"), /cannot be reached .+ served on/);
  assert.equal(client.status.isFailing, false);
});

test("a refusal is told in the gateway's own words, and what is no gateway's answer is told as such", async (t) => {
  const { gateway, news, start } = await open(t);
  gateway.answer = refusal(400, "wrong-clock", "the clocks are more than a minute apart");
  start();
  await until(() => news.length === 1, "it was refused");
  assert.match(describeFleetNews(news[0]!, "x", "y"), /clocks are more than a minute apart/);
  const wrong = [
    "<html>",
    "{}",
    '{"state":"king","nextSeconds":1,"leaseKey":""}',
    "x".repeat(1 << 20),
  ];
  for (const body of wrong) {
    gateway.answer = { status: 200, body };
    const { length } = gateway.beats;
    await until(() => gateway.beats.length > length + 1, "it came again");
  }
  assert.deepEqual(
    news.map((one) => (one.type === "failing" ? one.error.code : one.type)),
    ["wrong-clock", "bad-answer"],
  );
});

test("a gateway with another key is never taken for this relay's", async (t) => {
  const other = createIdentity(nodeSuite).identityKey;
  const { gateway, news, start } = await open(t, { gatewayKey: other });
  gateway.state = "active";
  const client = start();
  await until(() => client.status.taken >= 2, "it answered");
  assert.equal(client.status.state, "wrong-key");
  assert.equal(news.length, 1);
  const [first] = news;
  assert.ok(first?.type === "wrong-key" && first.isFirst);
  assert.match(first.error.message, /another key .+ WAVRY_RELAY_MASTER_PUBLIC_KEY/);
  gateway.key = Buffer.from(other).toString("base64url");
  await until(() => client.status.state === "active", "with the right key it is in service");
  gateway.key = Buffer.from(createIdentity(nodeSuite).identityKey).toString("base64url");
  await until(() => client.status.state === "wrong-key", "the key changed");
  const last = news.at(-1);
  assert.ok(last?.type === "wrong-key" && !last.isFirst);
});

test("a relay that drains says so at once and in all that follows, though the gateway asked for none yet", async (t) => {
  const { gateway, start } = await open(t);
  gateway.nextSeconds = 300;
  const client = start();
  await until(() => client.status.taken === 1, "it is known");
  await client.drain();
  assert.deepEqual(
    gateway.beats.map(({ state }) => state),
    ["serving", "draining"],
  );
  await client.drain();
  assert.equal(gateway.beats.length, 2);
});

test("a gateway that does not answer holds up neither draining nor the end", async (t) => {
  const { gateway, start } = await open(t);
  gateway.answer = "silence";
  const client = start();
  await until(() => gateway.beats.length === 1, "the heartbeat came");
  await client.drain();
  client[Symbol.dispose]();
  client[Symbol.dispose]();
  const { length } = gateway.beats;
  await client.drain();
  assert.equal(gateway.beats.length, length);
});

test("a gateway's URL is one of the web, without secrets, and in production protected on its way", () => {
  assert.equal(parseMasterUrl("https://gateway.example/", true), "https://gateway.example");
  assert.equal(parseMasterUrl("https://example.org/wavry/", true), "https://example.org/wavry");
  assert.equal(parseMasterUrl("http://gateway:3000", false), "http://gateway:3000");
  for (const local of ["http://localhost:3000", "http://127.0.0.1:3000", "http://[::1]:3000"])
    assert.equal(parseMasterUrl(local, true), local);
  for (const [text, isProduction] of [
    ["gateway.example", false],
    ["ftp://gateway.example", false],
    ["https://user:secret@gateway.example", false],
    ["https://gateway.example/?a=b", false],
    ["http://gateway.example", true],
    ["http://127.example.org", true],
  ] as const)
    assert.throws(
      () => parseMasterUrl(text, isProduction),
      (error) => error instanceof FleetError && !error.message.includes("secret"),
    );
});

test("the key of a gateway is the one of its document", async (t) => {
  const { gateway } = await open(t);
  const key = await askGatewayKey(gateway.url);
  assert.equal(Buffer.from(key).toString("base64url"), gateway.key);
  await gateway.leave();
  await assert.rejects(askGatewayKey(gateway.url), { code: "unreachable" });
});
