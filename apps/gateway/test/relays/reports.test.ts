import assert from "node:assert/strict";
import { test } from "node:test";
import type { Gateway } from "@wavry/gateway";
import type { DeviceSigner, SignalingSocket } from "@wavry/gateway-client";
import {
  type RelayNews,
  type RelayQuality,
  relayReportProof,
  type SocketError,
} from "@wavry/signaling";
import { issuerOf } from "../../src/grants/issuer.ts";
import { newId } from "../../src/keys.ts";
import { checkRelay } from "../../src/relays/check-relay.ts";
import { lookAfterRelays } from "../../src/relays/fleet.ts";
import { verdictOf } from "../../src/relays/relay-rows.ts";
import { STANDING } from "../../src/relays/relay-standing.ts";
import { noteUse } from "../../src/relays/relay-uses.ts";
import { judgeReport } from "../../src/relays/take-report.ts";
import { enrolDevice, Heard, makePerson, openSocket } from "../helpers/devices.ts";
import { FakeRelay, relayRow } from "../helpers/fake-relay.ts";
import { RawSocket } from "../helpers/raw-socket.ts";
import { until } from "../helpers/temporary-folder.ts";
import { startTestGateway } from "../helpers/test-gateway.ts";

const GOOD: RelayQuality = { connected: true, rttMillis: 20, lossPercent: 0, seconds: 60 };
const BAD: RelayQuality = { connected: false, rttMillis: null, lossPercent: 100, seconds: 0 };

const usesOf = (gateway: Gateway) =>
  gateway.context.store.db.selectFrom("relay_uses").selectAll().execute();

/** A session over a relay, with both sides' sockets. */
async function relayedSession(stack: AsyncDisposableStack): Promise<{
  gateway: Gateway;
  relay: FakeRelay;
  session: string;
  host: SignalingSocket;
  client: SignalingSocket;
  laptop: DeviceSigner;
  token: string;
  atClient: Heard;
}> {
  const relay = stack.use(await FakeRelay.open());
  const gateway = stack.use(
    await startTestGateway({ relays: { ids: [relay.id], rateKbps: 10_000 } }),
  );
  await relay.join(gateway);
  const ada = await makePerson(gateway, "ada");
  const machine = await enrolDevice(ada, "host");
  const laptop = await enrolDevice(ada);
  const host = stack.use(await openSocket(gateway, ada, machine, { role: "host" }));
  const client = stack.use(await openSocket(gateway, ada, laptop, { role: "client" }));
  const atClient = new Heard(client);
  const { session } = await client.connect({ host: machine.wavryId });
  client.requestRelay(session, {});
  await atClient.next<RelayNews>("relay");
  return { gateway, relay, session, host, client, laptop, token: ada.token, atClient };
}

test("each side's report is taken once, and the relay's score follows both", async () => {
  await using stack = new AsyncDisposableStack();
  const { gateway, relay, session, host, client, atClient } = await relayedSession(stack);
  await client.reportRelay(session, relay.id, GOOD);
  await host.reportRelay(session, relay.id, { ...GOOD, lossPercent: 0.25 });
  await until("both are noted", async () => {
    const [use] = await usesOf(gateway);
    return use?.client_report !== null && use?.host_report !== null;
  });
  await until("they count", async () => {
    const verdict = verdictOf((await relayRow(gateway, relay.id))!);
    return verdict.success === 1 && verdict.score > 0.75;
  });
  await client.reportRelay(session, relay.id, BAD);
  assert.equal((await atClient.next<SocketError>("failed")).code, "no-session");
  const [use] = await usesOf(gateway);
  assert.deepEqual(JSON.parse(use!.client_report!), GOOD);
});

test("a report of a session that did not exist, that used another relay, or that is another's is not taken", async () => {
  await using stack = new AsyncDisposableStack();
  const { gateway, relay, session, client, atClient } = await relayedSession(stack);
  await using other = await FakeRelay.open();
  await client.reportRelay(newId(), relay.id, BAD);
  assert.equal((await atClient.next<SocketError>("failed", 1)).code, "no-session");
  await client.reportRelay(session, other.id, BAD);
  assert.equal((await atClient.next<SocketError>("failed", 2)).code, "no-session");
  const eve = await makePerson(gateway, "eve");
  using evesSocket = await openSocket(gateway, eve, await enrolDevice(eve), { role: "client" });
  const atEve = new Heard(evesSocket);
  await evesSocket.reportRelay(session, relay.id, BAD);
  assert.equal((await atEve.next<SocketError>("failed")).code, "no-session");
  const [use] = await usesOf(gateway);
  assert.deepEqual([use?.client_report, use?.host_report], [null, null]);
});

test("a report that its device did not sign as it stands is not taken", async () => {
  await using stack = new AsyncDisposableStack();
  const { gateway, relay, session, client, laptop, token } = await relayedSession(stack);
  // Another program of the same device.
  assert.ok(client.connected);
  using raw = new RawSocket(gateway);
  await raw.hello(laptop, { token, protocol: 2 });
  await raw.next("welcome");
  const proof = relayReportProof({
    ...{ gateway: issuerOf(gateway.context.config), session, relay: relay.id, ...GOOD },
  });
  const signature = Buffer.from(await laptop.sign(proof)).toString("base64url");
  const report = { type: "relay-report", seq: 1, session, relay: relay.id, ...BAD, signature };
  raw.socket.send(JSON.stringify(report));
  assert.equal((await raw.next("error")).code, "wrong-proof");
  const [use] = await usesOf(gateway);
  assert.equal(use?.client_report, null);
});

test("an hour after its last lease a session is no longer reported", async () => {
  await using relay = await FakeRelay.open();
  let ahead = 0;
  await using gateway = await startTestGateway({}, { now: () => Date.now() + ahead });
  await relay.post(gateway);
  const use = { session_id: newId(), relay_id: relay.id, host_id: "h", client_id: "c" };
  await noteUse(gateway.context, { ...use, region: "", lease: "l" });
  const report = {
    ...{ session: use.session_id, relay: relay.id, deviceId: "c", reporter: "user:x" },
    ...({ role: "client", quality: GOOD } as const),
  };
  ahead = 3_600_000 + 301_000;
  assert.equal(await judgeReport(gateway.context, report), false);
  ahead = 3_000_000;
  assert.equal(await judgeReport(gateway.context, report), true);
});

test("a relay that sessions tell badly of is quarantined, and a reporter who alone says so is not believed", async () => {
  await using good = await FakeRelay.open();
  await using bad = await FakeRelay.open();
  const ids = [good.id, bad.id];
  await using gateway = await startTestGateway({ relays: { ids, rateKbps: 10_000 } });
  for (const relay of [good, bad]) await relay.join(gateway);
  const tell = async (relay: FakeRelay, reporter: string, quality: RelayQuality) => {
    const session_id = newId();
    const use = { session_id, relay_id: relay.id, host_id: "h", client_id: "c" };
    await noteUse(gateway.context, { ...use, region: "", lease: "l" });
    for (const [role, deviceId] of [
      ["client", "c"],
      ["host", "h"],
    ] as const) {
      const report = { session: session_id, relay: relay.id, deviceId, role, quality };
      await judgeReport(gateway.context, { ...report, reporter: `${reporter}-${role}` });
    }
  };
  for (let index = 0; index < 20; index++) {
    await tell(good, `user:${index}`, GOOD);
    await tell(bad, `user:${index}`, BAD);
  }
  for (let index = 0; index < 20; index++) await tell(good, "user:liar", BAD);
  assert.equal((await relayRow(gateway, bad.id))?.state, "quarantined");
  const row = (await relayRow(gateway, good.id))!;
  assert.ok(row.state === "probation" || row.state === "active", row.state);
  assert.ok(verdictOf(row).score > 0.8, row.verdict);
  const liar = await gateway.context.store.db
    .selectFrom("relay_reporters")
    .selectAll()
    .where("reporter", "=", "user:liar-host")
    .executeTakeFirstOrThrow();
  assert.ok(JSON.parse(liar.record).disagreed > 10);
  const events = await gateway.context.store.db
    .selectFrom("audit")
    .selectAll()
    .where("action", "=", "relay.moved")
    .where("target", "=", bad.id)
    .execute();
  assert.deepEqual(
    events.map(({ details }) => (JSON.parse(details) as { to: string }).to),
    ["probation", "quarantined"],
  );
});

test("a relay that comes out of quarantine begins anew: what was told before does not send it back", async () => {
  await using relay = await FakeRelay.open();
  let ahead = 0;
  await using gateway = await startTestGateway(
    { relays: { ids: [relay.id], rateKbps: 10_000 } },
    { now: () => Date.now() + ahead },
  );
  await relay.join(gateway);
  const { db } = gateway.context.store;
  const verdict = JSON.stringify({
    ...verdictOf((await relayRow(gateway, relay.id))!),
    score: 0.1,
  });
  await db
    .updateTable("relays")
    .set({ state: "quarantined", quarantines: 1, verdict, state_since: gateway.context.now() })
    .execute();
  await lookAfterRelays(gateway.context);
  assert.equal((await relayRow(gateway, relay.id))?.state, "quarantined");
  ahead = STANDING.quarantineMs + 1_000;
  await relay.post(gateway);
  await lookAfterRelays(gateway.context);
  await relay.join(gateway);
  await until("it is checked anew", async () => {
    const [due] = await lookAfterRelays(gateway.context);
    if (due !== undefined) await checkRelay(gateway.context, due);
    return (await relayRow(gateway, relay.id))?.state === "probation";
  });
  await lookAfterRelays(gateway.context);
  const row = (await relayRow(gateway, relay.id))!;
  assert.deepEqual([row.state, verdictOf(row).score, row.quarantines], ["probation", 0.75, 1]);
});
