import assert from "node:assert/strict";
import { test } from "node:test";
import { makeUser, PASSWORD, TestBrowser, TestClock, totpCode } from "../helpers/people.ts";
import { startTestGateway } from "../helpers/test-gateway.ts";

test("each sign-in, factor and confirmation that is refused is in the audit log, with whom, where from and when, without what was typed", async () => {
  const clock = new TestClock();
  await using gateway = await startTestGateway({}, { now: clock.now });
  const ada = await makeUser(gateway, "ada");
  const browser = new TestBrowser(gateway);
  const typed = "not-the-password-at-all";
  await browser.post("/api/v1/sessions", { email: "ada@example.org", password: typed });
  await browser.post("/api/v1/sessions", { email: "nobody@example.org", password: typed });
  const { session } = await browser.signIn("ada");
  await browser.post("/api/v1/session/confirmation", { password: typed });
  const { secret } = (await browser.post("/api/v1/second-factor/totp")).json();
  const totp = totpCode(secret, clock.millis);
  await browser.post("/api/v1/second-factor/totp/confirmation", { totp });
  await browser.post("/api/v1/session/confirmation", { totp });
  const stranger = new TestBrowser(gateway);
  stranger.address = "198.51.100.9";
  const { ticket } = (
    await stranger.post("/api/v1/sessions", { email: "ada@example.org", password: PASSWORD })
  ).json();
  await stranger.post("/api/v1/sessions/second-factor", { ticket, totp });
  const rows = await gateway.context.store.db
    .selectFrom("audit")
    .selectAll()
    .where("action", "like", "%refused%")
    .orderBy("seq")
    .execute();
  const own = "192.0.2.1";
  assert.deepEqual(
    rows.map(({ action, actor, target, address, at }) => [action, actor, target, address, at]),
    [
      ["session.refused", "", ada.id, own, clock.millis],
      ["session.refused", "", "", own, clock.millis],
      ["session.confirmation-refused", ada.id, session.id, own, clock.millis],
      ["session.confirmation-refused", ada.id, session.id, own, clock.millis],
      ["session.refused", "", ada.id, "198.51.100.9", clock.millis],
    ],
  );
  const text = JSON.stringify(rows);
  for (const secretText of [typed, PASSWORD, totp, secret, ticket])
    assert.ok(!text.includes(secretText));
});
