import assert from "node:assert/strict";
import { test } from "node:test";
import {
  banUser,
  deleteUser,
  disableUser,
  enableUser,
  setRole,
  unbanUser,
} from "../../src/accounts/account-state.ts";
import { sweepExpired } from "../../src/accounts/sweep.ts";
import { hearNews, type News } from "../../src/bus/news.ts";
import {
  codeOf,
  makeProgram,
  makeUser,
  PASSWORD,
  TestBrowser,
  TestClock,
} from "../helpers/people.ts";
import { startTestGateway } from "../helpers/test-gateway.ts";

const ADMIN = { actor: "token", address: "192.0.2.9" };

test("a ban ends what is open at once, tells the person only after the right password, and ends by itself", async () => {
  const clock = new TestClock();
  await using gateway = await startTestGateway({}, { now: clock.now });
  const { user, token } = await makeProgram(gateway, "ada");
  const heard: News[] = [];
  await using _listener = await hearNews(gateway.context.bus, (news) => heard.push(news));
  const until = clock.millis + 3_600_000;
  await banUser(gateway.context, ADMIN, { userId: user.id, until, reason: "test" });
  assert.deepEqual(
    heard.filter(({ type }) => type === "account-ended"),
    [{ type: "account-ended", userId: user.id, reason: "banned" }],
  );
  const call = () =>
    gateway.app.inject({ url: "/api/v1/account", headers: { authorization: `Bearer ${token}` } });
  assert.equal((await call()).statusCode, 401);
  const browser = new TestBrowser(gateway);
  const signIn = (password: string) =>
    browser.post("/api/v1/sessions", { email: "ada@example.org", password });
  assert.equal(codeOf(await signIn("wrong")), "wrong-credentials");
  assert.equal(codeOf(await signIn(PASSWORD)), "account-banned");
  clock.millis = until;
  assert.equal((await signIn(PASSWORD)).statusCode, 200);
  await banUser(gateway.context, ADMIN, { userId: user.id, until: null, reason: "" });
  assert.equal((await browser.get("/api/v1/account")).statusCode, 401);
  clock.millis += 1e12;
  assert.equal(codeOf(await signIn(PASSWORD)), "account-banned");
  await unbanUser(gateway.context, ADMIN, user.id);
  await browser.signIn("ada");
});

test("a session that outlived its row's deletion does not outlive the ban", async () => {
  await using gateway = await startTestGateway();
  const { user } = await makeProgram(gateway, "ada");
  await banUser(gateway.context, ADMIN, { userId: user.id, until: null, reason: "" });
  const { createSession } = await import("../../src/sessions/session-service.ts");
  const { token } = await createSession(gateway.context, {
    userId: user.id,
    kind: "program",
    label: "raced",
    address: "",
    secondFactor: false,
    confirmed: true,
  });
  const headers = { authorization: `Bearer ${token}` };
  assert.equal((await gateway.app.inject({ url: "/api/v1/account", headers })).statusCode, 401);
});

test("a disabled account is out of use until it is enabled; its sessions do not come back", async () => {
  await using gateway = await startTestGateway();
  const { user, token } = await makeProgram(gateway, "ada");
  await disableUser(gateway.context, ADMIN, user.id);
  const browser = new TestBrowser(gateway);
  const refused = await browser.post("/api/v1/sessions", {
    email: "ada@example.org",
    password: PASSWORD,
  });
  assert.equal(codeOf(refused), "account-disabled");
  await enableUser(gateway.context, ADMIN, user.id);
  const headers = { authorization: `Bearer ${token}` };
  assert.equal((await gateway.app.inject({ url: "/api/v1/account", headers })).statusCode, 401);
  await browser.signIn("ada");
});

test("the last administrator can be shut out by nobody", async () => {
  await using gateway = await startTestGateway();
  const { context } = gateway;
  const { id } = await makeUser(gateway, "ada", "admin");
  const second = await makeUser(gateway, "bob", "admin");
  await disableUser(context, ADMIN, second.id);
  const last = { code: "last-admin" };
  await assert.rejects(banUser(context, ADMIN, { userId: id, until: null, reason: "" }), last);
  await assert.rejects(disableUser(context, ADMIN, id), last);
  await assert.rejects(deleteUser(context, ADMIN, id), last);
  await assert.rejects(setRole(context, ADMIN, { userId: id, role: "viewer" }), last);
  await enableUser(context, ADMIN, second.id);
  await deleteUser(context, ADMIN, id);
  await assert.rejects(deleteUser(context, ADMIN, id), { status: 404 });
});

test("a new role takes a new sign-in", async () => {
  await using gateway = await startTestGateway();
  const { user, token } = await makeProgram(gateway, "ada");
  await setRole(gateway.context, ADMIN, { userId: user.id, role: "operator" });
  const headers = { authorization: `Bearer ${token}` };
  assert.equal((await gateway.app.inject({ url: "/api/v1/account", headers })).statusCode, 401);
  assert.equal((await new TestBrowser(gateway).signIn("ada")).account.role, "operator");
});

test("what ended is swept a day later and what is alive stays", async () => {
  const clock = new TestClock();
  await using gateway = await startTestGateway({}, { now: clock.now });
  await makeProgram(gateway, "ada");
  await gateway.app.inject({
    method: "POST",
    url: "/api/v1/login-code",
    payload: { label: "tv" },
  });
  await gateway.app.inject({ method: "POST", url: "/api/v1/sessions/passkey-challenge" });
  assert.equal(await sweepExpired(gateway.context), 0);
  clock.millis += 24 * 3_600_000 + 10 * 60_000 + 1;
  assert.equal(await sweepExpired(gateway.context), 2);
  clock.millis += 31 * 24 * 3_600_000;
  assert.equal(await sweepExpired(gateway.context), 1);
});
