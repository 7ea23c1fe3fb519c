import assert from "node:assert/strict";
import { test } from "node:test";
import type { RelayNews } from "@wavry/signaling";
import { lookAfterRelays } from "../../src/relays/fleet.ts";
import { ask, PANEL_TOKEN } from "../helpers/administrators.ts";
import { enrolDevice, Heard, makePerson, openSocket } from "../helpers/devices.ts";
import { FakeRelay, relayRow } from "../helpers/fake-relay.ts";
import { until } from "../helpers/temporary-folder.ts";
import { startTestGateway } from "../helpers/test-gateway.ts";

test("a stranger's relay is never used, however well it speaks of itself", async () => {
  await using gateway = await startTestGateway({ adminPanelToken: PANEL_TOKEN });
  await using relay = await FakeRelay.open();
  const load = { sessions: 0, maxSessions: 10_000_000, kbps: 0, busy: 0 };
  for (let count = 0; count < 4; count++) await relay.post(gateway, { change: { load } });
  await lookAfterRelays(gateway.context);
  const ada = await makePerson(gateway, "ada");
  const host = await enrolDevice(ada, "host");
  using _host = await openSocket(gateway, ada, host, { role: "host" });
  using client = await openSocket(gateway, ada, await enrolDevice(ada), { role: "client" });
  const atClient = new Heard(client);
  const first = await client.connect({ host: host.wavryId });
  assert.equal(first.relays, undefined);
  const measured = [{ relay: relay.id, rttMillis: 0, over: "udp" as const }];
  client.requestRelay(first.session, { measured });
  assert.equal((await atClient.next<{ code: string }>("relayRefused")).code, "no-relay");
  assert.equal(relay.hellos, 0);

  const path = `relays/${relay.id}/order`;
  const token = { "x-admin-token": PANEL_TOKEN };
  const order = (act: string) =>
    gateway.app.inject({
      ...{ method: "POST", url: `/admin/api/${path}`, headers: token, payload: { act } },
    });
  assert.equal((await ask(gateway, ada.token, "POST", path, { act: "allow" })).statusCode, 403);
  assert.equal((await order("allow")).statusCode, 200);
  await until("it was asked", async () => (await relayRow(gateway, relay.id))?.reachable !== "[]");
  client.requestRelay(first.session, { measured });
  assert.equal((await atClient.next<RelayNews>("relay")).relay.id, relay.id);
  assert.equal((await order("ban")).statusCode, 200);
  client.requestRelay(first.session, { renew: true });
  await atClient.next("relayRefused", 2);
  const list = await gateway.app.inject({ url: "/admin/api/relays", headers: token });
  const { relays } = list.json() as { relays: { id: string; state: string }[] };
  assert.deepEqual(
    relays.map(({ id, state }) => [id, state]),
    [[relay.id, "banned"]],
  );
});

test("figures of relays have no address and no Wavry ID in them", async () => {
  await using relay = await FakeRelay.open();
  await using gateway = await startTestGateway({
    metricsToken: PANEL_TOKEN,
    relays: { ids: [relay.id], rateKbps: 10_000 },
  });
  await relay.join(gateway);
  const { body } = await gateway.context.metrics.text();
  assert.match(body, /wavry_relays\{state="probation"\} 1/);
  assert.match(body, /wavry_relays_sessions 0/);
  assert.ok(!body.includes(relay.id) && !body.includes(String(relay.port)));
});
