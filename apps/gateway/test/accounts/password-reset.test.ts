import assert from "node:assert/strict";
import { test } from "node:test";
import { createPasswordResetLink } from "../../src/accounts/password-reset.ts";
import { linkIn, startMailServer } from "../helpers/mail-server.ts";
import {
  codeOf,
  makeProgram,
  makeUser,
  PASSWORD,
  TestBrowser,
  TestClock,
} from "../helpers/people.ts";
import { startTestGateway } from "../helpers/test-gateway.ts";

const OTHER = "velvet-harbour-77-finch";

test("a letter's link sets a new password once and ends all sessions; unknown e-mails get the same answer and no letter", async () => {
  await using mail = await startMailServer();
  await using gateway = await startTestGateway({
    smtp: { url: mail.url, from: "wavry@example.org" },
  });
  await makeUser(gateway, "ada");
  const signedIn = new TestBrowser(gateway);
  await signedIn.signIn("ada");
  const browser = new TestBrowser(gateway);
  const ask = (email: string) => browser.post("/api/v1/password-reset", { email });
  const [known, unknown] = [await ask("ADA@example.org"), await ask("nobody@example.org")];
  assert.equal(known.statusCode, 202);
  assert.equal(known.body, unknown.body);
  const link = linkIn(await mail.letterTo("ada@example.org"));
  await gateway.context.afterwards.idle();
  assert.equal(mail.letters.length, 1);
  const set = (password: string) =>
    browser.post("/api/v1/password-reset/confirmation", { link, password });
  assert.equal(codeOf(await set("password123")), "weak-password");
  assert.equal((await set(OTHER)).statusCode, 200);
  assert.equal((await signedIn.get("/api/v1/account")).statusCode, 401);
  assert.equal(codeOf(await set(PASSWORD)), "link-void");
  await browser.signIn("ada", OTHER);
  await assert.rejects(browser.signIn("ada", PASSWORD), /wrong-credentials/);
  assert.match((await mail.letterTo("ada@example.org", 2)).text, /password was reset/);
});

test("of two links one use voids the other, and both end with time", async () => {
  const clock = new TestClock();
  await using gateway = await startTestGateway({}, { now: clock.now });
  const { id } = await makeUser(gateway, "ada");
  const make = async () =>
    (await createPasswordResetLink(gateway.context, { actor: "token", address: "" }, id)).url.split(
      "#link=",
    )[1]!;
  const browser = new TestBrowser(gateway);
  const set = (link: string) =>
    browser.post("/api/v1/password-reset/confirmation", { link, password: OTHER });
  const [one, two] = [await make(), await make()];
  assert.equal((await set(one)).statusCode, 200);
  assert.equal(codeOf(await set(two)), "link-void");
  const late = await make();
  clock.millis += 24 * 3_600_000;
  assert.equal(codeOf(await set(late)), "link-void");
});

test("without mail everybody is sent to an administrator", async () => {
  await using gateway = await startTestGateway();
  await makeUser(gateway, "ada");
  for (const email of ["ada@example.org", "nobody@example.org"]) {
    const answer = await new TestBrowser(gateway).post("/api/v1/password-reset", { email });
    assert.deepEqual(answer.json(), { status: "ask-administrator" });
  }
});

test("a link for one purpose does not work for another", async () => {
  await using gateway = await startTestGateway();
  const { user } = await makeProgram(gateway, "ada");
  const { url } = await createPasswordResetLink(
    gateway.context,
    { actor: "token", address: "" },
    user.id,
  );
  const link = url.split("#link=")[1]!;
  const browser = new TestBrowser(gateway);
  for (const path of ["/api/v1/registration/confirmation", "/api/v1/account/email/confirmation"])
    assert.equal(codeOf(await browser.post(path, { link })), "link-void");
});
