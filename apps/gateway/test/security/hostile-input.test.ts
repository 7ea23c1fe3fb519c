import assert from "node:assert/strict";
import { test } from "node:test";
import type { Gateway } from "@wavry/gateway";
import {
  type Device,
  type DeviceGroup,
  type GrantOffer,
  RELAY_HEARTBEAT_PATH,
} from "@wavry/signaling";
import type { InjectOptions, LightMyRequestResponse } from "fastify";
import { createSession } from "../../src/sessions/session-service.ts";
import { makeAdministrator, PANEL_TOKEN } from "../helpers/administrators.ts";
import { describedRoutes, ordinaryBody } from "../helpers/described-api.ts";
import { clientOf, enrolDevice, makePerson, type Person } from "../helpers/devices.ts";
import { codeOf, TestBrowser } from "../helpers/people.ts";
import { startTestGateway } from "../helpers/test-gateway.ts";

/** All but those that take no input. */
const AREAS = ["accounts", "sessions", "second-factor", "login-code", "devices", "grants"];
const ADMINISTRATION = "administration";
const HOSTILE = [
  "' OR '1'='1",
  "'; DROP TABLE users; --",
  '" OR ""="',
  "1); DELETE FROM users WHERE (1=1",
  "ada' UNION SELECT token_hash FROM sessions --",
  "%00",
  "a\u0000b",
  "\ud800",
  "$1",
  "#{1+1}",
  "{{7*7}}",
  "../../etc/passwd",
  "__proto__",
  "\u202e",
  "",
  "x".repeat(300),
];
const LEAK =
  /sqlite|syntax error|constraint|kysely|node_modules|\bat [\w.]+ \(|SELECT|password_hash/i;

/** Rows of a person's own, so that a route goes on past "not found". */
async function rowsOf(person: Person): Promise<(path: string) => string> {
  const { client, token } = person;
  const host = await enrolDevice(person, "host");
  const post = async <T>(path: string, body: object): Promise<T> => {
    const response = await fetch(new URL(path, client.url), {
      method: "POST",
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    assert.ok(response.ok, `${path}: ${response.status}`);
    return (await response.json()) as T;
  };
  const group = await post<DeviceGroup>("/api/v1/device-groups", { name: "den" });
  const hosts = `/api/v1/hosts/${host.wavryId}`;
  const rights = { rights: ["view"], askFirst: false };
  const offer = await post<GrantOffer>(`${hosts}/grants`, { ...rights, to: "bob" });
  const ids: Record<string, string> = {
    devices: host.wavryId,
    hosts: host.wavryId,
    "device-groups": group.id,
    "grant-offers": offer.id,
  };
  return (path) => ids[/v1\/([a-z-]+)\/\{id\}/.exec(path)?.[1] ?? ""] ?? "x".repeat(22);
}

function assertOrdinary(response: LightMyRequestResponse, what: string): void {
  assert.ok(response.statusCode < 500, `${what}: ${response.body}`);
  if (response.statusCode >= 400) {
    assert.doesNotMatch(response.body, LEAK, what);
    assert.match(response.json().error.code, /^[a-z-]+$/, what);
  }
}

async function sweep(
  gateway: Gateway,
  options: {
    readonly areas: readonly string[];
    readonly token: string;
    readonly idFor: (path: string) => string;
  },
): Promise<number> {
  const { areas, idFor } = options;
  let { token } = options;
  let tries = 0;
  const send = async (request: InjectOptions, what: string) => {
    const headers = { authorization: `Bearer ${token}` };
    const response = await gateway.app.inject({ ...request, headers });
    assertOrdinary(response, what);
    assert.notEqual(codeOf(response), "sign-in-required", what);
    // A new password gives a new token.
    if (response.statusCode === 200 && typeof response.json().token === "string")
      ({ token } = response.json<{ token: string }>());
    tries++;
  };
  for (const { method, path, area, query, body } of await describedRoutes(gateway)) {
    if (!areas.includes(area)) continue;
    const url = path.replace("{id}", idFor(path));
    for (const text of HOSTILE) {
      const shown = JSON.stringify(text.slice(0, 40));
      for (const field of Object.keys(body ?? {})) {
        const payload = { ...ordinaryBody(body!), [field]: text };
        await send({ method, url, payload }, `${method} ${path} ${field} ${shown}`);
      }
      for (const name of query) {
        const search = new URLSearchParams({ range: "24h", [name]: text });
        await send({ method, url: `${url}?${search}` }, `${method} ${path} ?${name} ${shown}`);
      }
      if (!path.includes("{id}")) continue;
      const hostile = path.replace("{id}", encodeURIComponent(text.toWellFormed()));
      const payload = body && ordinaryBody(body);
      await send(
        { method, url: hostile, ...(payload && { payload }) },
        `${method} ${path} id ${shown}`,
      );
    }
  }
  return tries;
}

test("text that looks like SQL or worse, in each field of each route, is text", async () => {
  await using gateway = await startTestGateway({ limitFactor: 1e6 });
  const ada = await makePerson(gateway, "ada");
  const idFor = await rowsOf(ada);
  const tries = await sweep(gateway, { areas: AREAS, token: ada.token, idFor });
  assert.ok(tries > 900, `${tries} tries`);
  const { db } = gateway.context.store;
  const users = await db.selectFrom("users").select("id").execute();
  assert.deepEqual(users, [{ id: ada.user.id }]);
  // What is taken is what was sent.
  const { token } = await createSession(gateway.context, {
    ...{ userId: ada.user.id, kind: "program", label: "test", address: "127.0.0.1" },
    ...{ secondFactor: false, confirmed: true },
  });
  const [device] = await clientOf(gateway, token).devices();
  for (const name of HOSTILE.slice(0, 5)) {
    const response = await gateway.app.inject({
      method: "PATCH",
      url: `/api/v1/devices/${device?.id}`,
      headers: { authorization: `Bearer ${token}` },
      payload: { name },
    });
    assert.equal(response.json<Device>().name, name);
  }
});

test("text that looks like SQL or worse, in each field of the administration, is text", async () => {
  await using gateway = await startTestGateway({
    limitFactor: 1e6,
    adminPanelToken: PANEL_TOKEN,
  });
  const { user, token } = await makeAdministrator(gateway, "root", "admin");
  const idFor = () => "x".repeat(22);
  for (const credential of [token, PANEL_TOKEN]) {
    const tries = await sweep(gateway, { areas: [ADMINISTRATION], token: credential, idFor });
    assert.ok(tries > 500, `${tries} tries`);
  }
  const users = await gateway.context.store.db.selectFrom("users").select("id").execute();
  assert.deepEqual(users, [{ id: user.id }]);
});

test("every route that takes a body refuses one that is malformed, too large or of another kind", async () => {
  await using gateway = await startTestGateway({
    limitFactor: 1e6,
    adminPanelToken: PANEL_TOKEN,
  });
  const ada = await makePerson(gateway, "ada");
  const idFor = await rowsOf(ada);
  let routes = 0;
  for (const { method, path, area, body } of await describedRoutes(gateway)) {
    if (body === undefined) continue;
    routes++;
    const token = area === ADMINISTRATION ? PANEL_TOKEN : ada.token;
    const cases: readonly (readonly [payload: string, status: number, type?: string])[] = [
      ["{", 400],
      ["", 400],
      ["null", 400],
      ["[]", 400],
      ["7", 400],
      // A heartbeat may be 4096 bytes long.
      ["[".repeat(30_000), path === RELAY_HEARTBEAT_PATH ? 413 : 400],
      [`{"x":"${"x".repeat(70_000)}"}`, 413],
      [JSON.stringify({ ...ordinaryBody(body), "no-such-field": 1 }), 400],
      [`{"__proto__":{"x":1}}`, 400],
      [`{"constructor":{"prototype":{"x":1}}}`, 400],
      ["a=b", 415, "application/x-www-form-urlencoded"],
      ["<x/>", 415, "application/xml"],
      ["--x--", 415, "multipart/form-data; boundary=x"],
    ];
    for (const [payload, status, type = "application/json"] of cases) {
      const response = await gateway.app.inject({
        method,
        url: path.replace("{id}", idFor(path)),
        headers: { authorization: `Bearer ${token}`, "content-type": type },
        payload,
      });
      const what = `${method} ${path} ${payload.slice(0, 40)}: ${response.body}`;
      assert.equal(response.statusCode, status, what);
      assertOrdinary(response, what);
    }
  }
  assert.ok(routes > 20, `${routes} routes`);
});

test("malformed, oversized, deep and wrongly typed bodies are refused with a code", async () => {
  await using gateway = await startTestGateway();
  const send = (payload: string, type = "application/json") =>
    gateway.app.inject({
      method: "POST",
      url: "/api/v1/sessions",
      headers: { "content-type": type },
      payload,
    });
  const cases: readonly (readonly [payload: string, status: number, type?: string])[] = [
    ["{", 400],
    ["", 400],
    ["null", 400],
    ["[]", 400],
    ['"text"', 400],
    ["{}", 400],
    ['{"email":null,"password":null}', 400],
    ['{"email":{"$ne":1},"password":"x"}', 400],
    ['{"email":"ada@example.org","password":"x","role":"admin"}', 400],
    ['{"__proto__":{"x":1},"email":"ada@example.org","password":"x"}', 400],
    ["[".repeat(30_000), 400],
    [`{"email":"${"x".repeat(70_000)}"}`, 413],
    ["email=ada", 415, "application/x-www-form-urlencoded"],
    ["<x/>", 415, "application/xml"],
    ['{"email":"a@example.org","password":"x"}', 400, "text/plain"],
  ];
  for (const [payload, status, type] of cases) {
    const response = await send(payload, type);
    assert.equal(response.statusCode, status, `${payload.slice(0, 80)}: ${response.body}`);
    assert.match(response.json().error.code, /^[a-z-]+$/);
    assert.equal(response.json().error.requestId.length, 36);
  }
});

test("cookies and tokens of any shape make a stranger, no error", async () => {
  await using gateway = await startTestGateway();
  for (const text of [...HOSTILE.slice(0, 5), "%", "x".repeat(4000), "\u00e9".repeat(43)]) {
    const browser = new TestBrowser(gateway);
    browser.cookies.set("wavry_session", encodeURIComponent(text));
    browser.cookies.set("wavry_device", encodeURIComponent(text));
    assert.equal((await browser.get("/api/v1/account")).statusCode, 401);
    const bearer = await gateway.app.inject({
      url: "/api/v1/account",
      headers: { authorization: `Bearer ${encodeURIComponent(text)}` },
    });
    assert.equal(bearer.statusCode, 401);
    const { statusCode } = await browser.post("/api/v1/sessions", {
      email: "nobody@example.org",
      password: "wrong",
    });
    assert.equal(statusCode, 401);
  }
});
