import assert from "node:assert/strict";
import { test } from "node:test";
import type { Gateway } from "@wavry/gateway";
import type { SignalingSocket } from "@wavry/gateway-client";
import { CloseCode, type EndSession, isFinalClose } from "@wavry/signaling";
import { ask, makeAdministrator, PANEL_TOKEN } from "../helpers/administrators.ts";
import { enrolDevice, Heard, makePerson, openSocket, type Person } from "../helpers/devices.ts";
import { codeOf, makeUser, PASSWORD, TestBrowser, TestClock } from "../helpers/people.ts";
import { until } from "../helpers/temporary-folder.ts";
import { startTestGateway } from "../helpers/test-gateway.ts";

const WITH_TOKEN = { adminPanelToken: PANEL_TOKEN };

interface Shown extends Disposable {
  readonly hostSocket: SignalingSocket;
  readonly client: SignalingSocket;
  readonly atHost: Heard;
  readonly session: string;
}

/** One of Ada's devices on her host's screen. */
async function showScreen(gateway: Gateway, ada: Person): Promise<Shown> {
  using stack = new DisposableStack();
  const host = await enrolDevice(ada, "host");
  const hostSocket = stack.use(await openSocket(gateway, ada, host, { role: "host" }));
  const laptop = await enrolDevice(ada);
  const client = stack.use(await openSocket(gateway, ada, laptop, { role: "client" }));
  const atHost = new Heard(hostSocket);
  const { session } = await client.connect({ host: host.wavryId });
  await atHost.next("incoming");
  hostSocket.sessionStarted(session);
  await until("the session is in the books", async () => {
    const { items } = (await ask(gateway, PANEL_TOKEN, "GET", "screen-sessions")).json();
    return items.length === 1;
  });
  const kept = stack.move();
  return {
    ...{ hostSocket, client, atHost, session },
    [Symbol.dispose]: () => kept.dispose(),
  };
}

test("a ban ends sign-ins, connections and screens at once, and lasts until its end", async () => {
  const clock = new TestClock();
  await using gateway = await startTestGateway(WITH_TOKEN, { now: clock.now });
  const ada = await makePerson(gateway, "ada");
  using shown = await showScreen(gateway, ada);
  const until_ = clock.millis + 3_600_000;
  const response = await ask(gateway, PANEL_TOKEN, "POST", "ban", {
    ...{ userId: ada.user.id, until: until_, reason: "spam" },
  });
  assert.equal(response.statusCode, 200, response.body);
  assert.ok(isFinalClose((await shown.client.closed).code));
  assert.ok(isFinalClose((await shown.hostSocket.closed).code));
  const headers = { authorization: `Bearer ${ada.token}` };
  assert.equal((await gateway.app.inject({ url: "/api/v1/account", headers })).statusCode, 401);
  await until("no screen is shown", async () => {
    const { items } = (await ask(gateway, PANEL_TOKEN, "GET", "screen-sessions")).json();
    return items.length === 0;
  });
  const bans = (await ask(gateway, PANEL_TOKEN, "GET", "bans")).json();
  assert.equal(bans.items.length, 1);
  assert.equal(bans.items[0].bannedUntil, until_);
  assert.equal(bans.items[0].banReason, "spam");
  assert.equal(bans.items[0].state, "banned");
  const browser = new TestBrowser(gateway);
  const signIn = () =>
    browser.post("/api/v1/sessions", { email: ada.user.email, password: PASSWORD });
  assert.equal(codeOf(await signIn()), "account-banned");
  clock.millis = until_ + 1;
  assert.equal((await ask(gateway, PANEL_TOKEN, "GET", "bans")).json().items.length, 0);
  assert.equal((await signIn()).statusCode, 200);
});

test("a ban without an end lasts until it is lifted", async () => {
  const clock = new TestClock();
  await using gateway = await startTestGateway(WITH_TOKEN, { now: clock.now });
  const { id } = await makeUser(gateway, "ada");
  await ask(gateway, PANEL_TOKEN, "POST", "ban", { userId: id });
  clock.millis += 10 * 365 * 86_400_000;
  const stateOf = async () =>
    (await ask(gateway, PANEL_TOKEN, "GET", `users/${id}`)).json().user.state;
  assert.equal(await stateOf(), "banned");
  assert.equal((await ask(gateway, PANEL_TOKEN, "POST", "unban", { userId: id })).statusCode, 200);
  assert.equal(await stateOf(), "active");
  const past = { userId: id, until: clock.millis };
  assert.equal((await ask(gateway, PANEL_TOKEN, "POST", "ban", past)).statusCode, 400);
});

test("a screen session and sign-ins can be ended one by one", async () => {
  await using gateway = await startTestGateway(WITH_TOKEN);
  const ada = await makePerson(gateway, "ada");
  using shown = await showScreen(gateway, ada);
  const revoke = (what: object) => ask(gateway, PANEL_TOKEN, "POST", "sessions/revoke", what);
  const screen = { screenSessionId: shown.session };
  assert.deepEqual((await revoke(screen)).json(), { revoked: 1 });
  const { reason } = await shown.atHost.next<EndSession>("endSession");
  assert.equal(reason, "revoked");
  assert.equal((await revoke(screen)).statusCode, 404);
  const ended = (await ask(gateway, PANEL_TOKEN, "GET", "screen-sessions?state=ended")).json();
  assert.equal(ended.items[0].endReason, "revoked");
  assert.ok(shown.client.connected);
  assert.deepEqual((await revoke({ sessionId: ada.sessionId })).json(), { revoked: 1 });
  assert.equal((await shown.client.closed).code, CloseCode.signedOut);
  const bob = await makeAdministrator(gateway, "bob", "user");
  await new TestBrowser(gateway).signIn("bob");
  assert.deepEqual((await revoke({ userId: bob.user.id })).json(), { revoked: 2 });
  assert.equal((await revoke({})).statusCode, 400);
  assert.equal((await revoke({ userId: bob.user.id, sessionId: ada.sessionId })).statusCode, 400);
});

test("the last admin can be shut out by nobody, and no admin by themselves", async () => {
  await using gateway = await startTestGateway(WITH_TOKEN);
  const ada = await makeAdministrator(gateway, "ada", "admin");
  const acts = (token: string, id: string) => [
    () => ask(gateway, token, "POST", "ban", { userId: id }),
    () => ask(gateway, token, "POST", `users/${id}/disable`),
    () => ask(gateway, token, "PUT", `users/${id}/role`, { role: "user" }),
    () => ask(gateway, token, "DELETE", `users/${id}`),
  ];
  for (const act of acts(PANEL_TOKEN, ada.user.id)) assert.equal(codeOf(await act()), "last-admin");
  const bob = await makeAdministrator(gateway, "bob", "admin");
  for (const act of acts(ada.token, ada.user.id)) assert.equal(codeOf(await act()), "own-account");
  for (const act of [acts(ada.token, bob.user.id)[1]!, acts(PANEL_TOKEN, bob.user.id)[3]!])
    assert.equal((await act()).statusCode, 200);
  for (const act of acts(PANEL_TOKEN, ada.user.id)) assert.equal(codeOf(await act()), "last-admin");
  assert.equal((await ask(gateway, ada.token, "GET", "users")).statusCode, 200);
});

test("operators act on who ranks below them", async () => {
  await using gateway = await startTestGateway();
  const operator = await makeAdministrator(gateway, "olga", "operator");
  for (const role of ["admin", "operator"] as const) {
    const { user, sessionId } = await makeAdministrator(gateway, role, role);
    for (const [path, body] of [
      ["ban", { userId: user.id }],
      ["unban", { userId: user.id }],
      ["sessions/revoke", { userId: user.id }],
      ["sessions/revoke", { sessionId }],
    ] as const)
      assert.equal(codeOf(await ask(gateway, operator.token, "POST", path, body)), "role-too-low");
  }
  const viewer = await makeAdministrator(gateway, "vera", "viewer");
  const ban = { userId: viewer.user.id };
  assert.equal((await ask(gateway, operator.token, "POST", "ban", ban)).statusCode, 200);
  const invite = (role: string) =>
    ask(gateway, operator.token, "POST", "invitations", { email: "eve@example.org", role });
  assert.equal(codeOf(await invite("viewer")), "role-too-low");
  assert.equal((await invite("user")).statusCode, 200);
  const own = { sessionId: operator.sessionId };
  const answer = await ask(gateway, operator.token, "POST", "sessions/revoke", own);
  assert.equal(answer.statusCode, 200);
});

test("what is gravest takes an account that has confirmed a short while ago who it is", async () => {
  await using gateway = await startTestGateway();
  const admin = await makeAdministrator(gateway, "ada", "admin", { confirmed: false });
  const { id } = await makeUser(gateway, "bob");
  for (const [method, path, body] of [
    ["DELETE", `users/${id}`],
    ["GET", `users/${id}/export`],
    ["PUT", `users/${id}/role`, { role: "admin" }],
    ["POST", `users/${id}/password-reset-link`],
    ["DELETE", `users/${id}/second-factors`],
  ] as const)
    assert.equal(codeOf(await ask(gateway, admin.token, method, path, body)), "confirm-needed");
  assert.equal((await ask(gateway, admin.token, "POST", `users/${id}/disable`)).statusCode, 200);
});

test("an account is disabled, exported without secrets, given a role and a link, and deleted", async () => {
  await using gateway = await startTestGateway(WITH_TOKEN);
  const ada = await makePerson(gateway, "ada");
  await enrolDevice(ada, "host");
  const { id } = ada.user;
  const post = (path: string) => ask(gateway, PANEL_TOKEN, "POST", `users/${id}/${path}`);
  const stateOf = async () =>
    (await ask(gateway, PANEL_TOKEN, "GET", `users/${id}`)).json().user.state;
  assert.equal((await post("disable")).statusCode, 200);
  assert.equal(await stateOf(), "disabled");
  assert.equal((await post("enable")).statusCode, 200);
  assert.equal(await stateOf(), "active");
  const exported = await ask(gateway, PANEL_TOKEN, "GET", `users/${id}/export`);
  assert.equal(exported.json().devices.length, 1);
  assert.doesNotMatch(exported.body, /argon2|password_hash|token_hash/);
  const link = (await post("password-reset-link")).json();
  const reset = await gateway.app.inject({
    ...{ method: "POST", url: "/api/v1/password-reset/confirmation" },
    payload: { link: link.url.split("link=")[1], password: "a-fresh-lantern-77-heron" },
  });
  assert.equal(reset.statusCode, 200, reset.body);
  const role = { role: "viewer" };
  const changed = await ask(gateway, PANEL_TOKEN, "PUT", `users/${id}/role`, role);
  assert.equal(changed.statusCode, 200);
  assert.equal((await ask(gateway, PANEL_TOKEN, "DELETE", `users/${id}`)).statusCode, 200);
  assert.equal((await ask(gateway, PANEL_TOKEN, "GET", `users/${id}`)).statusCode, 404);
  const page = (await ask(gateway, PANEL_TOKEN, "GET", `audit?target=${id}&order=asc`)).json();
  const actions = page.items
    .filter(({ actor }: { actor: string }) => actor === "token")
    .map(({ action }: { action: string }) => action);
  assert.deepEqual(actions, [
    "user.disabled",
    "user.enabled",
    "account.exported",
    "account.reset-link-created",
    "user.role-changed",
    "user.deleted",
  ]);
});

test("an invitation works until it is withdrawn", async () => {
  await using gateway = await startTestGateway({ ...WITH_TOKEN, registration: "invitation" });
  const invite = async (body: object) =>
    (await ask(gateway, PANEL_TOKEN, "POST", "invitations", body)).json();
  const { url } = await invite({ role: "operator" });
  await invite({ email: "Bob@Example.org", days: 1 });
  const list = async () => (await ask(gateway, PANEL_TOKEN, "GET", "invitations")).json().items;
  const items = await list();
  assert.deepEqual(items.map(({ email }: { email: string }) => email).sort(), [
    "bob@example.org",
    null,
  ]);
  assert.equal(items[0].createdBy, "token");
  const open = items.find(({ email }: { email: string | null }) => email === null);
  assert.ok(!url.includes(open.id));
  const withdraw = () => ask(gateway, PANEL_TOKEN, "DELETE", `invitations/${open.id}`);
  assert.equal((await withdraw()).statusCode, 200);
  assert.equal((await withdraw()).statusCode, 404);
  assert.equal((await list()).length, 1);
  const answer = await gateway.app.inject({
    ...{ method: "POST", url: "/api/v1/registration" },
    payload: {
      ...{ email: "eve@example.org", username: "eve", displayName: "Eve", password: PASSWORD },
      link: url.split("link=")[1],
    },
  });
  assert.equal(codeOf(answer), "link-void");
});
