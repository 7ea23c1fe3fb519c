import assert from "node:assert/strict";
import { test } from "node:test";
import type { FactorAdded, SecondFactorRequired } from "@wavry/signaling";
import { banUser, deleteUser } from "../../src/accounts/account-state.ts";
import { createInvitation, listInvitations } from "../../src/accounts/invitations.ts";
import { createSetupLink } from "../../src/accounts/setup-link.ts";
import { sweepExpired } from "../../src/accounts/sweep.ts";
import { codeOf, makeUser, PASSWORD, TestBrowser, TestClock, totpCode } from "../helpers/people.ts";
import { startPostgres } from "../helpers/postgres-server.ts";
import { SoftwareAuthenticator } from "../helpers/software-authenticator.ts";
import { startTestGateway } from "../helpers/test-gateway.ts";

const ACTOR = { actor: "token", address: "" };

test("accounts, sessions, factors and login codes work on PostgreSQL, over two replicas", async () => {
  await using postgres = await startPostgres();
  const url = await postgres.createDatabase();
  const clock = new TestClock();
  const config = { store: { kind: "postgres", url }, masterKey: Buffer.alloc(32, 7) } as const;
  await using one = await startTestGateway(config, { now: clock.now });
  await using two = await startTestGateway(config, { now: clock.now });
  const links = [await createSetupLink(one.context), await createSetupLink(two.context)];
  const answers = await Promise.all(
    [one, two].map((gateway, at) =>
      new TestBrowser(gateway).post("/api/v1/registration", {
        email: `admin${at}@example.org`,
        username: `ada${at}`,
        displayName: "Ada",
        password: PASSWORD,
        link: links[at]!.url.split("#link=")[1],
      }),
    ),
  );
  assert.deepEqual(answers.map(({ statusCode }) => statusCode).sort(), [202, 410]);

  const user = await makeUser(one, "bob");
  const browser = new TestBrowser(one);
  await browser.signIn("bob");
  const { secret } = (await browser.post("/api/v1/second-factor/totp")).json();
  const added = await browser.post("/api/v1/second-factor/totp/confirmation", {
    totp: totpCode(secret, clock.millis),
  });
  assert.equal(added.json<FactorAdded>().recoveryCodes?.length, 10);
  clock.millis += 60_000;
  const totp = totpCode(secret, clock.millis);
  const signIns = await Promise.all(
    [one, two, one, two].map(async (gateway) => {
      const stranger = new TestBrowser(gateway);
      const { ticket } = (
        await stranger.post("/api/v1/sessions", { email: "bob@example.org", password: PASSWORD })
      ).json<SecondFactorRequired>();
      return await stranger.post("/api/v1/sessions/second-factor", { ticket, totp });
    }),
  );
  assert.deepEqual(signIns.map(({ statusCode }) => statusCode).sort(), [200, 401, 401, 401]);

  const authenticator = new SoftwareAuthenticator();
  const { challengeId, options } = (
    await browser.post("/api/v1/second-factor/passkeys/challenge")
  ).json();
  const passkey = { challengeId, credential: authenticator.create(options), name: "key" };
  assert.equal((await browser.post("/api/v1/second-factor/passkeys", passkey)).statusCode, 200);
  const challenge = (await browser.post("/api/v1/sessions/passkey-challenge")).json();
  const elsewhere = new TestBrowser(two);
  const signedIn = await elsewhere.post("/api/v1/sessions/passkey", {
    challengeId: challenge.challengeId,
    credential: authenticator.get(challenge.options),
  });
  assert.equal(signedIn.statusCode, 200, signedIn.body);

  const code = (await elsewhere.post("/api/v1/login-code", { label: "tv" })).json();
  await elsewhere.post("/api/v1/login-code/approve", { userCode: code.userCode });
  const polls = await Promise.all(
    [one, two].map((gateway) =>
      new TestBrowser(gateway).post("/api/v1/login-code/token", { deviceCode: code.deviceCode }),
    ),
  );
  assert.equal(polls.filter(({ statusCode }) => statusCode === 200).length, 1);

  assert.equal((await elsewhere.get("/api/v1/account/export")).statusCode, 200);
  await createInvitation(one.context, { actor: ACTOR });
  assert.equal((await listInvitations(two.context, { limit: 5 })).length, 1);
  await banUser(one.context, ACTOR, { userId: user.id, until: null, reason: "" });
  assert.equal(codeOf(await elsewhere.get("/api/v1/account")), "sign-in-required");
  const hostile = await new TestBrowser(two).post("/api/v1/sessions", {
    email: "a@example.org",
    password: "x\u0000y",
  });
  assert.equal(codeOf(hostile), "wrong-credentials");
  await deleteUser(one.context, ACTOR, user.id);
  clock.millis += 100 * 24 * 3_600_000;
  assert.ok((await sweepExpired(two.context)) > 0);
});
