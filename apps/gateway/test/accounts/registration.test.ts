import assert from "node:assert/strict";
import { test } from "node:test";
import type { Gateway } from "@wavry/gateway";
import type { LinkInfo } from "@wavry/signaling";
import {
  createInvitation,
  listInvitations,
  revokeInvitation,
} from "../../src/accounts/invitations.ts";
import { argon2Runs } from "../../src/accounts/password-hash.ts";
import { createSetupLink } from "../../src/accounts/setup-link.ts";
import { linkIn, startMailServer } from "../helpers/mail-server.ts";
import { codeOf, makeUser, PASSWORD, TestBrowser, TestClock } from "../helpers/people.ts";
import { startTestGateway } from "../helpers/test-gateway.ts";

const SYSTEM = { actor: "system", address: "" };
const wish = (name: string, link?: string) => ({
  email: `${name}@example.org`,
  username: name,
  displayName: name,
  password: PASSWORD,
  ...(link !== undefined && { link }),
});
const tokenOf = ({ url }: { url: string }) => url.split("#link=")[1]!;
const register = (gateway: Gateway, body: object) =>
  new TestBrowser(gateway).post("/api/v1/registration", body);

test("the first administrator comes through the set-up link, once, even where registration is closed", async () => {
  await using gateway = await startTestGateway({ registration: "closed" });
  const [one, two] = [
    await createSetupLink(gateway.context),
    await createSetupLink(gateway.context),
  ];
  assert.match(one!.url, /^http:\/\/localhost:3000\/account#link=[A-Za-z0-9_-]{43}$/);
  assert.equal(codeOf(await register(gateway, wish("eve"))), "registration-closed");
  const answers = await Promise.all([
    register(gateway, wish("ada", tokenOf(one!))),
    register(gateway, wish("bob", tokenOf(two!))),
  ]);
  assert.deepEqual(answers.map(({ statusCode }) => statusCode).sort(), [202, 410]);
  const { account } = await new TestBrowser(gateway).signIn(
    answers[0].statusCode === 202 ? "ada" : "bob",
  );
  assert.equal(account.role, "admin");
  assert.equal(await createSetupLink(gateway.context), undefined);
  assert.equal(codeOf(await register(gateway, wish("eve", tokenOf(one!)))), "link-void");
});

test("without mail anyone registers where it is open; a known e-mail gets the same answer for the same work", async () => {
  await using gateway = await startTestGateway();
  await makeUser(gateway, "ada");
  const before = argon2Runs();
  const known = await register(gateway, { ...wish("ada"), username: "other" });
  const between = argon2Runs();
  const unknown = await register(gateway, wish("bob"));
  assert.equal(known.statusCode, 202);
  assert.deepEqual(known.json(), unknown.json());
  assert.equal(between - before, argon2Runs() - between);
  const users = await gateway.context.store.db.selectFrom("users").select("username").execute();
  assert.deepEqual(users.map(({ username }) => username).sort(), ["ada", "bob"]);
  await new TestBrowser(gateway).signIn("bob");
});

test("a taken username is refused, whether or not the e-mail is known", async () => {
  await using gateway = await startTestGateway();
  await makeUser(gateway, "ada");
  for (const email of ["ada@example.org", "new@example.org"])
    assert.equal(codeOf(await register(gateway, { ...wish("ada"), email })), "username-taken");
});

test("with mail the account is made by the letter's link; a known e-mail gets another letter and the same answer", async () => {
  await using mail = await startMailServer();
  await using gateway = await startTestGateway({
    smtp: { url: mail.url, from: "wavry@example.org" },
  });
  await makeUser(gateway, "ada");
  const known = await register(gateway, { ...wish("ada"), username: "other" });
  const unknown = await register(gateway, wish("bob"));
  assert.deepEqual(known.json(), { status: "confirm-mail" });
  assert.deepEqual(known.json(), unknown.json());
  assert.match((await mail.letterTo("ada@example.org")).text, /It has one already/);
  const link = linkIn(await mail.letterTo("bob@example.org"));
  const browser = new TestBrowser(gateway);
  assert.equal(
    (await browser.post("/api/v1/links/show", { link })).json<LinkInfo>().purpose,
    "registration",
  );
  const refused = await browser.post("/api/v1/sessions", {
    email: "bob@example.org",
    password: PASSWORD,
  });
  assert.equal(codeOf(refused), "wrong-credentials");
  await makeUser(gateway, "bobby");
  const taken = await browser.post("/api/v1/registration/confirmation", {
    link,
    username: "bobby",
  });
  assert.equal(codeOf(taken), "username-taken");
  const done = await browser.post("/api/v1/registration/confirmation", { link });
  assert.equal(done.statusCode, 200, done.body);
  await browser.signIn("bob");
  assert.equal(
    codeOf(await browser.post("/api/v1/registration/confirmation", { link })),
    "link-void",
  );
});

test("nobody's mailbox is flooded from here", async () => {
  await using mail = await startMailServer();
  await using gateway = await startTestGateway({
    smtp: { url: mail.url, from: "wavry@example.org" },
  });
  for (let at = 0; at < 12; at++) {
    const { statusCode } = await register(gateway, { ...wish("victim"), username: `name${at}` });
    assert.equal(statusCode, 202);
  }
  await gateway.context.afterwards.idle();
  assert.equal(mail.letters.length, 5);
});

test("an invitation lets one person in, with its role, for its e-mail only, until it ends", async () => {
  const clock = new TestClock();
  await using gateway = await startTestGateway({ registration: "invitation" }, { now: clock.now });
  const invite = async (email?: string) =>
    tokenOf(
      await createInvitation(gateway.context, {
        actor: SYSTEM,
        role: "operator",
        ...(email !== undefined && { email }),
      }),
    );
  assert.equal(codeOf(await register(gateway, wish("ada"))), "invitation-needed");
  const bound = await invite("Ada@example.org");
  assert.equal(codeOf(await register(gateway, wish("eve", bound))), "wrong-email");
  assert.equal((await register(gateway, wish("ada", bound))).statusCode, 202);
  assert.equal((await new TestBrowser(gateway).signIn("ada")).account.role, "operator");
  assert.equal(codeOf(await register(gateway, wish("ada2", bound))), "link-void");
  const free = await invite();
  assert.equal(
    codeOf(await register(gateway, { ...wish("ada", free), email: "x@example.org" })),
    "username-taken",
  );
  assert.equal((await register(gateway, wish("bob", free))).statusCode, 202);
  const old = await invite();
  clock.millis += 7 * 24 * 3_600_000;
  assert.equal(codeOf(await register(gateway, wish("eve", old))), "link-void");
});

test("invitations are listed and revoked", async () => {
  await using gateway = await startTestGateway();
  const link = await createInvitation(gateway.context, { actor: SYSTEM, email: "ada@example.org" });
  const [invitation] = await listInvitations(gateway.context, { limit: 10 });
  assert.equal(invitation?.email, "ada@example.org");
  assert.ok(!link.url.includes(invitation.id));
  await revokeInvitation(gateway.context, SYSTEM, invitation.id);
  assert.equal(codeOf(await register(gateway, wish("ada", tokenOf(link)))), "link-void");
  await assert.rejects(revokeInvitation(gateway.context, SYSTEM, invitation.id), { status: 404 });
});
