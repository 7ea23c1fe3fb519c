import assert from "node:assert/strict";
import { test } from "node:test";
import { checkSocketOrigin } from "../../src/sessions/origin-check.ts";
import { codeOf, makeProgram, makeUser, PASSWORD, TestBrowser } from "../helpers/people.ts";
import { startTestGateway } from "../helpers/test-gateway.ts";

const PUBLIC = new URL("https://wavry.example");

test("a change that another site has a browser send is refused, whatever it looks like", async () => {
  await using gateway = await startTestGateway();
  await makeUser(gateway, "ada");
  const browser = new TestBrowser(gateway);
  await browser.signIn("ada");
  browser.origin = undefined;
  const forgeries: Record<string, string>[] = [
    { origin: "https://evil.example" },
    { origin: "null" },
    { origin: "http://localhost:3001" },
    { origin: "http://localhost:3000.evil.example" },
    { "sec-fetch-site": "cross-site" },
    { "sec-fetch-site": "same-site" },
    { origin: "https://evil.example", "sec-fetch-site": "same-origin" },
    { origin: "http://localhost:3000", "sec-fetch-site": "cross-site" },
    {},
  ];
  for (const headers of forgeries) {
    const response = await browser.request("DELETE", "/api/v1/sessions", undefined, headers);
    assert.equal(response.statusCode, 403, JSON.stringify(headers));
    assert.equal(codeOf(response), "wrong-origin");
  }
  assert.equal((await browser.get("/api/v1/account")).statusCode, 200);
  const own = await browser.request(
    "PATCH",
    "/api/v1/account",
    { displayName: "Ada" },
    {
      "sec-fetch-site": "same-origin",
    },
  );
  assert.equal(own.statusCode, 200);
});

test("another site cannot sign a browser in as somebody else", async () => {
  await using gateway = await startTestGateway();
  await makeUser(gateway, "mallory");
  const browser = new TestBrowser(gateway);
  browser.origin = "https://evil.example";
  const response = await browser.post("/api/v1/sessions", {
    email: "mallory@example.org",
    password: PASSWORD,
  });
  assert.equal(codeOf(response), "wrong-origin");
  assert.equal(browser.cookies.size, 0);
});

test("a bearer token needs no origin, and outranks the cookie", async () => {
  await using gateway = await startTestGateway();
  await makeUser(gateway, "ada");
  const bob = await makeProgram(gateway, "bob");
  const browser = new TestBrowser(gateway);
  await browser.signIn("ada");
  browser.origin = undefined;
  const change = { displayName: "Bob the Second" };
  const response = await browser.request("PATCH", "/api/v1/account", change, {
    authorization: `Bearer ${bob.token}`,
  });
  assert.equal(response.json().username, "bob");
});

test("a WebSocket is opened by our own pages and by programs, not by other sites", () => {
  const cookie = "__Host-wavry_session=x";
  const refused = { code: "wrong-origin", status: 403 };
  assert.throws(
    () => checkSocketOrigin({ cookie, origin: "https://evil.example" }, PUBLIC),
    refused,
  );
  assert.throws(() => checkSocketOrigin({ origin: "https://evil.example" }, PUBLIC), refused);
  assert.throws(() => checkSocketOrigin({ cookie }, PUBLIC), refused);
  checkSocketOrigin({ cookie, origin: "https://wavry.example" }, PUBLIC);
  checkSocketOrigin({ authorization: "Bearer x" }, PUBLIC);
});
