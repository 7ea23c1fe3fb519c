import assert from "node:assert/strict";
import { test } from "node:test";
import type { Gateway } from "@wavry/gateway";
import type { PasskeyChallenge, SecondFactorRequired } from "@wavry/signaling";
import type { LightMyRequestResponse } from "fastify";
import { codeOf, makeUser, PASSWORD, TestBrowser } from "../helpers/people.ts";
import { SoftwareAuthenticator } from "../helpers/software-authenticator.ts";
import { startTestGateway } from "../helpers/test-gateway.ts";

async function challenge(
  browser: TestBrowser,
  url: string,
  body?: object,
): Promise<PasskeyChallenge> {
  return (await browser.post(url, body)).json<PasskeyChallenge>();
}

async function add(
  browser: TestBrowser,
  authenticator: SoftwareAuthenticator,
  format?: string,
): Promise<LightMyRequestResponse> {
  const { challengeId, options } = await challenge(
    browser,
    "/api/v1/second-factor/passkeys/challenge",
  );
  return await browser.post("/api/v1/second-factor/passkeys", {
    challengeId,
    credential: authenticator.create(options, format),
    name: "key",
  });
}

async function withPasskey(
  gateway: Gateway,
  authenticator: SoftwareAuthenticator,
  name = "ada",
): Promise<TestBrowser> {
  await makeUser(gateway, name);
  const browser = new TestBrowser(gateway);
  await browser.signIn(name);
  const response = await add(browser, authenticator);
  assert.equal(response.statusCode, 200, response.body);
  assert.equal(response.json().recoveryCodes.length, 10);
  return browser;
}

test("a passkey alone signs in, telling nothing of accounts before", async () => {
  await using gateway = await startTestGateway();
  const authenticator = new SoftwareAuthenticator();
  await withPasskey(gateway, authenticator);
  const browser = new TestBrowser(gateway);
  const { challengeId, options } = await challenge(browser, "/api/v1/sessions/passkey-challenge");
  assert.deepEqual(options.allowCredentials, []);
  assert.equal(options.userVerification, "required");
  const credential = authenticator.get(options);
  const signIn = () => browser.post("/api/v1/sessions/passkey", { challengeId, credential });
  assert.equal((await signIn()).json().account.username, "ada");
  assert.equal(codeOf(await signIn()), "passkey-refused");
});

test("a passkey is a second factor beside the password", async () => {
  await using gateway = await startTestGateway();
  const authenticator = new SoftwareAuthenticator({ userVerified: false });
  await withPasskey(gateway, authenticator);
  const browser = new TestBrowser(gateway);
  const { ticket, methods } = (
    await browser.post("/api/v1/sessions", { email: "ada@example.org", password: PASSWORD })
  ).json<SecondFactorRequired>();
  assert.ok(methods.includes("passkey"));
  const { challengeId, options } = await challenge(
    browser,
    "/api/v1/sessions/second-factor/passkey-challenge",
    { ticket },
  );
  const passkey = { challengeId, credential: authenticator.get(options) };
  const response = await browser.post("/api/v1/sessions/second-factor", { ticket, passkey });
  assert.equal(response.statusCode, 200, response.body);
});

test("as the only factor an authenticator must have checked its person", async () => {
  await using gateway = await startTestGateway();
  const authenticator = new SoftwareAuthenticator({ userVerified: false });
  await withPasskey(gateway, authenticator);
  const browser = new TestBrowser(gateway);
  const { challengeId, options } = await challenge(browser, "/api/v1/sessions/passkey-challenge");
  const credential = authenticator.get(options);
  const response = await browser.post("/api/v1/sessions/passkey", { challengeId, credential });
  assert.equal(codeOf(response), "passkey-refused");
});

test("signatures for other origins, other sites, other challenges and with an old counter are refused", async () => {
  await using gateway = await startTestGateway();
  const authenticator = new SoftwareAuthenticator();
  await withPasskey(gateway, authenticator);
  const browser = new TestBrowser(gateway);
  const signIn = async (
    make: (options: Record<string, unknown>) => Record<string, unknown>,
  ): Promise<string | undefined> => {
    const { challengeId, options } = await challenge(browser, "/api/v1/sessions/passkey-challenge");
    const credential = make(options);
    return codeOf(await browser.post("/api/v1/sessions/passkey", { challengeId, credential }));
  };
  const own = authenticator.behaviour;
  for (const wrong of [{ origin: "https://evil.example" }, { rpId: "evil.example" }]) {
    authenticator.behaviour = { ...own, ...wrong };
    assert.equal(await signIn((options) => authenticator.get(options)), "passkey-refused");
  }
  authenticator.behaviour = own;
  const { id } = authenticator.get({ challenge: "" });
  const forged = (options: Record<string, unknown>) => ({
    ...new SoftwareAuthenticator().get(options),
    id,
    rawId: id,
  });
  assert.equal(await signIn(forged), "passkey-refused");
  assert.equal(await signIn(() => authenticator.get({ challenge: "b3RoZXI" })), "passkey-refused");
  assert.equal(await signIn(() => ({})), "passkey-refused");
  assert.equal(await signIn(() => ({ id: "x", response: null })), "passkey-refused");
  assert.equal(
    await signIn((options) => {
      const credential = authenticator.get(options);
      return { ...credential, response: { ...(credential.response as object), signature: "AAAA" } };
    }),
    "passkey-refused",
  );
  assert.equal(await signIn((options) => authenticator.get(options)), undefined);
  const clone = authenticator.counter;
  assert.equal(await signIn((options) => authenticator.get(options)), undefined);
  authenticator.counter = clone - 1;
  assert.equal(await signIn((options) => authenticator.get(options)), "passkey-refused");
});

test("an authenticator for another origin or site does not register", async () => {
  await using gateway = await startTestGateway();
  await makeUser(gateway, "ada");
  const browser = new TestBrowser(gateway);
  await browser.signIn("ada");
  for (const behaviour of [{ origin: "https://evil.example" }, { rpId: "evil.example" }])
    assert.equal(
      codeOf(await add(browser, new SoftwareAuthenticator(behaviour))),
      "passkey-refused",
    );
  const { passkeys } = (await browser.get("/api/v1/second-factor")).json();
  assert.deepEqual(passkeys, []);
});

test("an attestation with certificates is refused before anything looks into them", async () => {
  await using gateway = await startTestGateway();
  await makeUser(gateway, "ada");
  const browser = new TestBrowser(gateway);
  await browser.signIn("ada");
  for (const format of ["fido-u2f", "android-key", "tpm", "apple"])
    assert.equal(
      codeOf(await add(browser, new SoftwareAuthenticator(), format)),
      "passkey-refused",
    );
});

test("a passkey belongs to one account; another's does not stand in", async () => {
  await using gateway = await startTestGateway();
  const [mine, other] = [new SoftwareAuthenticator(), new SoftwareAuthenticator()];
  await withPasskey(gateway, mine);
  const mallory = await withPasskey(gateway, other, "mallory");
  assert.equal(codeOf(await add(mallory, mine)), "passkey-known");
  const browser = new TestBrowser(gateway);
  const { ticket } = (
    await browser.post("/api/v1/sessions", { email: "ada@example.org", password: PASSWORD })
  ).json<SecondFactorRequired>();
  const { challengeId, options } = await challenge(
    browser,
    "/api/v1/sessions/second-factor/passkey-challenge",
    { ticket },
  );
  const passkey = { challengeId, credential: other.get(options) };
  const refused = await browser.post("/api/v1/sessions/second-factor", { ticket, passkey });
  assert.equal(codeOf(refused), "passkey-refused");
});

test("who has passkeys may do without a password, and then keeps one of them", async () => {
  await using gateway = await startTestGateway();
  const authenticator = new SoftwareAuthenticator({ countBy: 0 });
  const browser = await withPasskey(gateway, authenticator);
  assert.equal((await browser.request("DELETE", "/api/v1/account/password")).statusCode, 200);
  await assert.rejects(new TestBrowser(gateway).signIn("ada"), /wrong-credentials/);
  const [passkey] = (await browser.get("/api/v1/second-factor")).json().passkeys;
  const path = `/api/v1/second-factor/passkeys/${passkey.id}`;
  assert.equal(codeOf(await browser.request("DELETE", path)), "password-needed");
  for (let at = 0; at < 2; at++) {
    const { challengeId, options } = await challenge(browser, "/api/v1/sessions/passkey-challenge");
    const credential = authenticator.get(options);
    const signIn = await browser.post("/api/v1/sessions/passkey", { challengeId, credential });
    assert.equal(signIn.statusCode, 200, signIn.body);
  }
  const set = await browser.request("PUT", "/api/v1/account/password", { password: PASSWORD });
  assert.equal(set.statusCode, 200);
  assert.equal((await browser.request("DELETE", path)).statusCode, 200);
  await new TestBrowser(gateway).signIn("ada");
});
