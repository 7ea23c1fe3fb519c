import assert from "node:assert/strict";
import { test } from "node:test";
import type { LightMyRequestResponse } from "fastify";
import { makeAdministrator, PANEL_TOKEN } from "../helpers/administrators.ts";
import { describedRoutes, ordinaryBody } from "../helpers/described-api.ts";
import { codeOf, TestBrowser } from "../helpers/people.ts";
import { startTestGateway } from "../helpers/test-gateway.ts";

const EVIL = "https://evil.example";

test("no route that changes something acts on a browser's cookie for another site", async () => {
  await using gateway = await startTestGateway({ limitFactor: 1e6, adminPanelToken: PANEL_TOKEN });
  const root = await makeAdministrator(gateway, "root", "admin");
  const browser = new TestBrowser(gateway);
  browser.cookies.set("wavry_session", root.token);
  assert.equal((await browser.get("/api/v1/account")).statusCode, 200);
  const before = await everything(gateway);
  let routes = 0;
  for (const { method, path, body } of await describedRoutes(gateway)) {
    if (method === "GET") continue;
    routes++;
    const payload = body && ordinaryBody(body);
    const url = path.replace("{id}", "x".repeat(22));
    for (const headers of [
      { origin: EVIL },
      { origin: "null" },
      { origin: EVIL, "sec-fetch-site": "same-origin" },
      { "sec-fetch-site": "cross-site" },
      {},
    ] as Record<string, string>[]) {
      browser.origin = undefined;
      const response: LightMyRequestResponse = await browser.request(method, url, payload, headers);
      const what: string = `${method} ${path} ${JSON.stringify(headers)}: ${response.body}`;
      assert.equal(response.statusCode, 403, what);
      assert.equal(codeOf(response), "wrong-origin", what);
    }
    // As a form would send it, without asking the gateway first.
    const form = await gateway.app.inject({
      ...{ method, url, payload: payload === undefined ? "" : JSON.stringify(payload) },
      headers: {
        cookie: `wavry_session=${root.token}`,
        origin: EVIL,
        "content-type": "text/plain",
      },
    });
    assert.equal(codeOf(form), "wrong-origin", `${method} ${path}`);
  }
  assert.ok(routes > 30, `${routes} routes`);
  assert.deepEqual(await everything(gateway), before);
});

test("another site may read nothing, and no answer allows it to", async () => {
  await using gateway = await startTestGateway({ adminPanelToken: PANEL_TOKEN });
  const root = await makeAdministrator(gateway, "root", "admin");
  for (const { method, path } of await describedRoutes(gateway)) {
    const url = path.replace("{id}", "x".repeat(22));
    const cookie = `wavry_session=${root.token}`;
    for (const [asked, headers] of [
      ["OPTIONS", { origin: EVIL, "access-control-request-method": method }],
      [method === "GET" ? "GET" : "OPTIONS", { origin: EVIL, cookie }],
    ] as const) {
      const response = await gateway.app.inject({ method: asked, url, headers });
      const allowed = Object.keys(response.headers).filter((name) =>
        name.startsWith("access-control-"),
      );
      assert.deepEqual(allowed, [], `${asked} ${path}`);
      assert.equal(response.headers["cross-origin-resource-policy"], "same-origin", path);
    }
  }
});

test("a page of another site cannot show the gateway in a frame, or run a script in an answer of it", async () => {
  await using gateway = await startTestGateway({ publicUrl: new URL("https://wavry.example") });
  for (const url of ["/api/v1/registration", "/nowhere", "/docs", "/admin", "/openapi.json"]) {
    const { headers } = await gateway.app.inject({ url });
    const policy = String(headers["content-security-policy"]);
    assert.match(policy, /default-src 'self'|default-src 'none'/, url);
    assert.match(policy, /frame-ancestors '(?:self|none)'/, url);
    assert.doesNotMatch(policy, /script-src[^;]*'unsafe-(?:inline|eval)'/, url);
    assert.equal(headers["x-content-type-options"], "nosniff", url);
    assert.match(String(headers["strict-transport-security"]), /max-age=31536000/, url);
    assert.match(String(headers["referrer-policy"]), /no-referrer|same-origin/, url);
    assert.equal(headers["x-powered-by"], undefined);
    assert.equal(headers.server, undefined);
  }
});

test("no answer of the API is kept by a browser or a proxy", async () => {
  await using gateway = await startTestGateway({ adminPanelToken: PANEL_TOKEN });
  const root = await makeAdministrator(gateway, "root", "admin");
  for (const { method, path } of await describedRoutes(gateway)) {
    if (!/^\/(?:api|admin\/api)\//.test(path)) continue;
    const response = await gateway.app.inject({
      ...{ method, url: path.replace("{id}", "x".repeat(22)) },
      headers: { authorization: `Bearer ${root.token}` },
    });
    assert.equal(response.headers["cache-control"], "no-store", `${method} ${path}`);
    assert.match(String(response.headers["content-type"]), /; charset=utf-8$/, path);
  }
});

/** All that a forged request could change: accounts, sign-ins, invitations. */
async function everything(gateway: Awaited<ReturnType<typeof startTestGateway>>): Promise<unknown> {
  const { db } = gateway.context.store;
  return {
    users: await db.selectFrom("users").selectAll().execute(),
    sessions: await db.selectFrom("sessions").selectAll().execute(),
    links: await db.selectFrom("one_time_links").selectAll().execute(),
    audit: await db.selectFrom("audit").select("seq").execute(),
  };
}
