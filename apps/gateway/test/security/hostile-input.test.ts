import assert from "node:assert/strict";
import { test } from "node:test";
import { makeProgram, TestBrowser } from "../helpers/people.ts";
import { startTestGateway } from "../helpers/test-gateway.ts";

const AREAS = new Set(["accounts", "sessions", "second-factor", "login-code"]);
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

interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly type?: string;
  readonly pattern?: string;
}
interface Operation {
  readonly tags?: readonly string[];
  readonly requestBody?: { readonly content: { readonly "application/json": { schema: Schema } } };
}

test("text that looks like SQL or worse, in each field of each route, is text", async () => {
  await using gateway = await startTestGateway({ limitFactor: 1e6 });
  const { token, user } = await makeProgram(gateway, "ada");
  const document = await gateway.app.inject({ url: "/openapi.json" });
  const { paths } = document.json<{ paths: Record<string, Record<string, Operation>> }>();
  let fields = 0;
  for (const [path, operations] of Object.entries(paths))
    for (const [method, { tags, requestBody }] of Object.entries(operations)) {
      if (!AREAS.has(tags?.[0] ?? "")) continue;
      const properties = requestBody?.content["application/json"].schema.properties ?? {};
      for (const [field, text] of Object.keys(properties).flatMap((name) =>
        HOSTILE.map((one) => [name, one] as const),
      )) {
        fields++;
        const body = Object.fromEntries(
          Object.entries(properties).map(([name, schema]) => [name, ordinary(name, schema)]),
        );
        const response = await gateway.app.inject({
          method: method.toUpperCase() as "POST",
          url: path.replace(/\{id\}/, "x".repeat(22)),
          headers: { authorization: `Bearer ${token}` },
          payload: { ...body, [field]: text },
        });
        const what = `${method} ${path} ${field} ${JSON.stringify(text)}: ${response.body}`;
        assert.ok(response.statusCode < 500, what);
        assert.doesNotMatch(response.body, /sqlite|syntax|constraint|kysely|node_modules/i, what);
      }
    }
  assert.ok(fields > 200, `${fields} fields`);
  const users = await gateway.context.store.db.selectFrom("users").select("id").execute();
  assert.ok(users.some(({ id }) => id === user.id));
});

/** A value that lets the other fields be reached. */
function ordinary(name: string, { type, pattern }: Schema): unknown {
  if (name === "email") return "someone@example.org";
  if (name === "kind") return "program";
  if (name === "totp") return "123456";
  if (pattern !== undefined && /\{(\d+)\}/.test(pattern))
    return "x".repeat(Number(/\{(\d+)\}/.exec(pattern)?.[1]));
  return type === "object" ? {} : type === "boolean" ? true : "ordinary-text";
}

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
