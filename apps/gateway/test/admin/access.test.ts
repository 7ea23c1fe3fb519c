import assert from "node:assert/strict";
import { test } from "node:test";
import type { Gateway } from "@wavry/gateway";
import { createIdentity } from "@wavry/rift-crypto";
import { nodeSuite } from "@wavry/rift-crypto/node";
import type { LightMyRequestResponse } from "fastify";
import { newId, newToken } from "../../src/keys.ts";
import { ask, makeAdministrator, PANEL_TOKEN } from "../helpers/administrators.ts";
import { codeOf, TestBrowser } from "../helpers/people.ts";
import { startTestGateway } from "../helpers/test-gateway.ts";

type Method = "GET" | "POST" | "PUT" | "DELETE";
const NOBODY = newId();
const NOTHING = newToken();
const NO_RELAY = createIdentity(nodeSuite).wavryId;

/** Every route with the lowest role that it takes; about things that are not there, so that none changes anything. */
const ROUTES: readonly (readonly [Method, string, "viewer" | "operator" | "admin", object?])[] = [
  ["GET", "self", "viewer"],
  ["GET", "overview", "viewer"],
  ["GET", "analytics?range=7d", "viewer"],
  ["GET", "users", "viewer"],
  ["GET", `users/${NOBODY}`, "viewer"],
  ["GET", "bans", "viewer"],
  ["GET", "devices", "viewer"],
  ["GET", "sessions", "viewer"],
  ["GET", "screen-sessions", "viewer"],
  ["GET", "relays", "viewer"],
  ["POST", `relays/${NO_RELAY}/order`, "operator", { act: "ban" }],
  ["GET", "invitations", "viewer"],
  ["GET", "audit", "viewer"],
  ["POST", "sessions/revoke", "operator", { sessionId: NOBODY }],
  ["POST", "ban", "operator", { userId: NOBODY }],
  ["POST", "unban", "operator", { userId: NOBODY }],
  ["POST", "invitations", "operator", {}],
  ["DELETE", `invitations/${NOTHING}`, "operator"],
  ["POST", `users/${NOBODY}/disable`, "admin"],
  ["POST", `users/${NOBODY}/enable`, "admin"],
  ["DELETE", `users/${NOBODY}`, "admin"],
  ["GET", `users/${NOBODY}/export`, "admin"],
  ["PUT", `users/${NOBODY}/role`, "admin", { role: "viewer" }],
  ["POST", `users/${NOBODY}/password-reset-link`, "admin"],
  ["DELETE", `users/${NOBODY}/second-factors`, "admin"],
];
const RANKS = ["viewer", "operator", "admin"];

interface Comer {
  readonly who: string;
  readonly token?: string;
  readonly role?: "user" | "viewer" | "operator" | "admin";
  readonly secondFactor?: false;
  readonly refusal?: readonly [status: number, code: string];
  readonly may?: string;
}

/** Who comes, what they bring, and what they are told on each route: a role, or the refusal of all routes. */
const COMERS: readonly Comer[] = [
  { who: "a stranger", refusal: [401, "sign-in-required"] },
  { who: "a wrong token", token: `${PANEL_TOKEN.slice(0, -1)}0`, refusal: [401, "wrong-token"] },
  { who: "a user", role: "user", refusal: [403, "not-an-administrator"] },
  {
    ...{ who: "an admin without a second factor", role: "admin", secondFactor: false },
    refusal: [403, "second-factor-needed"],
  },
  {
    ...{ who: "a viewer without a second factor", role: "viewer", secondFactor: false },
    refusal: [403, "second-factor-needed"],
  },
  { who: "a viewer", role: "viewer", may: "viewer" },
  { who: "an operator", role: "operator", may: "operator" },
  { who: "an admin", role: "admin", may: "admin" },
  { who: "the panel's token", token: PANEL_TOKEN, may: "admin" },
];

test("the table of routes is complete", async () => {
  await using gateway = await startTestGateway();
  const { paths } = gateway.app.swagger() as { paths: Record<string, object> };
  const served = Object.entries(paths)
    .filter(([path]) => path.startsWith("/admin/"))
    .flatMap(([path, methods]) => Object.keys(methods).map((method) => `${method} ${path}`));
  const listed = ROUTES.map(([method, path]) => {
    const pattern = path
      .replace(/\?.*/, "")
      .replace(NOBODY, "{id}")
      .replace(NOTHING, "{id}")
      .replace(NO_RELAY, "{id}");
    return `${method.toLowerCase()} /admin/api/${pattern}`;
  });
  assert.deepEqual(served.sort(), listed.sort());
});

for (const comer of COMERS)
  test(`${comer.who} gets what is theirs on every route and nothing else`, async () => {
    // So many refusals would end in 429.
    await using gateway = await startTestGateway({ adminPanelToken: PANEL_TOKEN, limitFactor: 10 });
    const { role, refusal, may = "", ...rest } = comer;
    const token =
      role === undefined ? rest.token : (await makeAdministrator(gateway, "ada", role, rest)).token;
    for (const [method, path, wanted, payload] of ROUTES) {
      const response = await ask(gateway, token, method, path, payload);
      const tooLow = RANKS.indexOf(may) < RANKS.indexOf(wanted);
      const [status, code] = refusal ?? (tooLow ? [403, "role-too-low"] : []);
      const told = `${method} ${path}: ${response.statusCode} ${response.body.slice(0, 200)}`;
      if (status === undefined) assert.ok([200, 404].includes(response.statusCode), told);
      else {
        assert.equal(response.statusCode, status, told);
        assert.equal(codeOf(response), code, told);
      }
      assert.equal(response.headers["cache-control"], "no-store", told);
    }
  });

test("a stranger learns nothing of what a route takes", async () => {
  await using gateway = await startTestGateway();
  const response = await ask(gateway, undefined, "POST", "ban", { nonsense: true });
  assert.equal(codeOf(response), "sign-in-required");
});

test("a gateway does not start with a token that is short, or cannot be sent", async () => {
  for (const adminPanelToken of ["", "x".repeat(31), `${"x".repeat(32)} `, "ä".repeat(40)])
    await assert.rejects(startTestGateway({ adminPanelToken }), /ADMIN_PANEL_TOKEN/);
});

test("without a configured token none is right", async () => {
  await using gateway = await startTestGateway();
  for (const token of ["undefined", "", PANEL_TOKEN])
    assert.notEqual((await ask(gateway, token, "GET", "users")).statusCode, 200);
});

test("the token is also taken as x-admin-token, which outranks a sign-in", async () => {
  await using gateway = await startTestGateway({ adminPanelToken: PANEL_TOKEN });
  const { token } = await makeAdministrator(gateway, "ada", "viewer");
  const get = (headers: Record<string, string>): Promise<LightMyRequestResponse> =>
    gateway.app.inject({ url: "/admin/api/self", headers });
  const authorization = `Bearer ${token}`;
  assert.equal((await get({ "x-admin-token": PANEL_TOKEN })).json().role, "admin");
  assert.equal((await get({ authorization, "x-admin-token": PANEL_TOKEN })).json().role, "admin");
  assert.equal((await get({ authorization })).json().role, "viewer");
  assert.equal(codeOf(await get({ authorization, "x-admin-token": "x" })), "wrong-token");
});

test("wrong tokens are written down, and after some of them a network's tries are not looked at", async () => {
  await using gateway = await startTestGateway({ adminPanelToken: PANEL_TOKEN });
  const get = (token: string, remoteAddress: string): Promise<LightMyRequestResponse> =>
    gateway.app.inject({
      ...{ url: "/admin/api/self", remoteAddress },
      headers: { authorization: `Bearer ${token}` },
    });
  // Right ones do not count.
  for (let round = 0; round < 30; round++)
    assert.equal((await get(PANEL_TOKEN, "192.0.2.1")).statusCode, 200);
  for (let round = 0; round < 20; round++)
    assert.equal((await get("wrong", "192.0.2.1")).statusCode, 401);
  const late = await get(PANEL_TOKEN, "192.0.2.1");
  assert.equal(late.statusCode, 429);
  assert.ok(Number(late.headers["retry-after"]) > 0);
  assert.equal((await get(PANEL_TOKEN, "192.0.2.2")).statusCode, 200);
  assert.equal((await eventsOf(gateway, "admin.token-refused")).length, 20);
  assert.equal((await eventsOf(gateway, "admin.token-used")).length, 2);
});

test("accounts that have no part in it are written down, up to a limit", async () => {
  await using gateway = await startTestGateway();
  const { user, token } = await makeAdministrator(gateway, "ada", "user");
  for (let round = 0; round < 20; round++)
    assert.equal((await ask(gateway, token, "GET", "users")).statusCode, 403);
  assert.equal((await ask(gateway, token, "GET", "users")).statusCode, 429);
  const events = await eventsOf(gateway, "admin.refused");
  assert.equal(events.length, 20);
  assert.equal(events[0]!.actor, user.id);
});

test("another site cannot make an administrator's browser act", async () => {
  await using gateway = await startTestGateway();
  const { user } = await makeAdministrator(gateway, "ada", "admin");
  const victim = await makeAdministrator(gateway, "bob", "user");
  const browser = new TestBrowser(gateway);
  await browser.signIn("ada");
  await gateway.context.store.db
    .updateTable("sessions")
    .set({ second_factor_at: gateway.context.now() })
    .where("user_id", "=", user.id)
    .execute();
  const ban = { userId: victim.user.id };
  browser.origin = "https://evil.example";
  assert.equal(codeOf(await browser.post("/admin/api/ban", ban)), "wrong-origin");
  browser.origin = gateway.context.config.publicUrl.origin;
  assert.equal((await browser.post("/admin/api/ban", ban)).statusCode, 200);
});

test("a role that is taken away is gone with the next request", async () => {
  await using gateway = await startTestGateway();
  const { user, token } = await makeAdministrator(gateway, "ada", "admin");
  assert.equal((await ask(gateway, token, "GET", "users")).statusCode, 200);
  await gateway.context.store.db
    .updateTable("users")
    .set({ role: "user" })
    .where("id", "=", user.id)
    .execute();
  assert.equal((await ask(gateway, token, "GET", "users")).statusCode, 403);
});

function eventsOf(gateway: Gateway, action: string): Promise<{ actor: string }[]> {
  return gateway.context.store.db
    .selectFrom("audit")
    .select("actor")
    .where("action", "=", action)
    .execute();
}
