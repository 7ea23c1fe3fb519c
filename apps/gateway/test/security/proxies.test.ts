import assert from "node:assert/strict";
import { test } from "node:test";
import { createPasswordResetLink } from "../../src/accounts/password-reset.ts";
import { verifyAudit } from "../../src/audit/verify-audit.ts";
import { makeUser, PASSWORD } from "../helpers/people.ts";
import { startTestGateway } from "../helpers/test-gateway.ts";

const PROXY = "10.0.0.1";

test("who is no configured proxy cannot say where a request comes from", async () => {
  for (const trustedProxies of [[], [PROXY]]) {
    await using gateway = await startTestGateway({ trustedProxies });
    const statuses: number[] = [];
    for (let at = 0; at < 11; at++) {
      const response = await gateway.app.inject({
        method: "POST",
        url: "/api/v1/sessions",
        remoteAddress: "192.0.2.1",
        headers: {
          "x-forwarded-for": `203.0.113.${at}`,
          "x-real-ip": `203.0.113.${at}`,
          forwarded: `for=203.0.113.${at}`,
        },
        payload: { email: "ada@example.org", password: "wrong" },
      });
      statuses.push(response.statusCode);
    }
    assert.equal(statuses.at(-1), 429);
  }
});

test("behind a proxy the address that it added counts, not what the sender wrote before it", async () => {
  await using gateway = await startTestGateway({ trustedProxies: [PROXY] });
  await makeUser(gateway, "ada");
  const signIn = (forwarded: string) =>
    gateway.app.inject({
      method: "POST",
      url: "/api/v1/sessions",
      remoteAddress: PROXY,
      headers: { "x-forwarded-for": forwarded },
      payload: { email: "ada@example.org", password: PASSWORD, kind: "program" },
    });
  const response = await signIn("127.0.0.1, 8.8.8.8, 198.51.100.4");
  assert.equal(response.json().session.address, "198.51.100.4");
});

test("of a chain of proxies as many hops are believed as are configured", async () => {
  const SECOND = "10.0.0.2";
  const forwarded = `203.0.113.66, 198.51.100.4, ${SECOND}`;
  for (const [trustedProxies, expected] of [
    [[], PROXY],
    [[SECOND], PROXY],
    [[PROXY], SECOND],
    [[PROXY, SECOND], "198.51.100.4"],
    [["10.0.0.0/8"], "198.51.100.4"],
    [["uniquelocal"], "198.51.100.4"],
  ] as const) {
    await using gateway = await startTestGateway({ trustedProxies });
    await makeUser(gateway, "ada");
    const response = await gateway.app.inject({
      method: "POST",
      url: "/api/v1/sessions",
      remoteAddress: PROXY,
      headers: { "x-forwarded-for": forwarded },
      payload: { email: "ada@example.org", password: PASSWORD, kind: "program" },
    });
    assert.equal(response.json().session.address, expected, trustedProxies.join(" "));
  }
});

test("whatever a trusted proxy passes on as an address, the request is answered and the log is whole", async () => {
  await using gateway = await startTestGateway({ trustedProxies: [PROXY] });
  await makeUser(gateway, "ada");
  for (const forwarded of [
    "unknown",
    "'; DROP TABLE audit; --",
    "x".repeat(5_000),
    ",,,",
    "::ffff:203.0.113.9",
    "[2001:db8::1]:4711",
    "203.0.113.9:80",
    "\u00ff\u00fe",
  ]) {
    const response = await gateway.app.inject({
      method: "POST",
      url: "/api/v1/sessions",
      remoteAddress: PROXY,
      headers: { "x-forwarded-for": forwarded },
      payload: { email: "ada@example.org", password: "wrong" },
    });
    assert.ok([401, 429].includes(response.statusCode), `${forwarded}: ${response.body}`);
  }
  const { store, keys } = gateway.context;
  assert.equal((await verifyAudit(store, keys)).ok, true);
});

test("links and cookies follow the configured URL, whatever host and scheme a request names", async () => {
  await using gateway = await startTestGateway({
    trustedProxies: [PROXY],
    publicUrl: new URL("https://wavry.example"),
  });
  const { id } = await makeUser(gateway, "ada");
  const headers = {
    host: "evil.example",
    "x-forwarded-host": "evil.example",
    "x-forwarded-proto": "http",
    origin: "https://wavry.example",
  };
  const code = await gateway.app.inject({
    method: "POST",
    url: "/api/v1/login-code",
    remoteAddress: PROXY,
    headers,
    payload: { label: "x" },
  });
  assert.match(code.json().verificationUri, /^https:\/\/wavry\.example\//);
  const { url } = await createPasswordResetLink(
    gateway.context,
    { actor: "token", address: "" },
    id,
  );
  assert.match(url, /^https:\/\/wavry\.example\//);
  const signIn = await gateway.app.inject({
    method: "POST",
    url: "/api/v1/sessions",
    remoteAddress: PROXY,
    headers,
    payload: { email: "ada@example.org", password: PASSWORD },
  });
  assert.ok(signIn.cookies.every(({ name, secure }) => name.startsWith("__Host-") && secure));
  const foreign = await gateway.app.inject({
    method: "POST",
    url: "/api/v1/sessions",
    remoteAddress: PROXY,
    headers: { ...headers, origin: "https://evil.example" },
    payload: { email: "ada@example.org", password: PASSWORD },
  });
  assert.equal(foreign.statusCode, 403);
});
