import assert from "node:assert/strict";
import { test } from "node:test";
import { verifyGrant } from "@wavry/gateway-client";
import type { Incoming } from "@wavry/signaling";
import { verifyAudit } from "../../src/audit/verify-audit.ts";
import { issuerOf } from "../../src/grants/issuer.ts";
import { SESSION_MAX_MS } from "../../src/sessions/session-service.ts";
import { clientOf, enrolDevice, Heard, makePerson, openSocket } from "../helpers/devices.ts";
import { codeOf, makeUser, PASSWORD, TestBrowser, TestClock, totpCode } from "../helpers/people.ts";
import { startTestGateway } from "../helpers/test-gateway.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

test("a clock that jumps ahead and back ends no sign-in for good and lengthens none", async () => {
  const clock = new TestClock();
  await using gateway = await startTestGateway({}, { now: clock.now });
  const { db } = gateway.context.store;
  await makeUser(gateway, "ada");
  const browser = new TestBrowser(gateway);
  const { session } = await browser.signIn("ada");
  const status = async () => (await browser.get("/api/v1/account")).statusCode;
  const start = clock.millis;
  for (const [millis, expected] of [
    [start + HOUR, 200],
    [start - 400 * DAY, 200],
    [start + 400 * DAY, 401],
    [start - HOUR, 200],
    [start + 20 * DAY, 200],
    [start, 200],
  ] as const) {
    clock.millis = millis;
    assert.equal(await status(), expected, `${(millis - start) / DAY} days`);
    await gateway.context.afterwards.idle();
    const row = await db
      .selectFrom("sessions")
      .selectAll()
      .where("id", "=", session.id)
      .executeTakeFirstOrThrow();
    assert.ok(row.expires_at <= row.created_at + SESSION_MAX_MS);
  }
  clock.millis = start + SESSION_MAX_MS;
  assert.equal(await status(), 401);
});

test("a proof of who it is that lies ahead of the clock is none, and a sensitive change asks anew", async () => {
  const clock = new TestClock();
  await using gateway = await startTestGateway({}, { now: clock.now });
  await makeUser(gateway, "ada");
  const browser = new TestBrowser(gateway);
  await browser.signIn("ada");
  const take = () => browser.get("/api/v1/account/export");
  clock.millis -= HOUR;
  assert.equal(codeOf(await take()), "confirm-needed");
  clock.millis += 2 * HOUR;
  assert.equal(codeOf(await take()), "confirm-needed");
  const confirmed = await browser.post("/api/v1/session/confirmation", { password: PASSWORD });
  assert.equal(confirmed.statusCode, 200);
  assert.equal((await take()).statusCode, 200);
});

test("a code that was used stays used, whichever way the clock jumps", async () => {
  const clock = new TestClock();
  await using gateway = await startTestGateway({ limitFactor: 100 }, { now: clock.now });
  await makeUser(gateway, "ada");
  const browser = new TestBrowser(gateway);
  await browser.signIn("ada");
  const { secret } = (await browser.post("/api/v1/second-factor/totp")).json();
  const start = clock.millis;
  const totp = totpCode(secret, start);
  const added = await browser.post("/api/v1/second-factor/totp/confirmation", { totp });
  assert.equal(added.statusCode, 200);
  const trySecond = async (code: string) => {
    const stranger = new TestBrowser(gateway);
    const { ticket } = (
      await stranger.post("/api/v1/sessions", { email: "ada@example.org", password: PASSWORD })
    ).json();
    return (await stranger.post("/api/v1/sessions/second-factor", { ticket, totp: code }))
      .statusCode;
  };
  assert.equal(await trySecond(totp), 401);
  clock.millis = start + DAY;
  assert.equal(await trySecond(totp), 401);
  assert.equal(await trySecond(totpCode(secret, clock.millis)), 200);
  // Back again: codes of a time before the last one that was used are no good, the one of `start` least.
  clock.millis = start;
  assert.equal(await trySecond(totp), 401);
  clock.millis = start - DAY;
  assert.equal(await trySecond(totpCode(secret, clock.millis)), 401);
});

test("limits of guesses stand on a time that nobody sets: the clock's jumps open none and close none", async (t) => {
  let ahead = 0;
  const real = Date.now;
  t.mock.method(Date, "now", () => real() + ahead);
  await using gateway = await startTestGateway();
  await makeUser(gateway, "ada");
  const browser = new TestBrowser(gateway);
  const wrong = () =>
    browser.post("/api/v1/sessions", { email: "ada@example.org", password: "wrong" });
  while ((await wrong()).statusCode !== 429);
  for (const jump of [10 * DAY, -10 * DAY]) {
    ahead = jump;
    const response = await wrong();
    assert.equal(response.statusCode, 429);
    assert.ok(Number(response.headers["retry-after"]) <= 15 * 60);
  }
});

test("links, login codes and bans keep to their own times when the clock jumps", async () => {
  const clock = new TestClock();
  await using gateway = await startTestGateway(
    { adminPanelToken: "0123456789abcdef".repeat(2) },
    {
      now: clock.now,
    },
  );
  const ada = await makePerson(gateway, "ada");
  const start = clock.millis;
  const login = await gateway.app.inject({
    ...{ method: "POST", url: "/api/v1/login-code", payload: { label: "tv" } },
  });
  const { deviceCode } = login.json<{ deviceCode: string }>();
  const poll = async () =>
    codeOf(
      await gateway.app.inject({
        ...{ method: "POST", url: "/api/v1/login-code/token", payload: { deviceCode } },
      }),
    );
  clock.millis = start + DAY;
  assert.equal(await poll(), "expired-token");
  const until = clock.millis + HOUR;
  const banned = await gateway.app.inject({
    ...{ method: "POST", url: "/admin/api/ban", payload: { userId: ada.user.id, until } },
    headers: { authorization: `Bearer ${"0123456789abcdef".repeat(2)}` },
  });
  assert.equal(banned.statusCode, 200, banned.body);
  const browser = new TestBrowser(gateway);
  const signIn = async () =>
    codeOf(
      await browser.post("/api/v1/sessions", { email: "ada@example.org", password: PASSWORD }),
    );
  assert.equal(await signIn(), "account-banned");
  clock.millis = start;
  assert.equal(await signIn(), "account-banned");
  clock.millis = until;
  assert.equal(await signIn(), undefined);
});

test("a grant holds for its time by the host's own clock, and a gateway whose clock jumped makes none that lasts", async () => {
  const clock = new TestClock();
  await using gateway = await startTestGateway({}, { now: clock.now });
  const ada = await makePerson(gateway, "ada");
  const host = await enrolDevice(ada, "host");
  const laptop = await enrolDevice(ada);
  using hostSocket = await openSocket(gateway, ada, host, { role: "host" });
  using client = await openSocket(gateway, ada, laptop, { role: "client" });
  const heard = new Heard(hostSocket);
  const { key } = await clientOf(gateway).document();
  const start = clock.millis;
  const expected = {
    ...{ key, issuer: issuerOf(gateway.context.config) },
    ...{ hostId: host.wavryId, clientId: laptop.wavryId },
  };
  let count = 0;
  const grantAt = async (millis: number): Promise<string> => {
    clock.millis = millis;
    await client.connect({ host: host.wavryId });
    return (await heard.next<Incoming>("incoming", ++count)).grant;
  };
  const usual = await grantAt(start);
  await verifyGrant(usual, { ...expected, now: start });
  for (const hostClock of [start - HOUR, start + HOUR])
    await assert.rejects(verifyGrant(usual, { ...expected, now: hostClock }), { code: "expired" });
  for (const gatewayClock of [start + DAY, start - DAY]) {
    const odd = await grantAt(gatewayClock);
    await assert.rejects(verifyGrant(odd, { ...expected, now: start }), { code: "expired" });
  }
  assert.equal(hostSocket.connected && client.connected, true);
});

test("the audit log is whole and in order though the clock jumped between its events", async () => {
  const clock = new TestClock();
  await using gateway = await startTestGateway({}, { now: clock.now });
  const { store, keys, audit } = gateway.context;
  const start = clock.millis;
  for (const [at, millis] of [start, start + DAY, start - 400 * DAY, start, start - 1].entries()) {
    clock.millis = millis;
    await audit.record({ actor: "system", address: "", action: `test.${at}` });
  }
  const rows = await store.db
    .selectFrom("audit")
    .select("action")
    .where("action", "like", "test.%")
    .orderBy("seq")
    .execute();
  assert.deepEqual(
    rows.map(({ action }) => action),
    ["test.0", "test.1", "test.2", "test.3", "test.4"],
  );
  const verdict = await verifyAudit(store, keys);
  assert.ok(verdict.ok, JSON.stringify(verdict));
});
