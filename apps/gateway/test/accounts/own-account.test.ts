import assert from "node:assert/strict";
import { test } from "node:test";
import { linkIn, startMailServer } from "../helpers/mail-server.ts";
import { codeOf, makeUser, PASSWORD, TestBrowser, TestClock } from "../helpers/people.ts";
import { startTestGateway } from "../helpers/test-gateway.ts";

const OTHER = "velvet-harbour-77-finch";

test("a sensitive change needs a fresh proof of who it is", async () => {
  const clock = new TestClock();
  await using gateway = await startTestGateway({}, { now: clock.now });
  await makeUser(gateway, "ada");
  const browser = new TestBrowser(gateway);
  await browser.signIn("ada");
  clock.millis += 15 * 60_000 + 1;
  const change = () => browser.request("PUT", "/api/v1/account/password", { password: OTHER });
  for (const [method, url] of [
    ["PUT", "/api/v1/account/password"],
    ["POST", "/api/v1/account/email"],
    ["GET", "/api/v1/account/export"],
    ["POST", "/api/v1/second-factor/totp"],
    ["POST", "/api/v1/second-factor/recovery-codes"],
    ["POST", "/api/v1/second-factor/passkeys/challenge"],
    ["DELETE", "/api/v1/second-factor/totp"],
    ["DELETE", "/api/v1/account"],
  ] as const) {
    const body =
      method === "PUT"
        ? { password: OTHER }
        : url.endsWith("email")
          ? { email: "a@example.org" }
          : undefined;
    assert.equal(codeOf(await browser.request(method, url, body)), "confirm-needed", url);
  }
  const wrong = await browser.post("/api/v1/session/confirmation", { password: OTHER });
  assert.equal(codeOf(wrong), "wrong-credentials");
  assert.equal(codeOf(await change()), "confirm-needed");
  await browser.post("/api/v1/session/confirmation", { password: PASSWORD });
  assert.equal((await change()).statusCode, 200);
  clock.millis -= 60_000;
  assert.equal(codeOf(await change()), "confirm-needed");
});

test("a new password ends all other sessions and gives this one a new token", async () => {
  await using gateway = await startTestGateway();
  await makeUser(gateway, "ada");
  const [browser, other] = [new TestBrowser(gateway), new TestBrowser(gateway)];
  await browser.signIn("ada");
  await other.signIn("ada");
  const before = browser.cookies.get("wavry_session");
  const weak = await browser.request("PUT", "/api/v1/account/password", { password: "ada" });
  assert.equal(codeOf(weak), "weak-password");
  const response = await browser.request("PUT", "/api/v1/account/password", { password: OTHER });
  assert.equal(response.statusCode, 200);
  assert.notEqual(browser.cookies.get("wavry_session"), before);
  assert.equal((await browser.get("/api/v1/account")).statusCode, 200);
  assert.equal((await other.get("/api/v1/account")).statusCode, 401);
  await assert.rejects(other.signIn("ada"), /wrong-credentials/);
  await other.signIn("ada", OTHER);
});

test("an e-mail changes once its owner has followed the letter; known ones tell nothing", async () => {
  await using mail = await startMailServer();
  await using gateway = await startTestGateway({
    smtp: { url: mail.url, from: "wavry@example.org" },
  });
  await makeUser(gateway, "ada");
  await makeUser(gateway, "bob");
  const browser = new TestBrowser(gateway);
  await browser.signIn("ada");
  const ask = (email: string) => browser.post("/api/v1/account/email", { email });
  const [known, unknown] = [await ask("bob@example.org"), await ask("Countess@example.org")];
  assert.equal(known.statusCode, 202, known.body);
  assert.equal(known.body, unknown.body);
  assert.match((await mail.letterTo("bob@example.org")).text, /It has one already/);
  const link = linkIn(await mail.letterTo("countess@example.org"));
  assert.equal((await browser.get("/api/v1/account")).json().email, "ada@example.org");
  const stranger = new TestBrowser(gateway);
  assert.equal(
    (await stranger.post("/api/v1/account/email/confirmation", { link })).statusCode,
    200,
  );
  assert.equal((await browser.get("/api/v1/account")).json().email, "countess@example.org");
  assert.match((await mail.letterTo("ada@example.org")).text, /e-mail address was changed/);
  assert.equal(
    codeOf(await stranger.post("/api/v1/account/email/confirmation", { link })),
    "link-void",
  );
});

test("names change; taken and reserved ones do not", async () => {
  await using gateway = await startTestGateway();
  await makeUser(gateway, "ada");
  await makeUser(gateway, "bob");
  const browser = new TestBrowser(gateway);
  await browser.signIn("ada");
  const change = (body: object) => browser.request("PATCH", "/api/v1/account", body);
  assert.equal((await change({ username: "Countess" })).json().username, "countess");
  assert.equal((await change({ displayName: "Ada L." })).json().displayName, "Ada L.");
  assert.equal(codeOf(await change({ username: "bob" })), "username-taken");
  assert.equal(codeOf(await change({ username: "root" })), "invalid-username");
  assert.equal((await change({ role: "admin" })).statusCode, 400);
});

test("an export has all that belongs to the account and no secret", async () => {
  await using gateway = await startTestGateway();
  const user = await makeUser(gateway, "ada");
  await makeUser(gateway, "bob");
  const browser = new TestBrowser(gateway);
  await browser.signIn("ada");
  await browser.post("/api/v1/second-factor/totp");
  const response = await browser.get("/api/v1/account/export");
  const data = response.json();
  assert.equal(data.account.email, "ada@example.org");
  assert.equal(data.sessions.length, 1);
  assert.ok(data.audit.length > 0);
  for (const name of [
    "devices",
    "grants",
    "grant_offers",
    "share_links",
    "screen_sessions",
    "passkeys",
  ])
    assert.ok(Array.isArray(data[name]), name);
  assert.doesNotMatch(response.body, /bob|argon2|token_hash|totp_secret|password_hash/);
  assert.ok(!response.body.includes(user.password_hash!));
});

test("who deletes the account is gone; the last administrator stays", async () => {
  await using gateway = await startTestGateway();
  await makeUser(gateway, "ada");
  await makeUser(gateway, "root-ish", "admin");
  const browser = new TestBrowser(gateway);
  await browser.signIn("ada");
  assert.equal((await browser.request("DELETE", "/api/v1/account")).statusCode, 200);
  await assert.rejects(browser.signIn("ada"), /wrong-credentials/);
  const admin = new TestBrowser(gateway);
  await admin.signIn("root-ish");
  assert.equal(codeOf(await admin.request("DELETE", "/api/v1/account")), "last-admin");
});
