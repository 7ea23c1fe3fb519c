import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { test } from "node:test";
import type { IceServers, NewShareLink } from "@wavry/signaling";
import { enrolDevice, makePerson } from "../helpers/devices.ts";
import { codeOf, TestBrowser, TestClock } from "../helpers/people.ts";
import { startTestGateway } from "../helpers/test-gateway.ts";

const HOUR = 3_600_000;
const SECRET = "0123456789abcdef0123456789abcdef";
const ICE = {
  stunUrls: ["stun:stun.example:3478"],
  turn: { urls: ["turn:turn.example:3478?transport=udp"], secret: SECRET },
};

test("an account gets the servers with credentials that name it, end within the hour and follow from the secret", async () => {
  const clock = new TestClock();
  await using gateway = await startTestGateway({ ice: ICE }, { now: clock.now });
  const ada = await makePerson(gateway, "ada");
  const response = await gateway.app.inject({
    url: "/api/v1/ice-servers",
    headers: { authorization: `Bearer ${ada.token}` },
  });
  assert.equal(response.statusCode, 200, response.body);
  assert.equal(response.headers["cache-control"], "no-store");
  const { iceServers, expiresAt } = response.json<IceServers>();
  assert.deepEqual(iceServers[0], { urls: ICE.stunUrls });
  const relay = iceServers[1]!;
  assert.deepEqual(relay.urls, ICE.turn.urls);
  assert.equal(expiresAt, clock.millis + HOUR);
  assert.equal(relay.username, `${(clock.millis + HOUR) / 1000}:${ada.user.id}`);
  const mac = createHmac("sha1", SECRET).update(relay.username!).digest("base64");
  assert.equal(relay.credential, mac);
  assert.ok(!response.body.includes(SECRET));
});

test("a guest names the share link and gets credentials that end with it; strangers get none", async () => {
  const clock = new TestClock();
  await using gateway = await startTestGateway({ ice: ICE }, { now: clock.now });
  const ada = await makePerson(gateway, "ada");
  const host = await enrolDevice(ada, "host");
  const made = await gateway.app.inject({
    ...{ method: "POST", url: `/api/v1/hosts/${host.wavryId}/share-links` },
    headers: { authorization: `Bearer ${ada.token}` },
    payload: { rights: ["view"], askFirst: true, seconds: 600 },
  });
  const { token, link } = made.json<NewShareLink>();
  const ask = (share?: string) =>
    gateway.app.inject({
      url: "/api/v1/ice-servers",
      headers: share === undefined ? {} : { "x-share-token": share },
    });
  const { iceServers, expiresAt } = (await ask(token)).json<IceServers>();
  assert.equal(expiresAt, link.expiresAt);
  assert.match(iceServers[1]!.username!, /^\d+:guest-[\w-]{22}$/);
  assert.equal(codeOf(await ask()), "sign-in-required");
  assert.equal(codeOf(await ask("x".repeat(43))), "share-link-ended");
  assert.equal(codeOf(await ask("nonsense")), "share-link-ended");
  clock.millis = link.expiresAt;
  assert.equal((await ask(token)).statusCode, 410);
});

test("without servers the list is empty, and without a relay it has no credentials", async () => {
  for (const [ice, expected] of [
    [undefined, []],
    [{ stunUrls: ICE.stunUrls, turn: undefined }, [{ urls: ICE.stunUrls }]],
  ] as const) {
    await using gateway = await startTestGateway(ice === undefined ? {} : { ice });
    await makePerson(gateway, "bob");
    const { makeUser } = await import("../helpers/people.ts");
    await makeUser(gateway, "ada");
    const browser = new TestBrowser(gateway);
    await browser.signIn("ada");
    const answer = (await browser.get("/api/v1/ice-servers")).json<IceServers>();
    assert.deepEqual(answer, { iceServers: expected, expiresAt: null });
  }
});
