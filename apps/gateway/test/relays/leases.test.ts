import assert from "node:assert/strict";
import { test } from "node:test";
import type { Gateway } from "@wavry/gateway";
import { type DeviceSigner, GatewayClient, type SignalingSocket } from "@wavry/gateway-client";
import { LEASE_BYTES, readLease, verifyLease } from "@wavry/relay";
import { decodeWavryId } from "@wavry/rift-crypto";
import { nodeSuite } from "@wavry/rift-crypto/node";
import {
  Done,
  type Granted,
  GrantOffer,
  type Incoming,
  ReceivedOfferList,
  type RelayNews,
} from "@wavry/signaling";
import { forgetServingRelays } from "../../src/relays/relay-directory.ts";
import { enrolDevice, Heard, makePerson, openSocket, type Person } from "../helpers/devices.ts";
import { FakeRelay, relayRow } from "../helpers/fake-relay.ts";
import { RawSocket } from "../helpers/raw-socket.ts";
import { until } from "../helpers/temporary-folder.ts";
import { startTestGateway } from "../helpers/test-gateway.ts";

const ADDRESS = { kind: "local", address: "192.0.2.7", port: 4200 } as const;

/** A gateway with relays that serve, and a session between two devices of one person. */
interface Stage {
  readonly gateway: Gateway;
  readonly relays: readonly FakeRelay[];
  readonly ada: Person;
  readonly host: DeviceSigner;
  readonly laptop: DeviceSigner;
  readonly hostSocket: SignalingSocket;
  readonly clientSocket: SignalingSocket;
  readonly atHost: Heard;
  readonly atClient: Heard;
  readonly granted: Granted;
  readonly turnClock: (millis: number) => void;
}

async function setUp(stack: AsyncDisposableStack, relayCount: number): Promise<Stage> {
  const relays: FakeRelay[] = [];
  for (let index = 0; index < relayCount; index++) relays.push(stack.use(await FakeRelay.open()));
  let ahead = 0;
  const config = { relays: { ids: relays.map(({ id }) => id), rateKbps: 20_000 } };
  const gateway = stack.use(await startTestGateway(config, { now: () => Date.now() + ahead }));
  for (const relay of relays) await relay.join(gateway);
  const ada = await makePerson(gateway, "ada");
  const host = await enrolDevice(ada, "host");
  const laptop = await enrolDevice(ada);
  const hostSocket = stack.use(await openSocket(gateway, ada, host, { role: "host" }));
  const clientSocket = stack.use(await openSocket(gateway, ada, laptop, { role: "client" }));
  const atHost = new Heard(hostSocket);
  const atClient = new Heard(clientSocket);
  const granted = await clientSocket.connect({ host: host.wavryId });
  return {
    ...{ gateway, relays, ada, host, laptop, hostSocket, clientSocket, atHost, atClient, granted },
    turnClock: (millis) => {
      ahead += millis;
    },
  };
}

const leaseOf = ({ lease }: RelayNews) => readLease(Buffer.from(lease, "base64url"));

test("both sides are offered the same relays, and get one lease that the gateway's key signed for both of them", async () => {
  await using stack = new AsyncDisposableStack();
  const stage = await setUp(stack, 2);
  const { gateway, granted, atHost, atClient, clientSocket, hostSocket, relays } = stage;
  const incoming = await atHost.next<Incoming>("incoming");
  assert.equal(granted.relays?.length, 2);
  assert.deepEqual(incoming.relays, granted.relays);
  const [near, far] = relays as [FakeRelay, FakeRelay];
  const measured = (nearMillis: number, farMillis: number) => [
    { relay: near.id, rttMillis: nearMillis, over: "udp" as const },
    { relay: far.id, rttMillis: farMillis, over: "udp" as const },
  ];
  hostSocket.requestRelay(granted.session, { measured: measured(10, 100) });
  clientSocket.requestRelay(granted.session, { measured: measured(100, 90) });
  const [toClient, toHost] = await Promise.all([
    atClient.next<RelayNews>("relay"),
    atHost.next<RelayNews>("relay"),
  ]);
  assert.equal(toClient.relay.id, near.id, "the sum of both round trips decides");
  assert.equal(toHost.lease, toClient.lease);
  assert.equal(toHost.request, undefined);
  const bytes = Buffer.from(toClient.lease, "base64url");
  assert.equal(bytes.length, LEASE_BYTES);
  const key = Buffer.from(gateway.context.keys.verifyingKey, "base64url");
  assert.ok(verifyLease(nodeSuite, key, bytes));
  const lease = leaseOf(toClient);
  assert.deepEqual([lease.rateKbps, lease.expiresAt - lease.issuedAt], [20_000, 300]);
  assert.equal(Buffer.from(lease.sessionId).toString("base64url"), granted.session);
  for (const [part, id] of [
    [lease.relayKey, near.id],
    [lease.clientKey, stage.laptop.wavryId],
    [lease.hostKey, stage.host.wavryId],
  ] as const)
    assert.deepEqual(Buffer.from(part), Buffer.from(decodeWavryId(id)!));
});

test("a client whose host tells nothing gets its lease all the same, and its next message does not wait for that", async () => {
  await using stack = new AsyncDisposableStack();
  const { granted, clientSocket, atClient, atHost } = await setUp(stack, 1);
  clientSocket.requestRelay(granted.session, {});
  clientSocket.sendCandidates(granted.session, [ADDRESS]);
  await atHost.next("candidates");
  await atClient.next<RelayNews>("relay");
  await atHost.next<RelayNews>("relay");
  const order = atHost.events.map(({ name }) => name);
  assert.ok(order.indexOf("candidates") < order.indexOf("relay"));
});

test("a lease is renewed at the same relay by either side, and both sides that ask at once get the same one", async () => {
  await using stack = new AsyncDisposableStack();
  const stage = await setUp(stack, 2);
  const { granted, clientSocket, hostSocket, atClient, atHost } = stage;
  clientSocket.requestRelay(granted.session, {});
  const first = await atClient.next<RelayNews>("relay");
  stage.turnClock(20_000);
  for (const relay of stage.relays) await relay.post(stage.gateway);
  clientSocket.requestRelay(granted.session, { renew: true });
  const second = await atClient.next<RelayNews>("relay", 2);
  assert.equal(second.relay.id, first.relay.id);
  assert.notEqual(second.lease, first.lease);
  assert.ok(leaseOf(second).issuedAt >= leaseOf(first).issuedAt + 19);
  await atHost.next<RelayNews>("relay", 2);
  hostSocket.requestRelay(granted.session, { renew: true });
  const third = await atHost.next<RelayNews>("relay", 3);
  assert.equal(third.lease, second.lease);
  assert.ok(third.request !== undefined);
  stage.turnClock(20_000);
  for (const relay of stage.relays) await relay.post(stage.gateway);
  hostSocket.requestRelay(granted.session, { renew: true });
  const fourth = await atHost.next<RelayNews>("relay", 4);
  assert.equal((await atClient.next<RelayNews>("relay", 3)).lease, fourth.lease);
  assert.notEqual(fourth.lease, third.lease);
});

test("a relay that a side avoids is replaced by another for both sides; without another the answer is no-relay", async () => {
  await using stack = new AsyncDisposableStack();
  const { granted, clientSocket, atClient, atHost, hostSocket } = await setUp(stack, 2);
  clientSocket.requestRelay(granted.session, {});
  const first = await atClient.next<RelayNews>("relay");
  hostSocket.requestRelay(granted.session, { avoid: [first.relay.id] });
  const second = await atHost.next<RelayNews>("relay", 2);
  assert.notEqual(second.relay.id, first.relay.id);
  assert.equal((await atClient.next<RelayNews>("relay", 2)).lease, second.lease);
  clientSocket.requestRelay(granted.session, { avoid: [first.relay.id] });
  assert.equal((await atClient.next<RelayNews>("relay", 3)).lease, second.lease, "as the other's");
  clientSocket.requestRelay(granted.session, { avoid: [first.relay.id, second.relay.id] });
  const refused = await atClient.next<{ code: string }>("relayRefused");
  assert.equal(refused.code, "no-relay");
});

test("a relay that was asked and did not answer is not chosen", async () => {
  await using stack = new AsyncDisposableStack();
  const { granted, clientSocket, atClient, relays } = await setUp(stack, 2);
  const [dead, alive] = relays as [FakeRelay, FakeRelay];
  clientSocket.requestRelay(granted.session, {
    measured: [
      { relay: dead.id, rttMillis: null, over: "udp" },
      { relay: dead.id, rttMillis: null, over: "tls" },
      { relay: alive.id, rttMillis: null, over: "udp" },
      { relay: alive.id, rttMillis: 400, over: "tls" },
    ],
  });
  assert.equal((await atClient.next<RelayNews>("relay")).relay.id, alive.id);
});

test("a session that was taken back, or that is another's, gets no lease", async () => {
  await using stack = new AsyncDisposableStack();
  const stage = await setUp(stack, 1);
  const { gateway, host, hostSocket, atClient } = stage;
  const bob = await makePerson(gateway, "bob");
  const phone = await enrolDevice(bob);
  await stage.ada.client.call({
    ...{ method: "POST", path: `/api/v1/hosts/${host.wavryId}/grants`, answer: GrantOffer },
    body: { to: "bob", rights: ["view"], askFirst: false },
  });
  const { offers } = await bob.client.call({
    ...{ method: "GET", path: "/api/v1/grant-offers", answer: ReceivedOfferList },
  });
  await bob.client.call({
    ...{ method: "POST", path: `/api/v1/grant-offers/${offers[0]!.id}/acceptance`, answer: Done },
  });
  using bobSocket = await openSocket(gateway, bob, phone, { role: "client" });
  const atBob = new Heard(bobSocket);
  const ofBob = await bobSocket.connect({ host: host.wavryId });
  stage.clientSocket.requestRelay(ofBob.session, {});
  assert.equal((await atClient.next<{ code: string }>("relayRefused")).code, "no-session");
  bobSocket.requestRelay(ofBob.session, {});
  await atBob.next<RelayNews>("relay");
  // Straight in the database: nobody is told, and yet no lease is signed.
  await gateway.context.store.db.deleteFrom("grants").execute();
  stage.turnClock(20_000);
  bobSocket.requestRelay(ofBob.session, { renew: true });
  assert.equal((await atBob.next<{ code: string }>("relayRefused")).code, "no-session");
  hostSocket.requestRelay(ofBob.session, { renew: true });
  await stage.atHost.next<{ code: string }>("relayRefused");
});

test("a lease ends with its session, and never later", async () => {
  await using stack = new AsyncDisposableStack();
  const stage = await setUp(stack, 1);
  const { granted, clientSocket, atClient, gateway } = stage;
  const { hubOf } = await import("../../src/signaling/routes.ts");
  for (const peer of hubOf(gateway.context)!.peers.values())
    for (const note of peer.sessions.values()) note.endsAt = gateway.context.now() + 60_000;
  clientSocket.requestRelay(granted.session, {});
  const lease = leaseOf(await atClient.next<RelayNews>("relay"));
  assert.ok(lease.expiresAt * 1_000 <= gateway.context.now() + 60_000);
});

test("a relay that is banned, quarantined or drained is neither offered nor renewed: the session goes elsewhere", async () => {
  await using stack = new AsyncDisposableStack();
  const stage = await setUp(stack, 2);
  const { granted, clientSocket, atClient, gateway } = stage;
  clientSocket.requestRelay(granted.session, {});
  const first = await atClient.next<RelayNews>("relay");
  await gateway.context.store.db
    .updateTable("relays")
    .set({ state: "banned" })
    .where("id", "=", first.relay.id)
    .execute();
  forgetServingRelays(gateway.context);
  clientSocket.requestRelay(granted.session, { renew: true });
  const second = await atClient.next<RelayNews>("relay", 2);
  assert.notEqual(second.relay.id, first.relay.id);
  const anew = await clientSocket.connect({ host: stage.host.wavryId });
  assert.deepEqual(
    anew.relays?.map(({ id }) => id),
    [second.relay.id],
  );
});

test("a device of protocol 1 is told of no relay, no STUN server and no mapped address, and its session gets none", async () => {
  await using relay = await FakeRelay.open();
  await using gateway = await startTestGateway({
    relays: { ids: [relay.id], rateKbps: 10_000 },
    ice: { stunUrls: ["stun:stun.example:3478"], turn: undefined },
  });
  await relay.join(gateway);
  const ada = await makePerson(gateway, "ada");
  const host = await enrolDevice(ada, "host");
  using old = new RawSocket(gateway);
  await old.hello(host, { role: "host", token: ada.token });
  await old.next("welcome");
  using client = await openSocket(gateway, ada, await enrolDevice(ada), { role: "client" });
  const granted = await client.connect({
    host: host.wavryId,
    candidates: [
      { kind: "mapped", address: "192.0.2.9", port: 4200 },
      { kind: "local", address: "192.0.2.8", port: 4200 },
    ],
  });
  assert.equal(granted.relays, undefined);
  assert.deepEqual(granted.stun, [{ address: "stun.example", port: 3478 }]);
  const incoming = await old.next("incoming");
  assert.deepEqual([incoming.relays, incoming.stun], [undefined, undefined]);
  const atClient = new Heard(client);
  client.requestRelay(granted.session, {});
  assert.equal((await atClient.next<{ code: string }>("relayRefused")).code, "no-relay");
  assert.deepEqual(
    incoming.candidates.map(({ kind }) => kind),
    ["local"],
  );
});

test("thirty requests of a session in a minute are answered, and the next is too many", async () => {
  await using stack = new AsyncDisposableStack();
  const { granted, clientSocket, atClient } = await setUp(stack, 1);
  for (let count = 0; count < 31; count++)
    clientSocket.requestRelay(granted.session, { renew: true });
  const refused = await atClient.next<{ code: string }>("relayRefused");
  assert.equal(refused.code, "too-many-requests");
});

test("where a relay's row goes, so does its offer", async () => {
  await using stack = new AsyncDisposableStack();
  const { gateway, relays, clientSocket, host } = await setUp(stack, 1);
  await gateway.context.store.db.deleteFrom("relays").execute();
  forgetServingRelays(gateway.context);
  await until("it is gone", async () => (await relayRow(gateway, relays[0]!.id)) === undefined);
  assert.equal((await clientSocket.connect({ host: host.wavryId })).relays, undefined);
});

test("an account is told which relays it might be offered, and strangers are not", async () => {
  await using stack = new AsyncDisposableStack();
  const { gateway, relays, ada } = await setUp(stack, 1);
  const asAda = new GatewayClient({ url: gateway.url, token: ada.token });
  assert.deepEqual(
    (await asAda.relays()).map(({ id }) => id),
    relays.map(({ id }) => id),
  );
  await assert.rejects(new GatewayClient({ url: gateway.url }).relays(), {
    code: "sign-in-required",
  });
});
