import assert from "node:assert/strict";
import { test } from "node:test";
import type { Gateway } from "@wavry/gateway";
import { checkSessionPeer, verifyGrant } from "@wavry/gateway-client";
import { nodeSuite } from "@wavry/rift-crypto/node";
import {
  ALL_RIGHTS,
  type Candidates,
  type Decision,
  Done,
  type EndSession,
  Grant,
  GrantOffer,
  type Incoming,
  NewShareLink,
  ReceivedOfferList,
  type Right,
  type RightsChanged,
  type SessionEnded,
  type SocketError,
  type Web,
} from "@wavry/signaling";
import { banUser } from "../../src/accounts/account-state.ts";
import { tellNews } from "../../src/bus/news.ts";
import type { ScreenSessionRow } from "../../src/store/schema.ts";
import {
  enrolDevice,
  Heard,
  hub,
  makePerson,
  newDevice,
  openSocket,
  type Person,
  rejection,
} from "../helpers/devices.ts";
import { until } from "../helpers/temporary-folder.ts";
import { startTestGateway } from "../helpers/test-gateway.ts";

interface RelayRefused {
  readonly code: string;
}

const ADDRESS = { kind: "local", address: "192.0.2.7", port: 4200 } as const;

async function rowOf(gateway: Gateway, id: string): Promise<ScreenSessionRow | undefined> {
  return gateway.context.store.db
    .selectFrom("screen_sessions")
    .selectAll()
    .where("id", "=", id)
    .executeTakeFirst();
}

async function share(
  owner: Person,
  guest: Person,
  hostId: string,
  rights: Right[],
): Promise<Grant> {
  const wish = { to: guest.user.username, rights, askFirst: false };
  await owner.client.call({
    method: "POST",
    path: `/api/v1/hosts/${hostId}/grants`,
    answer: GrantOffer,
    body: wish,
  });
  const { offers } = await guest.client.call({
    method: "GET",
    path: "/api/v1/grant-offers",
    answer: ReceivedOfferList,
  });
  await guest.client.call({
    method: "POST",
    path: `/api/v1/grant-offers/${offers[0]!.id}/acceptance`,
    answer: Done,
  });
  const [host] = (await guest.client.hosts()).filter(({ id }) => id === hostId);
  return { id: host!.grantId! } as Grant;
}

test("the owner's client reaches the owner's host with a grant that the host can check", async () => {
  await using gateway = await startTestGateway();
  const ada = await makePerson(gateway, "ada");
  const host = await enrolDevice(ada, "host");
  const laptop = await enrolDevice(ada);
  using hostSocket = await openSocket(gateway, ada, host, { role: "host" });
  using clientSocket = await openSocket(gateway, ada, laptop, { role: "client" });
  hostSocket.setPresence({ capabilities: ["h264"], monitors: [], candidates: [ADDRESS] });
  const atHost = new Heard(hostSocket);
  const atClient = new Heard(clientSocket);
  const reached = { kind: "reflexive", address: "198.51.100.4", port: 50_000 } as const;
  const granted = await clientSocket.connect({ host: host.wavryId, candidates: [reached] });
  assert.deepEqual(granted.rights, ALL_RIGHTS);
  assert.deepEqual(granted.candidates, [ADDRESS]);
  const hostKey = checkSessionPeer(granted.host, { suite: nodeSuite, wavryId: host.wavryId });
  assert.equal(Buffer.from(hostKey).toString("base64url"), host.staticKey);
  const incoming = await atHost.next<Incoming>("incoming");
  assert.equal(incoming.session, granted.session);
  assert.deepEqual(incoming.candidates, [reached]);
  checkSessionPeer(incoming.client, { suite: nodeSuite, wavryId: laptop.wavryId });
  const document = await ada.client.document();
  const claims = await verifyGrant(incoming.grant, {
    ...document,
    hostId: host.wavryId,
    clientId: laptop.wavryId,
    now: gateway.context.now(),
  });
  assert.equal(claims.jti, granted.session);
  assert.equal(claims.name, "ada");

  hostSocket.decide(granted.session, "accepted");
  assert.equal((await atClient.next<Decision>("decision")).decision, "accepted");
  clientSocket.sendCandidates(granted.session, [ADDRESS]);
  assert.deepEqual((await atHost.next<Candidates>("candidates")).candidates, [ADDRESS]);
  hostSocket.sendWeb(granted.session, "offer", "v=0");
  assert.equal((await atClient.next<Web>("web")).body, "v=0");
  clientSocket.requestRelay(granted.session, {});
  assert.equal((await atClient.next<RelayRefused>("relayRefused")).code, "no-relay");

  hostSocket.sessionStarted(granted.session);
  await until(
    "the session is in the books",
    async () => (await rowOf(gateway, granted.session)) !== undefined,
  );
  assert.equal((await rowOf(gateway, granted.session))?.ended_at, null);
  hostSocket.sessionEnded(granted.session, "closed");
  assert.equal((await atClient.next<SessionEnded>("sessionEnded")).reason, "closed");
  await until(
    "the end is in the books",
    async () => (await rowOf(gateway, granted.session))?.end_reason === "closed",
  );
  const [device] = (await ada.client.devices()).filter(({ id }) => id === host.wavryId);
  assert.equal(device?.online, true);
  assert.deepEqual(device?.capabilities, ["h264"]);
});

test("a host that is not there and one that is not open to the caller are answered alike", async () => {
  await using gateway = await startTestGateway();
  const ada = await makePerson(gateway, "ada");
  const eve = await makePerson(gateway, "eve");
  const host = await enrolDevice(ada, "host");
  using _host = await openSocket(gateway, ada, host, { role: "host" });
  using socket = await openSocket(gateway, eve, await enrolDevice(eve), { role: "client" });
  const answer = async (id: string) => {
    try {
      await socket.connect({ host: id });
      return undefined;
    } catch (error) {
      const { code, message } = error as { code: string; message: string };
      return { code, message };
    }
  };
  const forbidden = await answer(host.wavryId);
  assert.equal(forbidden?.code, "no-grant");
  assert.deepEqual(await answer(newDevice().wavryId), forbidden);
});

test("a session ends on both sides at once when its grant is taken back, and loses rights when they are", async () => {
  await using gateway = await startTestGateway();
  const ada = await makePerson(gateway, "ada");
  const bob = await makePerson(gateway, "bob");
  const host = await enrolDevice(ada, "host");
  const grant = await share(ada, bob, host.wavryId, ["view", "control"]);
  using hostSocket = await openSocket(gateway, ada, host, { role: "host" });
  using clientSocket = await openSocket(gateway, bob, await enrolDevice(bob), { role: "client" });
  const atHost = new Heard(hostSocket);
  const atClient = new Heard(clientSocket);
  const { session, rights } = await clientSocket.connect({ host: host.wavryId });
  assert.deepEqual(rights, ["view", "control"]);
  hostSocket.sessionStarted(session);
  await until("it began", async () => (await rowOf(gateway, session)) !== undefined);

  const path = `/api/v1/grants/${grant.id}`;
  await ada.client.call({
    method: "PATCH",
    path,
    answer: Grant,
    body: { rights: ["view", "audio"] },
  });
  assert.deepEqual((await atHost.next<RightsChanged>("rightsChanged")).rights, ["view"]);
  assert.deepEqual((await atClient.next<RightsChanged>("rightsChanged")).rights, ["view"]);

  await ada.client.call({ method: "DELETE", path, answer: Done });
  assert.deepEqual((await atHost.next<EndSession>("endSession")).reason, "grant-ended");
  assert.equal((await atClient.next<SessionEnded>("sessionEnded")).session, session);
  await until(
    "the books say so",
    async () => (await rowOf(gateway, session))?.end_reason === "grant-ended",
  );
  assert.equal(await rejection(clientSocket.connect({ host: host.wavryId })), "no-grant");
});

test("a guest comes in by a share link, as often as the link says, and goes with it", async () => {
  await using gateway = await startTestGateway();
  const ada = await makePerson(gateway, "ada");
  const host = await enrolDevice(ada, "host");
  using hostSocket = await openSocket(gateway, ada, host, { role: "host" });
  const atHost = new Heard(hostSocket);
  const { token, link } = await ada.client.call({
    method: "POST",
    path: `/api/v1/hosts/${host.wavryId}/share-links`,
    answer: NewShareLink,
    body: { rights: ["view"], askFirst: true, seconds: 600, maxUses: 1 },
  });
  const guest = (name: string) =>
    openSocket(gateway, ada, newDevice(), {
      role: "client",
      credentials: { kind: "guest", share: token, name },
    });
  using first = await guest("Grace");
  using second = await guest("Alan");
  const granted = await first.connect({});
  assert.equal(granted.ask, true);
  assert.deepEqual(granted.rights, ["view"]);
  assert.equal((await atHost.next<Incoming>("incoming")).client.name, "guest: Grace");
  assert.equal(await rejection(second.connect({})), "no-grant");
  // The same device again is no second use.
  await first.connect({});
  hostSocket.sessionStarted(granted.session);
  await ada.client.call({ method: "DELETE", path: `/api/v1/share-links/${link.id}`, answer: Done });
  const ended = await atHost.next<EndSession>("endSession");
  assert.equal(ended.reason, "share-link-ended");
  assert.equal((await first.closed).reason, "share-link-ended");
  await assert.rejects(guest("Grace"), /share-link-ended/);
});

test("a ban, a sign-out and a removed device end connections and sessions at once", async () => {
  await using gateway = await startTestGateway();
  const { context } = gateway;
  const ada = await makePerson(gateway, "ada");
  const host = await enrolDevice(ada, "host");
  using hostSocket = await openSocket(gateway, ada, host, { role: "host" });
  const atHost = new Heard(hostSocket);
  const ends: [string, (person: Person, device: string) => Promise<unknown>, string][] = [
    [
      "banned",
      ({ user }) =>
        banUser(
          context,
          { actor: "system", address: "" },
          { userId: user.id, until: null, reason: "" },
        ),
      "account-banned",
    ],
    [
      "out",
      ({ client }) => client.call({ method: "DELETE", path: "/api/v1/session", answer: Done }),
      "signed-out",
    ],
    ["gone", ({ client }, device) => client.removeDevice(device), "device-removed"],
  ];
  let count = 0;
  for (const [name, end, reason] of ends) {
    const person = await makePerson(gateway, name);
    await share(ada, person, host.wavryId, ["view"]);
    const device = await enrolDevice(person);
    using socket = await openSocket(gateway, person, device, { role: "client" });
    const { session } = await socket.connect({ host: host.wavryId });
    hostSocket.sessionStarted(session);
    await until("it began", async () => (await rowOf(gateway, session)) !== undefined);
    await end(person, device.wavryId);
    assert.deepEqual(
      { ...(await atHost.next<EndSession>("endSession", ++count)), seq: 0 },
      { type: "end-session", seq: 0, session, reason },
    );
    assert.equal((await socket.closed).reason, reason);
    assert.equal((await rowOf(gateway, session))?.end_reason, reason);
  }
});

test("a host hears that all its sessions end before it is put out itself", async () => {
  await using gateway = await startTestGateway();
  const ada = await makePerson(gateway, "ada");
  const host = await enrolDevice(ada, "host");
  using hostSocket = await openSocket(gateway, ada, host, { role: "host" });
  using clientSocket = await openSocket(gateway, ada, await enrolDevice(ada), { role: "client" });
  const atHost = new Heard(hostSocket);
  const atClient = new Heard(clientSocket);
  const { session } = await clientSocket.connect({ host: host.wavryId });
  hostSocket.sessionStarted(session);
  await until("it began", async () => (await rowOf(gateway, session)) !== undefined);
  await ada.client.removeDevice(host.wavryId);
  assert.equal((await hostSocket.closed).reason, "device-removed");
  assert.equal(atHost.all<EndSession>("endSession")[0]?.session, session);
  assert.equal((await atClient.next<SessionEnded>("sessionEnded")).reason, "device-removed");
});

test("an administrator's word ends one session", async () => {
  await using gateway = await startTestGateway();
  const ada = await makePerson(gateway, "ada");
  const host = await enrolDevice(ada, "host");
  using hostSocket = await openSocket(gateway, ada, host, { role: "host" });
  using clientSocket = await openSocket(gateway, ada, await enrolDevice(ada), { role: "client" });
  const atHost = new Heard(hostSocket);
  const { session } = await clientSocket.connect({ host: host.wavryId });
  const other = await clientSocket.connect({ host: host.wavryId });
  await tellNews(gateway.context.bus, {
    type: "screen-session-ended",
    screenSessionId: session,
    reason: "administrator",
  });
  assert.equal((await atHost.next<EndSession>("endSession")).session, session);
  clientSocket.sendCandidates(session, [ADDRESS]);
  const heard = new Heard(clientSocket);
  clientSocket.sendCandidates(session, [ADDRESS]);
  assert.equal((await heard.next<SocketError>("failed")).code, "no-session");
  clientSocket.sendCandidates(other.session, [ADDRESS]);
  await atHost.next("candidates");
});

test("nobody says anything in a session of others, and clients do not play hosts", async () => {
  await using gateway = await startTestGateway();
  const ada = await makePerson(gateway, "ada");
  const eve = await makePerson(gateway, "eve");
  const host = await enrolDevice(ada, "host");
  using hostSocket = await openSocket(gateway, ada, host, { role: "host" });
  using clientSocket = await openSocket(gateway, ada, await enrolDevice(ada), { role: "client" });
  using eveSocket = await openSocket(gateway, eve, await enrolDevice(eve), { role: "client" });
  const atHost = new Heard(hostSocket);
  const atEve = new Heard(eveSocket);
  const { session } = await clientSocket.connect({ host: host.wavryId });
  eveSocket.sendCandidates(session, [ADDRESS]);
  eveSocket.sessionEnded(session, "mine");
  eveSocket.sessionStarted(session);
  eveSocket.decide(session, "accepted");
  await atEve.next("failed", 3);
  assert.deepEqual(
    atEve.all<SocketError>("failed").map(({ code }) => code),
    ["no-session", "wrong-role", "wrong-role"],
  );
  assert.deepEqual(atHost.all("candidates"), []);
  assert.deepEqual(atHost.all("endSession"), []);
});

test("a host that ends a session and leaves at once is heard to the end: its reason stands, and not that it is gone", async () => {
  await using gateway = await startTestGateway();
  const ada = await makePerson(gateway, "ada");
  const host = await enrolDevice(ada, "host");
  using hostSocket = await openSocket(gateway, ada, host, { role: "host" });
  using clientSocket = await openSocket(gateway, ada, await enrolDevice(ada), { role: "client" });
  const atClient = new Heard(clientSocket);
  const { session } = await clientSocket.connect({ host: host.wavryId });
  hostSocket.sessionStarted(session);
  await until("it began", async () => (await rowOf(gateway, session)) !== undefined);
  const peer = hub(gateway).peers.get(`host:${host.wavryId}`)!;
  const { promise: turn, resolve: endTurn } = Promise.withResolvers<void>();
  // Something of before takes its time, such as a slow database.
  assert.ok(peer.enqueue(() => turn));
  hostSocket.sessionEnded(session, "host-stopped");
  hostSocket[Symbol.dispose]();
  await until("the host has left", () => peer.connection === undefined);
  endTurn();
  assert.equal((await atClient.next<SessionEnded>("sessionEnded")).reason, "host-stopped");
  assert.equal((await rowOf(gateway, session))?.end_reason, "host-stopped");
  await until("the host is forgotten", () => !hub(gateway).peers.has(peer.key));
});
