import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import {
  type Candidates,
  DeviceGroup,
  Done,
  type EndSession,
  Grant,
  GrantOffer,
  HostGrants,
  NewShareLink,
  ReceivedOfferList,
  type RightsChanged,
} from "@wavry/signaling";
import { authorizeLink } from "../../src/grants/authority.ts";
import { endForgottenSessions } from "../../src/signaling/session-rows.ts";
import { enrolDevice, Heard, makePerson, newDevice, openSocket } from "../helpers/devices.ts";
import { startPostgres } from "../helpers/postgres-server.ts";
import { startRedis } from "../helpers/redis-server.ts";
import { until } from "../helpers/temporary-folder.ts";
import { startTestGateway } from "../helpers/test-gateway.ts";

test("devices, grants, links and sessions are the same on PostgreSQL, over two replicas", async () => {
  await using stack = new AsyncDisposableStack();
  const postgres = stack.use(await startPostgres());
  const redis = stack.use(await startRedis());
  const config = {
    redisUrl: redis.url,
    store: { kind: "postgres", url: await postgres.createDatabase() },
    masterKey: randomBytes(32),
  } as const;
  const a = stack.use(await startTestGateway(config));
  const b = stack.use(await startTestGateway(config));
  const { db } = a.context.store;
  const ada = await makePerson(a, "ada");
  const bob = await makePerson(b, "bob");
  const host = await enrolDevice(ada, "host");
  const laptop = await enrolDevice(bob);
  const group = await ada.client.call({
    ...{ method: "POST", path: "/api/v1/device-groups", answer: DeviceGroup },
    body: { name: "Home" },
  });
  await db.updateTable("devices").set({ group_id: group.id }).execute();
  await ada.client.call({
    ...{ method: "DELETE", path: `/api/v1/device-groups/${group.id}`, answer: Done },
  });
  assert.equal((await ada.client.devices())[0]?.groupId, null);
  const base = `/api/v1/hosts/${host.wavryId}`;
  await ada.client.call({
    ...{ method: "POST", path: `${base}/grants`, answer: GrantOffer },
    body: { to: "bob", rights: ["view", "audio"], askFirst: false },
  });
  const { offers } = await bob.client.call({
    ...{ method: "GET", path: "/api/v1/grant-offers", answer: ReceivedOfferList },
  });
  await bob.client.call({
    ...{ method: "POST", path: `/api/v1/grant-offers/${offers[0]!.id}/acceptance`, answer: Done },
  });
  const { grants } = await ada.client.call({
    ...{ method: "GET", path: `${base}/grants`, answer: HostGrants },
  });
  using hostSocket = await openSocket(a, ada, host, { role: "host" });
  using client = await openSocket(b, bob, laptop, { role: "client" });
  const atHost = new Heard(hostSocket);
  hostSocket.setPresence({ capabilities: ["h264"], monitors: [], candidates: [] });
  const { session } = await client.connect({ host: host.wavryId });
  client.sendCandidates(session, [{ kind: "local", address: "192.0.2.1", port: 1 }]);
  assert.equal((await atHost.next<Candidates>("candidates")).session, session);
  hostSocket.sessionStarted(session);
  const row = () =>
    db.selectFrom("screen_sessions").selectAll().where("id", "=", session).executeTakeFirst();
  await until("it began", async () => (await row()) !== undefined);
  const path = `/api/v1/grants/${grants[0]!.id}`;
  await ada.client.call({ method: "PATCH", path, answer: Grant, body: { rights: ["view"] } });
  assert.deepEqual((await atHost.next<RightsChanged>("rightsChanged")).rights, ["view"]);
  await until("the books say so", async () => (await row())?.rights === '["view"]');
  assert.deepEqual(
    (await bob.client.hosts()).map(({ online, capabilities }) => [online, capabilities]),
    [[true, ["h264"]]],
  );
  await bob.client.removeDevice(laptop.wavryId);
  assert.equal((await atHost.next<EndSession>("endSession")).reason, "device-removed");

  const { token } = await ada.client.call({
    ...{ method: "POST", path: `${base}/share-links`, answer: NewShareLink },
    body: { rights: ["view"], askFirst: true, seconds: 60, maxUses: 3 },
  });
  // At the same time, on both replicas.
  const came = await Promise.all(
    Array.from({ length: 8 }, (_, index) =>
      authorizeLink((index % 2 === 0 ? a : b).context, { token }, newDevice().wavryId),
    ),
  );
  assert.equal(came.filter((open) => open !== undefined).length, 3);
  await db.updateTable("screen_sessions").set({ ended_at: null, started_at: 1 }).execute();
  await endForgottenSessions(a.context);
  assert.notEqual((await row())?.ended_at, null);
});
