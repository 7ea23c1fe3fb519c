import assert from "node:assert/strict";
import { test } from "node:test";
import type { Gateway } from "@wavry/gateway";
import type { LoginCode, LoginCodeInfo, SignedIn } from "@wavry/signaling";
import type { LightMyRequestResponse } from "fastify";
import { banUser } from "../../src/accounts/account-state.ts";
import { newUserCode, normalUserCode } from "../../src/login-code/user-code.ts";
import { codeOf, makeUser, TestBrowser, TestClock } from "../helpers/people.ts";
import { startTestGateway } from "../helpers/test-gateway.ts";

async function start(gateway: Gateway): Promise<LoginCode> {
  const response = await gateway.app.inject({
    method: "POST",
    url: "/api/v1/login-code",
    remoteAddress: "198.51.100.7",
    payload: { label: "living room" },
  });
  return response.json<LoginCode>();
}

function poll(gateway: Gateway, deviceCode: string): Promise<LightMyRequestResponse> {
  return gateway.app.inject({
    method: "POST",
    url: "/api/v1/login-code/token",
    payload: { deviceCode },
  });
}

test("a program is let in once the person has approved it in a browser, once", async () => {
  const clock = new TestClock();
  await using gateway = await startTestGateway({}, { now: clock.now });
  await makeUser(gateway, "ada");
  const code = await start(gateway);
  assert.match(code.userCode, /^[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}$/);
  assert.ok(code.verificationUriComplete.endsWith(`#code=${code.userCode}`));
  assert.equal(codeOf(await poll(gateway, code.deviceCode)), "authorization-pending");
  const browser = new TestBrowser(gateway);
  const typed = { userCode: code.userCode.toLowerCase().replace("-", " ") };
  assert.equal(codeOf(await browser.post("/api/v1/login-code/approve", typed)), "sign-in-required");
  await browser.signIn("ada");
  const shown = (await browser.post("/api/v1/login-code/show", typed)).json<LoginCodeInfo>();
  assert.equal(shown.label, "living room");
  assert.equal(shown.address, "198.51.100.7");
  assert.equal((await browser.post("/api/v1/login-code/approve", typed)).statusCode, 200);
  assert.equal(codeOf(await browser.post("/api/v1/login-code/approve", typed)), "unknown-code");
  clock.millis += 5_000;
  const { token, account } = (await poll(gateway, code.deviceCode)).json<SignedIn>();
  assert.equal(account.username, "ada");
  const headers = { authorization: `Bearer ${token}` };
  assert.equal(
    (await gateway.app.inject({ url: "/api/v1/session", headers })).json().session.label,
    "living room",
  );
  const change = await gateway.app.inject({ url: "/api/v1/account/export", headers });
  assert.equal(codeOf(change), "confirm-needed");
  clock.millis += 60_000;
  assert.equal(codeOf(await poll(gateway, code.deviceCode)), "expired-token");
});

test("who asks too often is told to slow down, each time by five seconds more", async () => {
  const clock = new TestClock();
  await using gateway = await startTestGateway({}, { now: clock.now });
  const { deviceCode, intervalSeconds } = await start(gateway);
  assert.equal(intervalSeconds, 5);
  const ask = async (afterMillis: number) => {
    clock.millis += afterMillis;
    return codeOf(await poll(gateway, deviceCode));
  };
  assert.equal(await ask(0), "authorization-pending");
  assert.equal(await ask(1_000), "slow-down");
  assert.equal(await ask(5_000), "slow-down");
  assert.equal(await ask(15_000), "authorization-pending");
});

test("a login that is denied, too old, unknown or of a banned person ends", async () => {
  const clock = new TestClock();
  await using gateway = await startTestGateway({}, { now: clock.now });
  const user = await makeUser(gateway, "ada");
  const browser = new TestBrowser(gateway);
  await browser.signIn("ada");
  const denied = await start(gateway);
  await browser.post("/api/v1/login-code/deny", { userCode: denied.userCode });
  assert.equal(codeOf(await poll(gateway, denied.deviceCode)), "access-denied");
  const late = await start(gateway);
  clock.millis += late.expiresInSeconds * 1000;
  assert.equal(codeOf(await poll(gateway, late.deviceCode)), "expired-token");
  const old = await browser.post("/api/v1/login-code/approve", { userCode: late.userCode });
  assert.equal(codeOf(old), "unknown-code");
  assert.equal(codeOf(await poll(gateway, "x".repeat(43))), "expired-token");
  const banned = await start(gateway);
  await browser.post("/api/v1/login-code/approve", { userCode: banned.userCode });
  await banUser(
    gateway.context,
    { actor: "token", address: "" },
    { userId: user.id, until: null, reason: "" },
  );
  assert.notEqual((await poll(gateway, banned.deviceCode)).statusCode, 200);
});

test("an account cannot search for codes of others", async () => {
  await using gateway = await startTestGateway();
  await makeUser(gateway, "ada");
  const browser = new TestBrowser(gateway);
  await browser.signIn("ada");
  for (let at = 0; at < 20; at++)
    assert.equal(
      codeOf(await browser.post("/api/v1/login-code/show", { userCode: newUserCode() })),
      "unknown-code",
    );
  const { statusCode, headers } = await browser.post("/api/v1/login-code/show", {
    userCode: newUserCode(),
  });
  assert.equal(statusCode, 429);
  assert.ok(Number(headers["retry-after"]) > 0);
});

test("a user code is read as people type it", () => {
  assert.equal(normalUserCode(" bcdf ghjk "), "BCDFGHJK");
  assert.equal(normalUserCode("BCDF-GHJK"), "BCDFGHJK");
  for (const text of ["", "BCDF", "ABCD-EFGH", "BCDFGHJKL"])
    assert.equal(normalUserCode(text), undefined, text);
});
