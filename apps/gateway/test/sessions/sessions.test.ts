import assert from "node:assert/strict";
import { test } from "node:test";
import type { SessionList, SignedIn } from "@wavry/signaling";
import { sweepExpired } from "../../src/accounts/sweep.ts";
import { listSessions as listAllSessions } from "../../src/admin/list-sessions.ts";
import { listUsers } from "../../src/admin/list-users.ts";
import { hearNews, type News } from "../../src/bus/news.ts";
import { tokenHash } from "../../src/keys.ts";
import {
  createSession,
  listSessions,
  SESSION_IDLE_MS,
  SESSION_MAX_MS,
} from "../../src/sessions/session-service.ts";
import {
  codeOf,
  makeProgram,
  makeUser,
  PASSWORD,
  TestBrowser,
  TestClock,
} from "../helpers/people.ts";
import { startTestGateway } from "../helpers/test-gateway.ts";

test("a browser's token is in a cookie that scripts cannot read, a program's in the answer", async () => {
  await using gateway = await startTestGateway();
  await makeUser(gateway, "ada");
  const browser = new TestBrowser(gateway);
  const response = await browser.post("/api/v1/sessions", {
    email: "Ada@Example.org",
    password: PASSWORD,
  });
  assert.equal(response.json<SignedIn>().token, undefined);
  const cookie = response.cookies.find(({ name }) => name === "wavry_session");
  assert.equal(cookie?.httpOnly, true);
  assert.equal(cookie?.sameSite, "Lax");
  assert.equal(cookie?.path, "/");
  assert.equal((await browser.get("/api/v1/account")).json().username, "ada");
  const program = await gateway.app.inject({
    method: "POST",
    url: "/api/v1/sessions",
    payload: { email: "ada@example.org", password: PASSWORD, kind: "program", label: "cli" },
  });
  const { token } = program.json<SignedIn>();
  assert.match(token!, /^[A-Za-z0-9_-]{43}$/);
  assert.equal(program.cookies.length, 0);
  const account = await gateway.app.inject({
    url: "/api/v1/account",
    headers: { authorization: `Bearer ${token}` },
  });
  assert.equal(account.statusCode, 200);
});

test("over https the cookie is Secure and its name has the host prefix", async () => {
  await using gateway = await startTestGateway({ publicUrl: new URL("https://wavry.example") });
  await makeUser(gateway, "ada");
  const browser = new TestBrowser(gateway);
  const response = await browser.post("/api/v1/sessions", {
    email: "ada@example.org",
    password: PASSWORD,
  });
  const cookie = response.cookies.find(({ name }) => name === "__Host-wavry_session");
  assert.equal(cookie?.secure, true);
  assert.equal(cookie?.domain, undefined);
});

test("a token that someone planted before a sign-in gains nothing, and the one before ends", async () => {
  await using gateway = await startTestGateway();
  await makeUser(gateway, "ada");
  const attacker = await makeProgram(gateway, "mallory");
  const browser = new TestBrowser(gateway);
  browser.cookies.set("wavry_session", attacker.token);
  await browser.signIn("ada");
  const own = browser.cookies.get("wavry_session")!;
  assert.notEqual(own, attacker.token);
  const planted = await gateway.app.inject({
    url: "/api/v1/account",
    headers: { authorization: `Bearer ${attacker.token}` },
  });
  assert.equal(planted.json().username, "mallory");
  await browser.signIn("ada");
  const old = new TestBrowser(gateway);
  old.cookies.set("wavry_session", own);
  assert.equal((await old.get("/api/v1/account")).statusCode, 401);
});

test("a confirmation replaces the token", async () => {
  await using gateway = await startTestGateway();
  await makeUser(gateway, "ada");
  const browser = new TestBrowser(gateway);
  await browser.signIn("ada");
  const before = browser.cookies.get("wavry_session")!;
  const response = await browser.post("/api/v1/session/confirmation", { password: PASSWORD });
  assert.equal(response.statusCode, 200, response.body);
  assert.notEqual(browser.cookies.get("wavry_session"), before);
  const old = new TestBrowser(gateway);
  old.cookies.set("wavry_session", before);
  assert.equal(codeOf(await old.get("/api/v1/account")), "sign-in-required");
  assert.equal((await browser.get("/api/v1/account")).statusCode, 200);
});

test("a browser's session slides while it is used, ends when it is not, and ends at last in any case", async () => {
  const clock = new TestClock();
  await using gateway = await startTestGateway({}, { now: clock.now });
  await makeUser(gateway, "ada");
  const browser = new TestBrowser(gateway);
  const call = async () => {
    const { statusCode } = await browser.get("/api/v1/account");
    await gateway.context.afterwards.idle();
    return statusCode;
  };
  await browser.signIn("ada");
  const start = clock.millis;
  while (clock.millis + SESSION_IDLE_MS - 1000 < start + SESSION_MAX_MS) {
    clock.millis += SESSION_IDLE_MS - 1000;
    assert.equal(await call(), 200);
  }
  clock.millis = start + SESSION_MAX_MS;
  assert.equal(await call(), 401);
  await browser.signIn("ada");
  clock.millis += SESSION_IDLE_MS;
  assert.equal(await call(), 401);
});

test("a program's sign-in lasts as long as it is used, as nobody is there to sign an unattended machine in anew", async () => {
  const clock = new TestClock();
  await using gateway = await startTestGateway({}, { now: clock.now });
  const { context } = gateway;
  const host = await makeProgram(gateway, "ada");
  await makeUser(gateway, "bob");
  await new TestBrowser(gateway).signIn("bob");
  const headers = { authorization: `Bearer ${host.token}` };
  const call = async () => {
    const { statusCode } = await gateway.app.inject({ url: "/api/v1/account", headers });
    await context.afterwards.idle();
    return statusCode;
  };
  const start = clock.millis;
  while (clock.millis < start + 4 * SESSION_MAX_MS) {
    clock.millis += SESSION_IDLE_MS - 1000;
    assert.equal(await call(), 200);
    await sweepExpired(context);
  }
  // Everything that counts or lists sign-ins has it too.
  assert.equal((await listSessions(context, host.user.id)).length, 1);
  const seen = await listAllSessions(context, { userId: host.user.id }, undefined);
  assert.equal(seen.items.length, 1);
  assert.equal((await listUsers(context, { search: "ada" })).items[0]?.sessions, 1);
  assert.equal((await listUsers(context, { search: "bob" })).items[0]?.sessions, 0);
  clock.millis += SESSION_IDLE_MS;
  assert.equal(await call(), 401);
  assert.equal((await listUsers(context, { search: "ada" })).items[0]?.sessions, 0);
});

test("the time of the last use is written at most once a minute", async () => {
  const clock = new TestClock();
  await using gateway = await startTestGateway({}, { now: clock.now });
  const { token } = await makeProgram(gateway, "ada");
  const lastSeen = async () => {
    await gateway.app.inject({
      url: "/api/v1/account",
      headers: { authorization: `Bearer ${token}` },
    });
    await gateway.context.afterwards.idle();
    const row = await gateway.context.store.db
      .selectFrom("sessions")
      .select("last_seen_at")
      .where("token_hash", "=", tokenHash(token))
      .executeTakeFirstOrThrow();
    return row.last_seen_at;
  };
  const start = clock.millis;
  clock.millis += 59_000;
  assert.equal(await lastSeen(), start);
  clock.millis += 1_000;
  assert.equal(await lastSeen(), start + 60_000);
});

test("people list their sign-ins, end one, end all; others' are out of reach; sockets hear of it", async () => {
  await using gateway = await startTestGateway();
  await makeUser(gateway, "ada");
  const heard: News[] = [];
  await using _listener = await hearNews(gateway.context.bus, (news) => heard.push(news));
  const stranger = await makeProgram(gateway, "mallory");
  const [one, two] = [new TestBrowser(gateway), new TestBrowser(gateway)];
  const first = await one.signIn("ada");
  const second = await two.signIn("ada");
  const { sessions } = (await one.get("/api/v1/sessions")).json<SessionList>();
  assert.deepEqual(
    sessions.map(({ id, current }) => [id, current]).sort(),
    [
      [first.session.id, true],
      [second.session.id, false],
    ].sort(),
  );
  const foreign = await one.request("DELETE", `/api/v1/sessions/${stranger.sessionId}`);
  assert.equal(foreign.statusCode, 404);
  assert.equal(
    (await one.request("DELETE", `/api/v1/sessions/${second.session.id}`)).statusCode,
    200,
  );
  assert.equal((await two.get("/api/v1/account")).statusCode, 401);
  assert.ok(
    heard.some((news) => news.type === "session-ended" && news.sessionId === second.session.id),
  );
  await two.signIn("ada");
  assert.equal((await one.request("DELETE", "/api/v1/sessions")).statusCode, 200);
  for (const browser of [one, two])
    assert.equal((await browser.get("/api/v1/account")).statusCode, 401);
});

test("an account has at most a hundred sessions: the one unused for longest makes room", async () => {
  const clock = new TestClock();
  await using gateway = await startTestGateway({ limitFactor: 100 }, { now: clock.now });
  const first = await makeProgram(gateway, "ada");
  for (let at = 0; at < 100; at++) {
    clock.millis += 1000;
    await createSession(gateway.context, {
      userId: first.user.id,
      kind: "program",
      label: `${at}`,
      address: "",
      secondFactor: false,
      confirmed: true,
    });
  }
  const sessions = await listSessions(gateway.context, first.user.id);
  assert.equal(sessions.length, 100);
  assert.ok(!sessions.some(({ id }) => id === first.sessionId));
});

test("signing out ends the session and takes the cookie away", async () => {
  await using gateway = await startTestGateway();
  await makeUser(gateway, "ada");
  const browser = new TestBrowser(gateway);
  await browser.signIn("ada");
  const token = browser.cookies.get("wavry_session")!;
  await browser.request("DELETE", "/api/v1/session");
  assert.equal(browser.cookies.has("wavry_session"), false);
  browser.cookies.set("wavry_session", token);
  assert.equal((await browser.get("/api/v1/session")).statusCode, 401);
});
