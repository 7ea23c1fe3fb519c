import assert from "node:assert/strict";
import { test } from "node:test";
import type { Gateway } from "@wavry/gateway";
import {
  type Candidates,
  CloseCode,
  type EndSession,
  type SessionEnded,
  type SocketError,
} from "@wavry/signaling";
import { tellNews } from "../../src/bus/news.ts";
import { beat } from "../../src/signaling/beat.ts";
import { enrolDevice, Heard, hub, makePerson, openSocket } from "../helpers/devices.ts";
import { Front } from "../helpers/front.ts";
import { TestClock } from "../helpers/people.ts";
import { until } from "../helpers/temporary-folder.ts";
import { startTestGateway } from "../helpers/test-gateway.ts";

const portOf = (gateway: Gateway) => Number(new URL(gateway.url).port);
const address = (port: number) => ({ kind: "local", address: "192.0.2.1", port }) as const;

test("what was said while a device was away comes when it is back, once and in order", async () => {
  await using gateway = await startTestGateway();
  await using front = await Front.open([portOf(gateway)]);
  const ada = await makePerson(gateway, "ada");
  const host = await enrolDevice(ada, "host");
  using hostSocket = await openSocket(gateway, ada, host, { role: "host", url: front.url });
  using client = await openSocket(gateway, ada, await enrolDevice(ada), { role: "client" });
  const atHost = new Heard(hostSocket);
  const atClient = new Heard(client);
  const { session } = await client.connect({ host: host.wavryId });
  await atHost.next("incoming");
  for (let round = 0; round < 3; round++) {
    const ports = front.ports;
    front.ports = [];
    front.cut();
    await until("it is away", () => !hostSocket.connected);
    for (let port = 1; port <= 5; port++)
      client.sendCandidates(session, [address(round * 10 + port)]);
    // Both directions.
    for (let port = 1; port <= 5; port++)
      hostSocket.sendCandidates(session, [address(round * 10 + port)]);
    front.ports = ports;
    await until("it is back", () => hostSocket.connected);
  }
  await atHost.next("candidates", 15);
  await atClient.next("candidates", 15);
  const expected = [1, 2, 3, 4, 5, 11, 12, 13, 14, 15, 21, 22, 23, 24, 25];
  for (const heard of [atHost, atClient])
    assert.deepEqual(
      heard.all<Candidates>("candidates").map(({ candidates }) => candidates[0]?.port),
      expected,
    );
  assert.deepEqual(
    atHost.all<{ resumed: boolean }>("connected").map(({ resumed }) => resumed),
    [true, true, true],
  );
});

test("a connection that died without a sign is made anew when it is checked, and nothing is lost", async () => {
  await using gateway = await startTestGateway();
  await using front = await Front.open([portOf(gateway)]);
  const ada = await makePerson(gateway, "ada");
  const host = await enrolDevice(ada, "host");
  using hostSocket = await openSocket(gateway, ada, host, { role: "host", url: front.url });
  using client = await openSocket(gateway, ada, await enrolDevice(ada), { role: "client" });
  const atHost = new Heard(hostSocket);
  const atClient = new Heard(client);
  const { session } = await client.connect({ host: host.wavryId });
  await atHost.next("incoming");
  front.freeze();
  hostSocket.check();
  hostSocket.sendCandidates(session, [address(1)]);
  client.sendCandidates(session, [address(2)]);
  await atHost.next("disconnected");
  await atHost.next("candidates");
  await atClient.next("candidates");
  const [back] = atHost.all<{ resumed: boolean }>("connected");
  assert.equal(back?.resumed, true);
  // One that lives passes the check.
  client.check();
  hostSocket.sendCandidates(session, [address(3)]);
  await atClient.next("candidates", 2);
  assert.deepEqual(atClient.all("disconnected"), []);
});

test("more messages than may wait are acknowledged as they come", async () => {
  await using gateway = await startTestGateway();
  const ada = await makePerson(gateway, "ada");
  const host = await enrolDevice(ada, "host");
  using hostSocket = await openSocket(gateway, ada, host, { role: "host" });
  using client = await openSocket(gateway, ada, await enrolDevice(ada), { role: "client" });
  const atHost = new Heard(hostSocket);
  const { session } = await client.connect({ host: host.wavryId });
  for (let count = 1; count <= 6; count++) {
    for (let port = 1; port <= 15; port++) client.sendCandidates(session, [address(port)]);
    await atHost.next("candidates", count * 15);
  }
  await until("the host's messages are forgotten", () => {
    const peer = hub(gateway).peers.get(`host:${host.wavryId}`)!;
    return peer.outbox.waiting().length < 40;
  });
});

test("a device that stays away is forgotten, and its sessions are taken up when its host is back", async () => {
  await using gateway = await startTestGateway();
  await using front = await Front.open([portOf(gateway)]);
  const { db } = gateway.context.store;
  const ada = await makePerson(gateway, "ada");
  const host = await enrolDevice(ada, "host");
  const running: string[] = [];
  using hostSocket = await openSocket(gateway, ada, host, {
    role: "host",
    url: front.url,
    runningSessions: () => running,
  });
  using client = await openSocket(gateway, ada, await enrolDevice(ada), { role: "client" });
  const atHost = new Heard(hostSocket);
  const kept = (await client.connect({ host: host.wavryId })).session;
  const dropped = (await client.connect({ host: host.wavryId })).session;
  for (const session of [kept, dropped]) hostSocket.sessionStarted(session);
  running.push(kept);
  const reasonOf = async (id: string) =>
    (
      await db
        .selectFrom("screen_sessions")
        .select("end_reason")
        .where("id", "=", id)
        .executeTakeFirst()
    )?.end_reason;
  await until("both began", async () => (await reasonOf(dropped)) === null);
  const ports = front.ports;
  front.ports = [];
  front.cut();
  const peer = hub(gateway).peers.get(`host:${host.wavryId}`)!;
  await until("it is away", () => peer.connection === undefined);
  beat(hub(gateway), peer);
  beat(hub(gateway), peer);
  assert.equal(hub(gateway).peers.has(peer.key), true);
  beat(hub(gateway), peer);
  assert.equal(hub(gateway).peers.has(peer.key), false);
  await until("it is in the books", async () => (await reasonOf(kept)) === "host-gone");
  const [seen] = await ada.client.devices();
  assert.equal(seen?.online, false);

  front.ports = ports;
  await until("it is back", () => hostSocket.connected);
  await until("its session is taken up", async () => (await reasonOf(kept)) === null);
  assert.equal(await reasonOf(dropped), "host-gone");
  // It can still be ended.
  await tellNews(gateway.context.bus, {
    ...{ type: "screen-session-ended", screenSessionId: kept, reason: "administrator" },
  });
  await until("it is ended", () =>
    atHost.all<EndSession>("endSession").some(({ session }) => session === kept),
  );
});

test("a client that is back after a restart before its host, which knows nothing of their session, hears that it is over", async () => {
  await using gateway = await startTestGateway();
  const { db } = gateway.context.store;
  const ada = await makePerson(gateway, "ada");
  const host = await enrolDevice(ada, "host");
  using before = await openSocket(gateway, ada, host, { role: "host" });
  using client = await openSocket(gateway, ada, await enrolDevice(ada), { role: "client" });
  const atClient = new Heard(client);
  const { session } = await client.connect({ host: host.wavryId });
  before.sessionStarted(session);
  await until("it began", async () => {
    const rows = await db.selectFrom("screen_sessions").select("ended_at").execute();
    return rows.length === 1;
  });
  // A gateway that was started anew has it from the client alone.
  hub(gateway).peers.get(`host:${host.wavryId}`)!.sessions.clear();
  using _after = await openSocket(gateway, ada, host, { role: "host" });
  await until("the client hears of it", () =>
    atClient
      .all<SessionEnded>("sessionEnded")
      .some((ended) => ended.session === session && ended.reason === "host-gone"),
  );
});

test("a grant that ended while its host was away ends the session when the host is back", async () => {
  await using gateway = await startTestGateway();
  await using front = await Front.open([portOf(gateway)]);
  const ada = await makePerson(gateway, "ada");
  const host = await enrolDevice(ada, "host");
  const laptop = await enrolDevice(ada);
  const running: string[] = [];
  using hostSocket = await openSocket(gateway, ada, host, {
    role: "host",
    url: front.url,
    runningSessions: () => running,
  });
  const atHost = new Heard(hostSocket);
  {
    using client = await openSocket(gateway, ada, laptop, { role: "client" });
    const { session } = await client.connect({ host: host.wavryId });
    hostSocket.sessionStarted(session);
    running.push(session);
    await until("it began", async () => {
      const rows = await gateway.context.store.db
        .selectFrom("screen_sessions")
        .selectAll()
        .execute();
      return rows.length === 1;
    });
  }
  const ports = front.ports;
  front.ports = [];
  front.cut();
  const peer = hub(gateway).peers.get(`host:${host.wavryId}`)!;
  await until("it is away", () => peer.connection === undefined);
  for (let count = 0; count < 3; count++) beat(hub(gateway), peer);
  await ada.client.removeDevice(laptop.wavryId);
  front.ports = ports;
  assert.equal((await atHost.next<EndSession>("endSession")).session, running[0]);
});

test("a silent connection is closed, and a clock that jumps closes none", async () => {
  const clock = new TestClock();
  await using gateway = await startTestGateway({}, { now: clock.now });
  const ada = await makePerson(gateway, "ada");
  using socket = await openSocket(gateway, ada, await enrolDevice(ada), { role: "client" });
  const heard = new Heard(socket);
  const [peer] = hub(gateway).peers.values();
  clock.millis += 3_600_000;
  beat(hub(gateway), peer!);
  clock.millis -= 7_200_000;
  beat(hub(gateway), peer!);
  assert.equal(socket.connected, true);
  beat(hub(gateway), peer!);
  const { code } = await heard.next<{ code: number }>("disconnected");
  assert.equal(code, CloseCode.timeout);
  await until("it is back", () => socket.connected);
});

test("a session ends when its grant runs out, and one that never began is forgotten", async () => {
  const clock = new TestClock();
  await using gateway = await startTestGateway({}, { now: clock.now });
  const ada = await makePerson(gateway, "ada");
  const host = await enrolDevice(ada, "host");
  using hostSocket = await openSocket(gateway, ada, host, { role: "host" });
  using client = await openSocket(gateway, ada, await enrolDevice(ada), { role: "client" });
  const atHost = new Heard(hostSocket);
  const never = (await client.connect({ host: host.wavryId })).session;
  const peer = hub(gateway).peers.get(`host:${host.wavryId}`)!;
  for (let count = 0; count < 9; count++) {
    peer.silentBeats = 0;
    beat(hub(gateway), peer);
  }
  const first = await atHost.next<EndSession>("endSession");
  assert.deepEqual([first.session, first.reason], [never, "not-started"]);
  const { session } = await client.connect({ host: host.wavryId });
  hostSocket.sessionStarted(session);
  await until("it began", () => peer.sessions.get(session)?.started === true);
  clock.millis += 24 * 3_600_000 + 1;
  // The client is told even where its own beat comes before the host's.
  const atClient = new Heard(client);
  const { peers } = hub(gateway);
  for (const each of [...peers.values()].filter((each) => each !== peer)) beat(hub(gateway), each);
  const told = await atClient.next<SessionEnded>("sessionEnded");
  assert.deepEqual([told.session, told.reason], [session, "expired"]);
  beat(hub(gateway), peer);
  const second = await atHost.next<EndSession>("endSession", 2);
  assert.deepEqual([second.session, second.reason], [session, "expired"]);
});

test("a client that leaves takes back what has not begun", async () => {
  await using gateway = await startTestGateway();
  const ada = await makePerson(gateway, "ada");
  const host = await enrolDevice(ada, "host");
  using hostSocket = await openSocket(gateway, ada, host, { role: "host" });
  const atHost = new Heard(hostSocket);
  {
    using client = await openSocket(gateway, ada, await enrolDevice(ada), { role: "client" });
    await client.connect({ host: host.wavryId });
  }
  assert.equal((await atHost.next<EndSession>("endSession")).reason, "client-gone");
});

test("what the other side cannot hear is said", async () => {
  await using gateway = await startTestGateway();
  const ada = await makePerson(gateway, "ada");
  const host = await enrolDevice(ada, "host");
  using client = await openSocket(gateway, ada, await enrolDevice(ada), { role: "client" });
  const heard = new Heard(client);
  let session: string;
  {
    using hostSocket = await openSocket(gateway, ada, host, { role: "host" });
    ({ session } = await client.connect({ host: host.wavryId }));
    hostSocket.sessionStarted(session);
    await until("it began", () => {
      const peer = [...hub(gateway).peers.values()].find(
        ({ identity }) => identity.role === "client",
      );
      return peer?.sessions.get(session)?.started === true;
    });
  }
  await until("the host is gone", () => !hub(gateway).peers.has(`host:${host.wavryId}`));
  client.sendCandidates(session, [address(1)]);
  assert.equal((await heard.next<SocketError>("failed")).code, "peer-offline");
  await assert.rejects(client.connect({ host: host.wavryId }), { code: "host-offline" });
});
