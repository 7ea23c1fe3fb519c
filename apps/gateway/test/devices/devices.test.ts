import assert from "node:assert/strict";
import { test } from "node:test";
import type { DeviceSigner } from "@wavry/gateway-client";
import {
  Device,
  type DeviceChange,
  DeviceGroup,
  DeviceGroupList,
  Done,
  type Enrolment,
  EnrolmentChallenge,
  enrolmentProof,
} from "@wavry/signaling";
import { hearNews } from "../../src/bus/news.ts";
import { issuerOf } from "../../src/grants/issuer.ts";
import {
  enrolDevice,
  makePerson,
  newDevice,
  openSocket,
  type Person,
  rejection,
} from "../helpers/devices.ts";
import { TestClock } from "../helpers/people.ts";
import { until } from "../helpers/temporary-folder.ts";
import { startTestGateway } from "../helpers/test-gateway.ts";

const challengeFor = ({ client }: Person) =>
  client.call({ method: "POST", path: "/api/v1/devices/challenges", answer: EnrolmentChallenge });

/** What a device sends to join, signed by itself for these facts. */
async function enrolment(
  device: DeviceSigner,
  challenge: EnrolmentChallenge,
  more: Partial<Enrolment> & { readonly gateway?: string; readonly userId?: string } = {},
): Promise<Enrolment> {
  const { gateway = challenge.gateway, userId = challenge.userId, ...rest } = more;
  const { wavryId, staticKey, certificate } = device;
  const facts = { gateway, userId, challenge: challenge.challenge, wavryId, staticKey };
  return {
    challenge: challenge.id,
    ...{ wavryId, staticKey, certificate },
    signature: Buffer.from(await device.sign(enrolmentProof(facts))).toString("base64url"),
    ...{ kind: "host", name: "PC", platform: "linux" },
    ...rest,
  };
}

const send = ({ client }: Person, body: Enrolment) =>
  client.call({ method: "POST", path: "/api/v1/devices", answer: Device, body });

const change = ({ client }: Person, id: string, body: DeviceChange) =>
  client.call({ method: "PATCH", path: `/api/v1/devices/${id}`, answer: Device, body });

test("a device joins an account by its own signature, and is listed", async () => {
  await using gateway = await startTestGateway();
  const ada = await makePerson(gateway, "ada");
  const device = newDevice();
  const enrolled = await ada.client.enrol({ device, kind: "host", name: "PC", platform: "linux" });
  assert.equal(enrolled.device.id, device.wavryId);
  assert.equal(enrolled.gateway.issuer, issuerOf(gateway.context.config));
  assert.equal(enrolled.gateway.key, gateway.context.keys.verifyingKey);
  const [listed, ...more] = await ada.client.devices();
  assert.deepEqual(listed, enrolled.device);
  assert.equal(more.length, 0);
  const events = await gateway.context.store.db
    .selectFrom("audit")
    .select(["action", "target"])
    .where("action", "=", "device.enrolled")
    .execute();
  assert.deepEqual(events, [{ action: "device.enrolled", target: device.wavryId }]);
});

test("a signature for another gateway, account, challenge or key enrols nothing", async () => {
  await using gateway = await startTestGateway();
  const ada = await makePerson(gateway, "ada");
  const eve = await makePerson(gateway, "eve");
  const device = newDevice();
  const other = newDevice();
  const refused = async (person: Person, body: Enrolment) => rejection(send(person, body));
  const fresh = () => challengeFor(ada);
  const wrong = "wrong-proof";
  assert.equal(
    await refused(ada, await enrolment(device, await fresh(), { gateway: "https://evil.example" })),
    wrong,
  );
  assert.equal(
    await refused(ada, await enrolment(device, await fresh(), { userId: eve.user.id })),
    wrong,
  );
  const first = await fresh();
  const second = await fresh();
  assert.equal(await refused(ada, await enrolment(device, { ...first, id: second.id })), wrong);
  // A static key that is not the device's own, and a certificate that is another's.
  const { staticKey, certificate, wavryId } = other;
  assert.equal(await refused(ada, await enrolment({ ...device, staticKey }, await fresh())), wrong);
  assert.equal(
    await refused(ada, await enrolment({ ...device, staticKey, certificate }, await fresh())),
    wrong,
  );
  assert.equal(await refused(ada, await enrolment({ ...device, wavryId }, await fresh())), wrong);
  assert.equal(
    await refused(ada, await enrolment(device, await fresh(), { signature: "A".repeat(86) })),
    wrong,
  );
  // The challenge of one account is of no use to another.
  assert.equal(await refused(eve, await enrolment(device, await fresh())), "challenge-expired");
  assert.deepEqual(await ada.client.devices(), []);
  assert.deepEqual(await eve.client.devices(), []);
});

test("a challenge is good once, and for five minutes", async () => {
  const clock = new TestClock();
  await using gateway = await startTestGateway({}, { now: clock.now });
  const ada = await makePerson(gateway, "ada");
  const device = newDevice();
  const body = await enrolment(device, await challengeFor(ada));
  await send(ada, body);
  assert.equal(await rejection(send(ada, body)), "challenge-expired");
  const late = await enrolment(device, await challengeFor(ada));
  clock.millis += 5 * 60_000;
  assert.equal(await rejection(send(ada, late)), "challenge-expired");
  // A wrong answer uses it up as well.
  const challenge = await challengeFor(ada);
  const wrong = await enrolment(device, challenge, { signature: "A".repeat(86) });
  assert.equal(await rejection(send(ada, wrong)), "wrong-proof");
  assert.equal(await rejection(send(ada, await enrolment(device, challenge))), "challenge-expired");
});

test("a device belongs to one account: it is taken up again there, and not elsewhere until it is removed", async () => {
  await using gateway = await startTestGateway();
  const ada = await makePerson(gateway, "ada");
  const bob = await makePerson(gateway, "bob");
  const device = await enrolDevice(ada, "host");
  await change(ada, device.wavryId, { name: "mine" });
  const again = await send(
    ada,
    await enrolment(device, await challengeFor(ada), { kind: "client" }),
  );
  assert.deepEqual([again.name, again.kind], ["mine", "client"]);
  const taking = enrolment(device, await challengeFor(bob));
  assert.equal(await rejection(send(bob, await taking)), "enrolled-elsewhere");
  await ada.client.removeDevice(device.wavryId);
  await send(bob, await enrolment(device, await challengeFor(bob)));
  assert.equal((await bob.client.devices()).length, 1);
});

test("devices of others, and those that are not there, are answered alike", async () => {
  await using gateway = await startTestGateway();
  const ada = await makePerson(gateway, "ada");
  const eve = await makePerson(gateway, "eve");
  const { wavryId } = await enrolDevice(ada, "host");
  for (const [method, path, body] of [
    ["PATCH", "/api/v1/devices/ID", { name: "x" }],
    ["DELETE", "/api/v1/devices/ID", undefined],
    ["GET", "/api/v1/hosts/ID/grants", undefined],
    ["POST", "/api/v1/hosts/ID/grants", { to: "ada", rights: ["view"], askFirst: true }],
    ["GET", "/api/v1/hosts/ID/share-links", undefined],
    ["POST", "/api/v1/hosts/ID/share-links", { rights: ["view"], askFirst: true, seconds: 60 }],
  ] as const) {
    const answers = [];
    for (const id of [wavryId, newDevice().wavryId, "nonsense", "%27%20OR%201=1--"]) {
      const response = await gateway.app.inject({
        method,
        url: path.replace("ID", id),
        headers: { authorization: `Bearer ${eve.token}` },
        ...(body !== undefined && { payload: body }),
      });
      const { error } = response.json<{ error: { code: string; message: string } }>();
      answers.push([response.statusCode, error.code, error.message]);
    }
    assert.equal(answers[0]![0], 404, path);
    for (const answer of answers) assert.deepEqual(answer, answers[0], path);
  }
  assert.equal((await ada.client.devices()).length, 1);
});

test("browsers may keep pictures of a host's screen only where its owner says so, which is written down and told at once", async () => {
  await using gateway = await startTestGateway();
  const ada = await makePerson(gateway, "ada");
  const bob = await makePerson(gateway, "bob");
  const { wavryId } = await enrolDevice(ada, "host");
  const client = await enrolDevice(ada, "client");
  await gateway.context.store.db
    .insertInto("grants")
    .values({
      ...{ id: "g".repeat(22), host_id: wavryId, user_id: bob.user.id, rights: '["view"]' },
      ...{ ask_first: 0, created_by: ada.user.id, created_at: 0, expires_at: null },
    })
    .execute();
  const seenBy = async ({ client }: Person) => (await client.hosts())[0]?.previews;
  assert.equal((await ada.client.devices())[0]?.previews, false);
  assert.deepEqual([await seenBy(ada), await seenBy(bob)], [false, false]);

  assert.equal(await rejection(change(bob, wavryId, { previews: true })), "no-device");
  assert.equal(await rejection(change(ada, client.wavryId, { previews: true })), "no-screen");
  assert.deepEqual([await seenBy(ada), await seenBy(bob)], [false, false]);

  const told: string[] = [];
  await using _ = await hearNews(gateway.context.bus, (news) => {
    if (news.type === "host-changed") told.push(news.hostId);
  });
  assert.equal((await change(ada, wavryId, { previews: true })).previews, true);
  assert.deepEqual([await seenBy(ada), await seenBy(bob)], [true, true]);
  // Another change leaves it, and so does joining once more.
  await change(ada, wavryId, { name: "den" });
  await until("both changes are told", () => told.length === 2);
  assert.deepEqual(told, [wavryId, wavryId]);
  assert.equal(await seenBy(ada), true);
  assert.equal((await change(ada, wavryId, { previews: false })).previews, false);
  assert.deepEqual([await seenBy(ada), await seenBy(bob)], [false, false]);

  const events = await gateway.context.store.db
    .selectFrom("audit")
    .select(["action", "actor", "target"])
    .where("action", "like", "device.previews-%")
    .orderBy("seq")
    .execute();
  const by = { actor: ada.user.id, target: wavryId };
  assert.deepEqual(events, [
    { action: "device.previews-allowed", ...by },
    { action: "device.previews-forbidden", ...by },
  ]);
});

test("nobody does anything with devices without signing in", async () => {
  await using gateway = await startTestGateway();
  for (const [method, url] of [
    ["GET", "/api/v1/devices"],
    ["POST", "/api/v1/devices/challenges"],
    ["DELETE", "/api/v1/devices/x"],
    ["GET", "/api/v1/device-groups"],
    ["GET", "/api/v1/hosts"],
    ["GET", "/api/v1/hosts/x/grants"],
    ["GET", "/api/v1/grant-offers"],
    ["GET", "/api/v1/hosts/x/share-links"],
  ] as const) {
    const response = await gateway.app.inject({ method, url });
    assert.equal(response.statusCode, 401, url);
  }
});

test("groups hold an account's own devices", async () => {
  await using gateway = await startTestGateway();
  const ada = await makePerson(gateway, "ada");
  const eve = await makePerson(gateway, "eve");
  const { wavryId } = await enrolDevice(ada, "host");
  const path = "/api/v1/device-groups";
  const make = (person: Person, name: string) =>
    person.client.call({ method: "POST", path, answer: DeviceGroup, body: { name } });
  const list = async ({ client }: Person) =>
    (await client.call({ method: "GET", path, answer: DeviceGroupList })).groups;
  const home = await make(ada, "Home");
  const foreign = await make(eve, "Evil");
  assert.equal((await change(ada, wavryId, { groupId: home.id })).groupId, home.id);
  assert.equal(await rejection(change(ada, wavryId, { groupId: foreign.id })), "no-group");
  const rename = (person: Person) =>
    person.client.call({
      ...{ method: "PATCH", path: `${path}/${home.id}`, answer: DeviceGroup },
      body: { name: "Flat" },
    });
  assert.equal(await rejection(rename(eve)), "no-group");
  await rename(ada);
  assert.deepEqual(await list(ada), [{ id: home.id, name: "Flat" }]);
  const remove = (person: Person) =>
    person.client.call({ method: "DELETE", path: `${path}/${home.id}`, answer: Done });
  assert.equal(await rejection(remove(eve)), "no-group");
  await remove(ada);
  assert.equal((await ada.client.devices())[0]?.groupId, null);
});

test("a device's presence and when it was last seen follow its connection", async () => {
  const clock = new TestClock();
  await using gateway = await startTestGateway({}, { now: clock.now });
  const ada = await makePerson(gateway, "ada");
  const device = await enrolDevice(ada, "host");
  assert.equal((await ada.client.devices())[0]?.lastSeenAt, null);
  {
    using _socket = await openSocket(gateway, ada, device, { role: "host" });
    await gateway.context.afterwards.idle();
    const [seen] = await ada.client.devices();
    assert.deepEqual([seen?.online, seen?.lastSeenAt], [true, clock.millis]);
  }
});
