import assert from "node:assert/strict";
import { test } from "node:test";
import type { Gateway } from "@wavry/gateway";
import type { OneTimeSignInAnswer, SignedIn } from "@wavry/signaling";
import { banUser } from "../../src/accounts/account-state.ts";
import { tokenHash } from "../../src/keys.ts";
import { localOwner } from "../../src/local/local-owner.ts";
import { createSignInLink } from "../../src/sessions/sign-in-link.ts";
import { codeOf, makeUser, PASSWORD, TestBrowser, TestClock, totpCode } from "../helpers/people.ts";
import { startTestGateway } from "../helpers/test-gateway.ts";

const HOST = "wavry1example";
const MINUTE = 60_000;

async function linkFor(gateway: Gateway, user: Awaited<ReturnType<typeof makeUser>>) {
  const { url } = await createSignInLink(gateway.context, user, { hostId: HOST });
  return { url, token: url.split("/#/enter/")[1]! };
}

test("a link signs a browser in by cookie, once, and says which machine it is for", async () => {
  await using gateway = await startTestGateway();
  const owner = await localOwner(gateway.context);
  const { url, token } = await linkFor(gateway, owner);
  assert.match(url, /^http:\/\/localhost:3000\/#\/enter\/[A-Za-z0-9_-]{43}$/);
  const browser = new TestBrowser(gateway);
  const response = await browser.post("/api/v1/sessions/one-time", { token });
  const answer = response.json<OneTimeSignInAnswer>();
  assert.equal(answer.status, "signed-in");
  assert.equal(answer.hostId, HOST);
  assert.equal(response.headers["cache-control"], "no-store");
  const cookie = response.cookies.find(({ name }) => name === "wavry_session");
  assert.equal(cookie?.httpOnly, true);
  assert.equal((await browser.get("/api/v1/account")).json().username, "owner");
  const again = await new TestBrowser(gateway).post("/api/v1/sessions/one-time", { token });
  assert.equal(again.statusCode, 410);
  assert.equal(codeOf(again), "link-void");
});

test("a link is good for 15 minutes, void once another was made, and only its hash is kept", async () => {
  const clock = new TestClock();
  await using gateway = await startTestGateway({}, { now: clock.now });
  const ada = await makeUser(gateway, "ada");
  const status = async (token: string) =>
    (await new TestBrowser(gateway).post("/api/v1/sessions/one-time", { token })).statusCode;
  const first = await linkFor(gateway, ada);
  const second = await linkFor(gateway, ada);
  assert.equal(await status(first.token), 410);
  clock.millis += 15 * MINUTE - 1;
  assert.equal(await status(second.token), 200);
  const third = await linkFor(gateway, ada);
  clock.millis += 15 * MINUTE;
  assert.equal(await status(third.token), 410);
  const rows = await gateway.context.store.db.selectFrom("one_time_links").selectAll().execute();
  assert.ok(rows.some(({ token_hash }) => token_hash === tokenHash(third.token)));
  assert.ok(!JSON.stringify(rows).includes(third.token));
});

test("of two browsers that open one link at once, one is signed in", async () => {
  await using gateway = await startTestGateway();
  const { token } = await linkFor(gateway, await makeUser(gateway, "ada"));
  const answers = await Promise.all(
    [1, 2, 3, 4].map(() => new TestBrowser(gateway).post("/api/v1/sessions/one-time", { token })),
  );
  assert.deepEqual(answers.map(({ statusCode }) => statusCode).sort(), [200, 410, 410, 410]);
});

test("a link stands for the password: a second factor is asked for, and a new password voids it", async () => {
  const clock = new TestClock();
  await using gateway = await startTestGateway({}, { now: clock.now });
  const ada = await makeUser(gateway, "ada");
  const browser = new TestBrowser(gateway);
  await browser.signIn("ada");
  const { secret } = (await browser.post("/api/v1/second-factor/totp")).json();
  const totp = totpCode(secret, clock.millis);
  await browser.post("/api/v1/second-factor/totp/confirmation", { totp });
  clock.millis += MINUTE;
  const stranger = new TestBrowser(gateway);
  const first = await linkFor(gateway, ada);
  const answer = (
    await stranger.post("/api/v1/sessions/one-time", { token: first.token })
  ).json<OneTimeSignInAnswer>();
  assert.equal(answer.status, "second-factor-required");
  assert.equal(stranger.cookies.has("wavry_session"), false);
  const { ticket } = answer as { ticket: string };
  const next = await stranger.post("/api/v1/sessions/second-factor", {
    ...{ ticket, totp: totpCode(secret, clock.millis) },
  });
  assert.equal(next.json<SignedIn>().status, "signed-in");
  const second = await linkFor(gateway, ada);
  const changed = await stranger.request("PUT", "/api/v1/account/password", {
    password: "velvet-harbour-77-finch",
  });
  assert.equal(changed.statusCode, 200, changed.body);
  const late = await new TestBrowser(gateway).post("/api/v1/sessions/one-time", {
    token: second.token,
  });
  assert.equal(late.statusCode, 410);
});

test("the owner sets a first password right after the link, and signs in by it then", async () => {
  await using gateway = await startTestGateway();
  const owner = await localOwner(gateway.context);
  const browser = new TestBrowser(gateway);
  await browser.post("/api/v1/sessions/one-time", {
    token: (await linkFor(gateway, owner)).token,
  });
  const set = await browser.request("PUT", "/api/v1/account/password", { password: PASSWORD });
  assert.equal(set.statusCode, 200, set.body);
  const response = await new TestBrowser(gateway).post("/api/v1/sessions", {
    ...{ email: "owner@localhost", password: PASSWORD },
  });
  assert.equal(response.statusCode, 200, response.body);
  // A link is one factor, and the administration takes two.
  assert.equal(codeOf(await browser.get("/admin/api/overview")), "second-factor-needed");
});

test("a banned account's link opens nothing; refusals and uses are in the audit log without the token", async () => {
  await using gateway = await startTestGateway();
  const { context } = gateway;
  const ada = await makeUser(gateway, "ada");
  const used = await linkFor(gateway, ada);
  await new TestBrowser(gateway).post("/api/v1/sessions/one-time", { token: used.token });
  await new TestBrowser(gateway).post("/api/v1/sessions/one-time", { token: used.token });
  const late = await linkFor(gateway, ada);
  await banUser(
    context,
    { actor: "test", address: "" },
    { userId: ada.id, until: null, reason: "" },
  );
  const banned = await new TestBrowser(gateway).post("/api/v1/sessions/one-time", {
    token: late.token,
  });
  assert.equal(codeOf(banned), "account-banned");
  const rows = await context.store.db.selectFrom("audit").selectAll().orderBy("seq").execute();
  const actions = rows.map(({ action }) => action);
  assert.deepEqual(actions, [
    "sign-in-link.created",
    "session.created",
    "session.refused",
    "sign-in-link.created",
    "user.banned",
    "session.refused",
  ]);
  for (const { token } of [used, late]) assert.ok(!JSON.stringify(rows).includes(token));
});

test("other sites' requests, tokens of other links and floods are refused", async () => {
  await using gateway = await startTestGateway();
  const ada = await makeUser(gateway, "ada");
  const { token } = await linkFor(gateway, ada);
  const foreign = new TestBrowser(gateway);
  foreign.origin = "https://elsewhere.example";
  assert.equal(codeOf(await foreign.post("/api/v1/sessions/one-time", { token })), "wrong-origin");
  const { createPasswordResetLink } = await import("../../src/accounts/password-reset.ts");
  const reset = await createPasswordResetLink(
    gateway.context,
    { actor: "test", address: "" },
    ada.id,
  );
  const browser = new TestBrowser(gateway);
  const other = reset.url.split("#link=")[1]!;
  assert.equal(
    codeOf(await browser.post("/api/v1/sessions/one-time", { token: other })),
    "link-void",
  );
  assert.equal(
    codeOf(
      await browser.post("/api/v1/password-reset/confirmation", {
        link: token,
        password: PASSWORD,
      }),
    ),
    "link-void",
  );
  assert.equal(codeOf(await browser.post("/api/v1/links/show", { link: token })), "link-void");
  let last = 0;
  for (let attempt = 0; attempt < 25; attempt++)
    last = (await browser.post("/api/v1/sessions/one-time", { token: other })).statusCode;
  assert.equal(last, 429);
});
