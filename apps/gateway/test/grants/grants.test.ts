import assert from "node:assert/strict";
import { test } from "node:test";
import {
  ALL_RIGHTS,
  Done,
  Grant,
  GrantOffer,
  HostGrants,
  NewShareLink,
  ReceivedOfferList,
  type Right,
  ShareLinkList,
} from "@wavry/signaling";
import { hearNews, type News } from "../../src/bus/news.ts";
import { authorizeAccount, authorizeLink } from "../../src/grants/authority.ts";
import { enrolDevice, makePerson, newDevice, type Person, rejection } from "../helpers/devices.ts";
import { TestClock } from "../helpers/people.ts";
import { startTestGateway } from "../helpers/test-gateway.ts";

interface Wish {
  readonly to: string;
  readonly rights?: readonly Right[];
  readonly askFirst?: boolean;
  readonly expiresAt?: number;
}

const offer = ({ client }: Person, hostId: string, wish: Wish) =>
  client.call({
    ...{ method: "POST", path: `/api/v1/hosts/${hostId}/grants`, answer: GrantOffer },
    body: { rights: ["view"], askFirst: false, ...wish },
  });
const received = async ({ client }: Person) =>
  (await client.call({ method: "GET", path: "/api/v1/grant-offers", answer: ReceivedOfferList }))
    .offers;
const accept = ({ client }: Person, id: string) =>
  client.call({ method: "POST", path: `/api/v1/grant-offers/${id}/acceptance`, answer: Done });
const drop = ({ client }: Person, path: string) =>
  client.call({ method: "DELETE", path, answer: Done });
const listed = ({ client }: Person, hostId: string) =>
  client.call({ method: "GET", path: `/api/v1/hosts/${hostId}/grants`, answer: HostGrants });

test("an offer becomes a grant when its receiver takes it, and the host is then theirs to reach", async () => {
  await using gateway = await startTestGateway();
  const ada = await makePerson(gateway, "ada");
  const bob = await makePerson(gateway, "bob");
  const eve = await makePerson(gateway, "eve");
  const { wavryId } = await enrolDevice(ada, "host");
  assert.deepEqual((await ada.client.hosts())[0]?.rights, ALL_RIGHTS);
  await offer(ada, wavryId, { to: " Bob@Example.org ", rights: ["audio", "view"], askFirst: true });
  assert.deepEqual(await bob.client.hosts(), []);
  const [waiting] = await received(bob);
  assert.deepEqual(waiting?.rights, ["view", "audio"]);
  assert.equal(waiting?.ownerUsername, "ada");
  assert.equal(await rejection(accept(eve, waiting!.id)), "no-offer");
  await accept(bob, waiting!.id);
  assert.equal(await rejection(accept(bob, waiting!.id)), "no-offer");
  const [host] = await bob.client.hosts();
  assert.deepEqual(
    [host?.id, host?.own, host?.rights, host?.askFirst],
    [wavryId, false, ["view", "audio"], true],
  );
  const { grants, offers } = await listed(ada, wavryId);
  assert.deepEqual(offers, []);
  assert.equal(grants[0]?.username, "bob");
  // Who has a grant can give it back, others cannot touch it.
  const path = `/api/v1/grants/${grants[0]!.id}`;
  assert.equal(await rejection(drop(eve, path)), "no-grant");
  const change = (person: Person) =>
    person.client.call({ method: "PATCH", path, answer: Grant, body: { rights: ["files"] } });
  assert.equal(await rejection(change(bob)), "no-grant");
  assert.deepEqual((await change(ada)).rights, ["files"]);
  await drop(bob, path);
  assert.deepEqual(await bob.client.hosts(), []);
});

test("an offer looks the same whether its receiver is there, is not, or declined", async () => {
  await using gateway = await startTestGateway();
  const ada = await makePerson(gateway, "ada");
  const bob = await makePerson(gateway, "bob");
  const { wavryId } = await enrolDevice(ada, "host");
  const known = await offer(ada, wavryId, { to: "bob" });
  const unknown = await offer(ada, wavryId, { to: "nobody-here" });
  const shape = (one: GrantOffer) => ({ ...one, id: "", to: "", createdAt: 0, offerEndsAt: 0 });
  assert.deepEqual(shape(known), shape(unknown));
  await drop(bob, `/api/v1/grant-offers/${known.id}`);
  assert.deepEqual(await received(bob), []);
  const { offers } = await listed(ada, wavryId);
  assert.deepEqual(offers, [known, unknown]);
  // An account that takes the name later gets nothing by it.
  const late = await makePerson(gateway, "nobody-here");
  assert.deepEqual(await received(late), []);
  assert.equal(await rejection(accept(late, unknown.id)), "no-offer");
  assert.equal(await rejection(offer(ada, wavryId, { to: "ada@example.org" })), "own-host");
});

test("the newest offer counts, a withdrawn one does not, and all of them lapse", async () => {
  const clock = new TestClock();
  await using gateway = await startTestGateway({}, { now: clock.now });
  const ada = await makePerson(gateway, "ada");
  const bob = await makePerson(gateway, "bob");
  const { wavryId } = await enrolDevice(ada, "host");
  await offer(ada, wavryId, { to: "bob", rights: ["files"] });
  const second = await offer(ada, wavryId, { to: "bob", rights: ["view"] });
  assert.deepEqual(
    (await received(bob)).map(({ rights }) => rights),
    [["view"]],
  );
  await drop(ada, `/api/v1/grant-offers/${second.id}`);
  assert.equal(await rejection(accept(bob, second.id)), "no-offer");
  const third = await offer(ada, wavryId, { to: "bob" });
  clock.millis += 30 * 86_400_000;
  const { context } = gateway;
  // The sign-ins ended meanwhile as well.
  await context.store.db
    .updateTable("sessions")
    .set({ expires_at: clock.millis + 1, created_at: clock.millis })
    .execute();
  assert.deepEqual(await received(bob), []);
  assert.equal(await rejection(accept(bob, third.id)), "no-offer");
  assert.deepEqual((await listed(ada, wavryId)).offers, []);
});

test("a grant holds for its host, its person and its time only", async () => {
  const clock = new TestClock();
  await using gateway = await startTestGateway({}, { now: clock.now });
  const { context } = gateway;
  const ada = await makePerson(gateway, "ada");
  const bob = await makePerson(gateway, "bob");
  const { wavryId } = await enrolDevice(ada, "host");
  const { wavryId: other } = await enrolDevice(ada, "host");
  const { wavryId: laptop } = await enrolDevice(ada, "client");
  assert.equal(
    await rejection(offer(ada, wavryId, { to: "bob", expiresAt: clock.millis })),
    "ends-in-the-past",
  );
  await offer(ada, wavryId, { to: "bob", expiresAt: clock.millis + 1_000 });
  await accept(bob, (await received(bob))[0]!.id);
  const may = async (userId: string, hostId: string) =>
    (await authorizeAccount(context, userId, hostId)) !== undefined;
  assert.equal(await may(bob.user.id, wavryId), true);
  assert.equal(await may(bob.user.id, other), false);
  assert.equal(await may(ada.user.id, other), true);
  assert.equal(await may(ada.user.id, laptop), false);
  clock.millis += 1_000;
  assert.equal(await may(bob.user.id, wavryId), false);
  assert.deepEqual(await bob.client.hosts(), []);
});

test("rights are known ones, each once, and at least one", async () => {
  await using gateway = await startTestGateway();
  const ada = await makePerson(gateway, "ada");
  const { wavryId } = await enrolDevice(ada, "host");
  for (const rights of [[], ["view", "view"], ["everything"], undefined] as unknown[])
    assert.equal(
      await rejection(offer(ada, wavryId, { to: "bob", rights: rights as Right[] })),
      "invalid",
    );
});

test("a share link's token is nowhere but with whom it was given to, and lets so many devices in", async () => {
  const clock = new TestClock();
  await using gateway = await startTestGateway({}, { now: clock.now });
  const { context } = gateway;
  const ada = await makePerson(gateway, "ada");
  const eve = await makePerson(gateway, "eve");
  const { wavryId } = await enrolDevice(ada, "host");
  const links = `/api/v1/hosts/${wavryId}/share-links`;
  const body = { rights: ["view"], askFirst: true, seconds: 60, maxUses: 2 };
  const { token, link, url } = await ada.client.call({
    ...{ method: "POST", path: links, answer: NewShareLink },
    body,
  });
  assert.equal(url, `http://localhost:3000/share#${token}`);
  const tables = ["share_links", "share_link_guests", "audit"] as const;
  for (const table of tables) {
    const rows = await context.store.db.selectFrom(table).selectAll().execute();
    assert.equal(JSON.stringify(rows).includes(token), false, table);
  }
  const [first, second, third] = [newDevice(), newDevice(), newDevice()];
  const comes = async ({ wavryId: id }: { wavryId: string }) =>
    (await authorizeLink(context, { token }, id)) !== undefined;
  assert.deepEqual(await Promise.all([first, first, first].map(comes)), [true, true, true]);
  assert.deepEqual(await Promise.all([second, third].map(comes)), [true, false]);
  const { links: known } = await ada.client.call({
    method: "GET",
    path: links,
    answer: ShareLinkList,
  });
  assert.deepEqual(known, [{ ...link, uses: 2 }]);
  assert.equal(
    await authorizeLink(context, { token: `${token.slice(0, -1)}x` }, first.wavryId),
    undefined,
  );
  assert.equal(await rejection(drop(eve, `/api/v1/share-links/${link.id}`)), "no-link");
  clock.millis += 60_000;
  assert.equal(await comes(first), false);
});

test("every change is told to all replicas, and every one of security is audited", async () => {
  await using gateway = await startTestGateway();
  const { context } = gateway;
  const ada = await makePerson(gateway, "ada");
  const bob = await makePerson(gateway, "bob");
  const { wavryId } = await enrolDevice(ada, "host");
  const news: News[] = [];
  await using _ = await hearNews(context.bus, (one) => news.push(one));
  await offer(ada, wavryId, { to: "bob" });
  await accept(bob, (await received(bob))[0]!.id);
  const { id } = (await listed(ada, wavryId)).grants[0]!;
  const path = `/api/v1/grants/${id}`;
  await ada.client.call({ method: "PATCH", path, answer: Grant, body: { askFirst: true } });
  await drop(ada, path);
  const { link } = await ada.client.call({
    ...{ method: "POST", path: `/api/v1/hosts/${wavryId}/share-links`, answer: NewShareLink },
    body: { rights: ["view"], askFirst: true, seconds: 60 },
  });
  await drop(ada, `/api/v1/share-links/${link.id}`);
  await ada.client.removeDevice(wavryId);
  const changed = { type: "grant-changed", hostId: wavryId, userId: bob.user.id };
  assert.deepEqual(news, [
    changed,
    changed,
    changed,
    { type: "share-link-ended", shareLinkId: link.id },
    { type: "device-removed", deviceId: wavryId },
  ]);
  const events = await context.store.db
    .selectFrom("audit")
    .select("action")
    .orderBy("seq")
    .execute();
  assert.deepEqual(
    events
      .map(({ action }) => action)
      .filter((action) => /^(grant|share-link|device)\./.test(action)),
    [
      "device.enrolled",
      "grant.offered",
      "grant.accepted",
      "grant.changed",
      "grant.revoked",
      "share-link.created",
      "share-link.ended",
      "device.removed",
    ],
  );
});
