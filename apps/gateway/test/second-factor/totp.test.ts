import assert from "node:assert/strict";
import { test } from "node:test";
import type { Gateway } from "@wavry/gateway";
import type { FactorAdded, SecondFactorRequired, TotpEnrolment } from "@wavry/signaling";
import { takeTotp } from "../../src/second-factor/totp.ts";
import { codeOf, makeUser, PASSWORD, TestBrowser, TestClock, totpCode } from "../helpers/people.ts";
import { startTestGateway } from "../helpers/test-gateway.ts";

const STEP_MS = 30_000;
const SIGN_IN = { email: "ada@example.org", password: PASSWORD };

async function enrol(
  gateway: Gateway,
  clock: TestClock,
): Promise<{ browser: TestBrowser; secret: string; recoveryCodes: string[]; userId: string }> {
  const { id } = await makeUser(gateway, "ada");
  const browser = new TestBrowser(gateway);
  await browser.signIn("ada");
  const enrolment = await browser.post("/api/v1/second-factor/totp");
  const { secret, url } = enrolment.json<TotpEnrolment>();
  const parsed = new URL(url);
  assert.equal(parsed.protocol, "otpauth:");
  assert.equal(parsed.searchParams.get("secret"), secret);
  const before = browser.cookies.get("wavry_session");
  const totp = totpCode(secret, clock.millis);
  const response = await browser.post("/api/v1/second-factor/totp/confirmation", { totp });
  const { recoveryCodes } = response.json<FactorAdded>();
  assert.notEqual(browser.cookies.get("wavry_session"), before);
  clock.millis += 2 * STEP_MS;
  return { browser, secret, recoveryCodes: recoveryCodes!, userId: id };
}

async function ticketFor(browser: TestBrowser): Promise<SecondFactorRequired> {
  return (await browser.post("/api/v1/sessions", SIGN_IN)).json<SecondFactorRequired>();
}

test("a secret counts once a code of it was entered; then a password alone opens no session", async () => {
  const clock = new TestClock();
  await using gateway = await startTestGateway({}, { now: clock.now });
  await makeUser(gateway, "ada");
  const browser = new TestBrowser(gateway);
  await browser.signIn("ada");
  const { secret } = (await browser.post("/api/v1/second-factor/totp")).json<TotpEnrolment>();
  const confirm = (totp: string) =>
    browser.post("/api/v1/second-factor/totp/confirmation", { totp });
  const wrong = totpCode(secret, clock.millis + 10 * STEP_MS);
  assert.equal(codeOf(await confirm(wrong)), "wrong-code");
  const other = new TestBrowser(gateway);
  await other.signIn("ada");
  const { recoveryCodes } = (await confirm(totpCode(secret, clock.millis))).json<FactorAdded>();
  assert.equal(new Set(recoveryCodes).size, 10);
  assert.equal(codeOf(await browser.post("/api/v1/second-factor/totp")), "totp-exists");
  const stranger = new TestBrowser(gateway);
  const { status, methods, ticket } = await ticketFor(stranger);
  assert.equal(status, "second-factor-required");
  assert.deepEqual([...methods].sort(), ["recovery-code", "totp"]);
  assert.equal(stranger.cookies.size, 0);
  assert.equal((await stranger.get("/api/v1/account")).statusCode, 401);
  clock.millis += STEP_MS;
  const done = await stranger.post("/api/v1/sessions/second-factor", {
    ticket,
    totp: totpCode(secret, clock.millis),
  });
  assert.equal(done.statusCode, 200, done.body);
  assert.equal((await stranger.get("/api/v1/account")).json().hasSecondFactor, true);
});

test("a code works once, also for two at the same moment, and never one older than the last", async () => {
  const clock = new TestClock();
  await using gateway = await startTestGateway({}, { now: clock.now });
  const { secret } = await enrol(gateway, clock);
  const browsers = [1, 2, 3].map(() => new TestBrowser(gateway));
  const tickets = await Promise.all(browsers.map(ticketFor));
  const totp = totpCode(secret, clock.millis);
  const answers = await Promise.all(
    browsers.map((browser, at) =>
      browser.post("/api/v1/sessions/second-factor", { ticket: tickets[at]!.ticket, totp }),
    ),
  );
  assert.deepEqual(answers.map(({ statusCode }) => statusCode).sort(), [200, 401, 401]);
  const browser = new TestBrowser(gateway);
  const { ticket } = await ticketFor(browser);
  const older = totpCode(secret, clock.millis - STEP_MS);
  const refused = await browser.post("/api/v1/sessions/second-factor", { ticket, totp: older });
  assert.equal(codeOf(refused), "wrong-code");
});

test("clocks may differ by a step, no more; a clock set back makes no used code good again", async () => {
  const clock = new TestClock();
  await using gateway = await startTestGateway({}, { now: clock.now });
  const { secret, userId } = await enrol(gateway, clock);
  const take = async (offset: number) => {
    const user = await gateway.context.store.db
      .selectFrom("users")
      .selectAll()
      .where("id", "=", userId)
      .executeTakeFirstOrThrow();
    return await takeTotp(gateway.context, user, totpCode(secret, clock.millis + offset * STEP_MS));
  };
  clock.millis += 10 * STEP_MS;
  assert.equal(await take(2), false);
  assert.equal(await take(-2), false);
  assert.equal(await take(-1), true);
  assert.equal(await take(1), true);
  assert.equal(await take(0), false);
  clock.millis -= 5 * STEP_MS;
  for (const offset of [-1, 0, 1]) assert.equal(await take(offset), false);
  clock.millis += 10 * STEP_MS;
  assert.equal(await take(0), true);
});

test("a ticket is good for five tries, five minutes and one session", async () => {
  const clock = new TestClock();
  await using gateway = await startTestGateway({}, { now: clock.now });
  const { secret } = await enrol(gateway, clock);
  const browser = new TestBrowser(gateway);
  const show = (ticket: string, totp: string) =>
    browser.post("/api/v1/sessions/second-factor", { ticket, totp });
  const wrong = totpCode(secret, clock.millis + 100 * STEP_MS);
  const { ticket } = await ticketFor(browser);
  for (let at = 0; at < 5; at++) assert.equal(codeOf(await show(ticket, wrong)), "wrong-code");
  assert.equal((await show(ticket, totpCode(secret, clock.millis))).statusCode, 429);
  const late = await ticketFor(browser);
  clock.millis += 5 * 60_000;
  assert.equal(codeOf(await show(late.ticket, totpCode(secret, clock.millis))), "ticket-expired");
  const used = await ticketFor(browser);
  assert.equal((await show(used.ticket, totpCode(secret, clock.millis))).statusCode, 200);
  clock.millis += STEP_MS;
  assert.equal(codeOf(await show(used.ticket, totpCode(secret, clock.millis))), "ticket-expired");
});

test("a recovery code works once, however it is typed; new ones void the old", async () => {
  const clock = new TestClock();
  await using gateway = await startTestGateway({}, { now: clock.now });
  const { recoveryCodes, browser } = await enrol(gateway, clock);
  const show = async (recoveryCode: string) => {
    const stranger = new TestBrowser(gateway);
    const { ticket } = await ticketFor(stranger);
    return await stranger.post("/api/v1/sessions/second-factor", { ticket, recoveryCode });
  };
  const typed = recoveryCodes[0]!.toLowerCase().replaceAll("-", " ");
  assert.equal((await show(typed)).statusCode, 200);
  assert.equal(codeOf(await show(recoveryCodes[0]!)), "wrong-code");
  const { recoveryCodesLeft } = (await browser.get("/api/v1/second-factor")).json();
  assert.equal(recoveryCodesLeft, 9);
  const fresh = await browser.post("/api/v1/second-factor/recovery-codes");
  assert.equal(codeOf(await show(recoveryCodes[1]!)), "wrong-code");
  assert.equal((await show(fresh.json().recoveryCodes[0])).statusCode, 200);
});

test("who has a second factor confirms with it, not with the password", async () => {
  const clock = new TestClock();
  await using gateway = await startTestGateway({}, { now: clock.now });
  const { secret, browser } = await enrol(gateway, clock);
  clock.millis += 3_600_000;
  const confirm = (body: object) => browser.post("/api/v1/session/confirmation", body);
  assert.equal(codeOf(await confirm({ password: PASSWORD })), "second-factor-required");
  assert.equal(
    codeOf(await browser.request("DELETE", "/api/v1/second-factor/totp")),
    "confirm-needed",
  );
  assert.equal((await confirm({ totp: totpCode(secret, clock.millis) })).statusCode, 200);
  assert.equal((await browser.request("DELETE", "/api/v1/second-factor/totp")).statusCode, 200);
  const factors = (await browser.get("/api/v1/second-factor")).json();
  assert.deepEqual(factors, { totp: false, passkeys: [], recoveryCodesLeft: 0 });
  await new TestBrowser(gateway).signIn("ada");
});

test("a sign-in that was half done when the password changed cannot be finished", async () => {
  const clock = new TestClock();
  await using gateway = await startTestGateway({}, { now: clock.now });
  const { secret, browser } = await enrol(gateway, clock);
  const attacker = new TestBrowser(gateway);
  const { ticket } = await ticketFor(attacker);
  await browser.request("PUT", "/api/v1/account/password", { password: "velvet-harbour-77-finch" });
  const totp = totpCode(secret, clock.millis);
  const response = await attacker.post("/api/v1/sessions/second-factor", { ticket, totp });
  assert.equal(codeOf(response), "ticket-expired");
});
