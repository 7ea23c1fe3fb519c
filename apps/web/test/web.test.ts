import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { globSync } from "node:fs";
import { resolve } from "node:path";
import { after, afterEach, before, test } from "node:test";
import { createSetupLink, type Gateway } from "@wavry/gateway";
import { deviceSigner, GatewayClient } from "@wavry/gateway-client";
import { createIdentity } from "@wavry/rift-crypto";
import { nodeSuite } from "@wavry/rift-crypto/node";
import type { LoginCode, SignedIn } from "@wavry/signaling";
import type { Browser, Page } from "playwright-core";
import { assertAccessible } from "./accessibility.ts";
import { startMailbox } from "./mailbox.ts";
import { addAuthenticator, openTab, startBrowser, type Tab } from "./real-browser.ts";
import { totpCode } from "./totp.ts";
import { buildPages, MovedClock, startWebGateway } from "./web-gateway.ts";

const PASSWORD = "gravel-lantern-42-otter";
const STEP_MS = 30_000;
const PATHS = ["/", "/account", "/devices", "/forgot-password", "/register", "/security"].concat([
  "/screen/wavry1example",
  "/sessions",
  "/share",
  "/sharing/wavry1example",
]);

const clock = new MovedClock();
let gateway: Gateway;
let origin: string;
let browser: Browser;
/** Ada's, who goes through all tests one after another. */
let ada: Tab;
/** A program of hers. */
let program: GatewayClient;

before(async () => {
  buildPages();
  ({ gateway, origin } = await startWebGateway(clock));
  browser = await startBrowser();
  ada = await openTab(browser, origin);
});

after(async () => {
  await browser?.close();
  await gateway?.[Symbol.asyncDispose]();
});

afterEach(() => assert.deepEqual(ada.complaints, []));

test("the gateway serves the page at the app's addresses and nowhere else, and lets nothing foreign in", async () => {
  for (const path of PATHS) {
    const response = await fetch(origin + path);
    assert.equal(response.status, 200, path);
    assert.equal(response.headers.get("cache-control"), "no-store");
    const policy = response.headers.get("content-security-policy") ?? "";
    assert.match(policy, /default-src 'none'/);
    assert.doesNotMatch(policy, /unsafe/);
  }
  const answer = await fetch(origin);
  const html = await answer.text();
  assert.doesNotMatch(html, /<style|style=|<script(?!>)|https?:/);
  // The one that starts the app is the only script that the policy knows, by what is in it.
  const scripts = [...html.matchAll(/<script>(.*?)<\/script>/gs)].map(([, text = ""]) => text);
  assert.equal(scripts.length, 1);
  const hash = createHash("sha256").update(scripts[0]!).digest("base64");
  const policy = answer.headers.get("content-security-policy") ?? "";
  assert.ok(policy.split("; ").includes(`script-src 'self' 'sha256-${hash}'`), policy);
  for (const [, asset = ""] of html.matchAll(/(?:src|href)="([^"]+)"/g)) {
    const response = await fetch(origin + asset);
    assert.equal(response.status, 200, asset);
    const kept = asset.startsWith("/assets/immutable/") ? /immutable/ : /no-cache/;
    assert.match(response.headers.get("cache-control") ?? "", kept, asset);
  }
  for (const path of ["/nothing", "/assets/nothing.js", "/sharing", "/api/v1/nothing"]) {
    const response = await fetch(origin + path);
    assert.equal(response.status, 404, path);
    assert.match(response.headers.get("content-type") ?? "", /json/);
  }
});

test("each page of the app is at an address that the gateway serves, loaded anew too", async () => {
  const routes = globSync("**/+page.svelte", {
    cwd: resolve(import.meta.dirname, "../src/routes"),
  });
  const paths = routes.map((file) =>
    `/${file.replace(/\(\w+\)\/|\/?\+page\.svelte$/g, "")}`.replace("[host]", "wavry1example"),
  );
  assert.deepEqual(paths.toSorted(), PATHS.toSorted());
});

test("a stranger sees how to sign in, to register and to reset a password", async () => {
  const { page } = ada;
  await page.goto("/");
  await heading(page, "Sign in");
  await assertAccessible(page, "sign-in");
  await page.getByLabel("E-mail").fill("nobody@example.org");
  await page.getByLabel("Password", { exact: true }).fill("wrong wrong wrong");
  await page.keyboard.press("Enter");
  await page.getByRole("alert").getByText("That does not fit.").waitFor();
  await assertAccessible(page, "sign-in-refused");
  await page.getByRole("link", { name: "Make an account" }).click();
  await heading(page, "Make an account");
  await page.getByLabel("Username").waitFor();
  await assertAccessible(page, "register");
  await page.goto("/forgot-password");
  await page.getByLabel("E-mail").fill("nobody@example.org");
  await assertAccessible(page, "forgot-password");
  await page.getByRole("button", { name: "Send the link" }).click();
  await page.getByText("Ask its administrator for a link").waitFor();
  await page.goto("/account#link=cut-off");
  await page.getByRole("alert").getByText("not copied whole").waitFor();
  await assertAccessible(page, "link-void");
});

test("the set-up link makes the first administrator, who is signed in then", async () => {
  const { page } = ada;
  const link = await createSetupLink(gateway.context);
  assert.ok(link);
  await page.goto(link.url);
  await heading(page, "Set up this gateway");
  await page.getByLabel("E-mail").fill("ada@example.org");
  await page.getByLabel("Username").fill("ada");
  await page.getByLabel("Name", { exact: true }).fill("Ada Lovelace");
  await page.getByLabel("Password", { exact: true }).fill(PASSWORD);
  await assertAccessible(page, "set-up");
  await page.getByRole("button", { name: "Make the account" }).click();
  await heading(page, "Machines");
  await page.getByText("No machine is open to you yet.").waitFor();
  await page.getByText("wants a second factor").waitFor();
  await assertAccessible(page, "machines-empty");
});

let secret = "";

test("an authenticator app is added, and signing in asks for its code", async () => {
  const { page } = ada;
  await page.getByRole("navigation").getByRole("link", { name: "Security" }).click();
  await heading(page, "Security");
  assert.equal(await page.evaluate("document.activeElement.tagName"), "H1");
  await assertAccessible(page, "security-none");
  await page.getByRole("button", { name: "Add an authenticator app" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("img", { name: "QR code for your authenticator app" }).waitFor();
  await assertAccessible(page, "security-totp");
  secret = (await dialog.locator("code").textContent()) ?? "";
  await dialog.getByLabel("Code of your authenticator app").fill(totpCode(secret, clock.now()));
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Your recovery codes" }).waitFor();
  assert.ok(((await page.getByRole("dialog").locator("code").textContent()) ?? "").length > 50);
  await assertAccessible(page, "security-recovery-codes");
  await page.getByRole("button", { name: "I have kept them" }).click();
  await page.getByRole("button", { name: "Remove the authenticator app" }).waitFor();
  await assertAccessible(page, "security-with-totp");
  await signOut(page);

  await page.getByLabel("E-mail").fill("ada@example.org");
  await page.getByLabel("Password", { exact: true }).fill(PASSWORD);
  await page.keyboard.press("Enter");
  await heading(page, "One more step");
  await assertAccessible(page, "sign-in-second-factor");
  await page.getByLabel("Code of your authenticator app").fill("000000");
  await page.keyboard.press("Enter");
  await page.getByRole("alert").getByText("wrong or was used").waitFor();
  // A code works once: the next sign-in needs the next one.
  clock.skip(STEP_MS);
  await page.getByLabel("Code of your authenticator app").fill(totpCode(secret, clock.now()));
  await page.keyboard.press("Enter");
  await heading(page, "Machines");
});

test("a program that waits with a code is shown, and let in by a click", async () => {
  const { page } = ada;
  const label = "ada's laptop <script>";
  const code = await post<LoginCode>("/api/v1/login-code", { label });
  await page.goto(code.verificationUriComplete);
  await page.getByText(label).waitFor();
  await page.getByText("127.0.0.1").waitFor();
  await assertAccessible(page, "login-code");
  await page.getByRole("button", { name: "Allow" }).click();
  await page.getByText("The program is signed in.").waitFor();
  await assertAccessible(page, "login-code-allowed");
  const { deviceCode } = code;
  const { token, account } = await post<SignedIn>("/api/v1/login-code/token", { deviceCode });
  assert.equal(account.username, "ada");
  program = new GatewayClient({ url: gateway.url, issuer: origin, token: token! });

  const other = await post<LoginCode>("/api/v1/login-code", { label: "somebody's" });
  await page.goto("/account#code");
  await page.getByLabel("Code").fill(other.userCode.toLowerCase());
  await assertAccessible(page, "login-code-typed");
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "Deny" }).click();
  await page.getByText("The program is turned away.").waitFor();
  const refused = await fetch(`${origin}/api/v1/login-code/token`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ deviceCode: other.deviceCode }),
  });
  assert.equal(refused.status, 400);
});

test("machines and devices are listed, renamed and grouped, and show up by themselves", async () => {
  const { page } = ada;
  await page.getByRole("link", { name: "Go to your machines" }).click();
  await page.getByText("No machine is open to you yet.").waitFor();
  await program.enrol({
    ...{ device: deviceSigner(createIdentity(nodeSuite), nodeSuite), kind: "host" as const },
    ...{ name: "Studio", platform: "linux" },
  });
  await page.getByRole("heading", { name: "Studio" }).waitFor();
  await page.getByText("never seen yet").waitFor();
  // What is not there is not offered.
  assert.equal(await page.getByRole("link", { name: "Connect Studio" }).count(), 0);
  await assertAccessible(page, "machines");
  await page.getByRole("button", { name: "From a terminal Studio" }).click();
  await page.getByRole("dialog").getByText("wavry connect wavry1").waitFor();
  await assertAccessible(page, "machines-open");
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "detached" });
  assert.equal(
    await page.evaluate("document.activeElement.textContent.trim()"),
    "From a terminal Studio",
  );

  await page.getByRole("navigation").getByRole("link", { name: "Devices" }).click();
  await page.getByRole("button", { name: "Rename Studio" }).click();
  await page.getByRole("dialog").getByRole("textbox").fill("Workshop");
  await assertAccessible(page, "devices-rename");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Workshop" }).waitFor();
  await page.getByRole("button", { name: "New group" }).click();
  await page.getByRole("dialog").getByRole("textbox").fill("At work");
  await page.keyboard.press("Enter");
  await page.getByLabel("Group of Workshop").selectOption({ label: "At work" });
  await page
    .getByRole("list", { name: "At work" })
    .getByRole("heading", { name: "Workshop" })
    .waitFor();
  await assertAccessible(page, "devices");
});

test("a machine is shared by a link, and with a person who accepts", async () => {
  const { page } = ada;
  await page.getByRole("link", { name: "Sharing Workshop" }).click();
  await heading(page, "Sharing of Workshop");
  await page.getByRole("button", { name: "New link" }).click();
  await assertAccessible(page, "sharing-link");
  await page.getByRole("button", { name: "Make the link" }).click();
  const shown = page.getByRole("dialog").getByText(`${origin}/share#`);
  assert.match((await shown.textContent()) ?? "", /#[\w-]{43}$/);
  await assertAccessible(page, "sharing-link-made");
  await page.getByRole("button", { name: "Done" }).click();
  await page.getByText("used by 0 of 1").waitFor();
  await page.getByRole("button", { name: "Invite a person" }).click();
  await page.getByLabel("E-mail or username").fill("grace");
  await page.getByLabel("Hear sound").check();
  await assertAccessible(page, "sharing-invite");
  await page.getByRole("button", { name: "Send the offer" }).click();
  await page.getByRole("heading", { name: "grace" }).waitFor();
  await assertAccessible(page, "sharing-offered");

  await using grace = await openTab(browser, origin);
  await grace.page.goto("/register");
  await grace.page.getByLabel("E-mail").fill("grace@example.org");
  await grace.page.getByLabel("Username").fill("grace");
  await grace.page.getByLabel("Name", { exact: true }).fill("Grace Hopper");
  await grace.page.getByLabel("Password", { exact: true }).fill(PASSWORD);
  await grace.page.keyboard.press("Enter");
  await heading(grace.page, "Machines");
  await page.getByRole("button", { name: "Take back grace" }).click();
  await page.getByText("Offers that wait").waitFor({ state: "detached" });
  // Who has no account when an offer is made does not get it.
  await page.getByRole("button", { name: "Invite a person" }).click();
  await page.getByLabel("E-mail or username").fill("grace");
  await page.getByRole("button", { name: "Send the offer" }).click();
  await page.getByText("Offers that wait").waitFor();
  await grace.page.reload();
  await grace.page.getByText("From Ada Lovelace (@ada)").waitFor();
  await assertAccessible(grace.page, "machines-offered");
  await grace.page.getByRole("button", { name: "Accept Workshop" }).click();
  await grace.page.getByText("Of Ada Lovelace").waitFor();
  await assertAccessible(grace.page, "machines-shared");
  assert.deepEqual(grace.complaints, []);

  await page.reload();
  await page.getByText("@grace").waitFor();
  await page.getByRole("button", { name: "Change Grace Hopper" }).click();
  await page.getByLabel("Use keyboard and mouse").uncheck();
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByRole("dialog").waitFor({ state: "detached" });
  await assertAccessible(page, "sharing");
  await page.getByRole("button", { name: /^End / }).click();
  await page.getByRole("dialog").getByRole("button", { name: "End", exact: true }).click();
  await page.getByText("There is no link.").waitFor();
});

test("a passkey is added, and signs in alone", async () => {
  const { page } = ada;
  await addAuthenticator(ada);
  await page.getByRole("navigation").getByRole("link", { name: "Security" }).click();
  await page.getByRole("button", { name: "Add a passkey" }).click();
  await page.getByLabel("A name for it").fill("Laptop");
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "Remove Laptop" }).waitFor();
  await assertAccessible(page, "security");
  await signOut(page);
  await page.getByRole("button", { name: "Sign in with a passkey" }).click();
  await page.getByRole("button", { name: "Sign out" }).waitFor();
});

test("a sensitive change asks once more who it is", async () => {
  const { page } = ada;
  await page.getByRole("navigation").getByRole("link", { name: "Account" }).click();
  await heading(page, "Account");
  await assertAccessible(page, "account");
  await page.getByLabel("Name", { exact: true }).fill("Ada King");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByRole("banner").getByText("Ada King").waitFor();
  // Long enough for the last proof to be old.
  clock.skip(3_600_000);
  await page.getByLabel("New password").fill(`${PASSWORD}-2`);
  await page.getByRole("button", { name: "Set the password" }).click();
  await page.getByRole("heading", { name: "Is it you?" }).waitFor();
  await page.getByLabel("Code of your authenticator app").fill(totpCode(secret, clock.now()));
  await assertAccessible(page, "identity");
  await page.getByRole("button", { name: "Confirm" }).click();
  await page.getByText("The password is set.").waitFor();
  await page.getByRole("button", { name: "Delete the account" }).click();
  await page.getByLabel("Type your username, ada").fill("grace");
  await page.getByRole("button", { name: "Delete for good" }).click();
  await page.getByText("This is not your username.").waitFor();
  await assertAccessible(page, "account-delete");
  await page.getByRole("button", { name: "Cancel" }).click();
});

test("sign-ins are listed and ended, this one too", async () => {
  const { page } = ada;
  await page.getByRole("navigation").getByRole("link", { name: "Sign-ins" }).click();
  await page.getByText("This browser").waitFor();
  await assertAccessible(page, "sessions");
  await page.getByRole("button", { name: "End all sign-ins" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "End all sign-ins" }).click();
  await heading(page, "Sign in");
  await page.goto("/devices");
  await heading(page, "Sign in");
});

test("letters' links lead to an account, a new password and a new e-mail", async () => {
  await using mailbox = await startMailbox();
  const smtp = { url: mailbox.url, from: "wavry@example.org" };
  const posting = await startWebGateway(clock, { smtp });
  await using _gateway = posting.gateway;
  await using tab = await openTab(browser, posting.origin);
  const { page } = tab;
  await page.goto("/register");
  await page.getByLabel("E-mail").fill("joan@example.org");
  await page.getByLabel("Username").fill("joan");
  await page.getByLabel("Name", { exact: true }).fill("Joan Clarke");
  await page.getByLabel("Password", { exact: true }).fill(PASSWORD);
  await page.keyboard.press("Enter");
  await page.getByText("A letter is on its way to joan@example.org").waitFor();
  await page.goto(await mailbox.link("joan@example.org", 1));
  await heading(page, "Confirm your account");
  await assertAccessible(page, "link-registration");
  await page.getByRole("button", { name: "Confirm" }).click();
  await page.getByText("Your account is there.").waitFor();

  await page.goto("/forgot-password");
  await page.getByLabel("E-mail").fill("joan@example.org");
  await page.keyboard.press("Enter");
  await page.getByText("If joan@example.org has an account").waitFor();
  await page.goto(await mailbox.link("joan@example.org", 2));
  await page.getByLabel("New password").fill("joan12345678");
  await page.keyboard.press("Enter");
  await page.getByRole("alert").waitFor();
  await page.getByLabel("New password").fill(`${PASSWORD}-2`);
  await assertAccessible(page, "link-password-reset");
  await page.keyboard.press("Enter");
  await page.getByText("Your password is set.").waitFor();

  await page.goto("/account");
  await page.getByLabel("E-mail").fill("joan@example.org");
  await page.getByLabel("Password", { exact: true }).fill(`${PASSWORD}-2`);
  await page.keyboard.press("Enter");
  await page.getByLabel("New e-mail").fill("joan@example.com");
  await page.getByRole("button", { name: "Send the letter" }).click();
  await page.getByText("A letter is on its way to joan@example.com").waitFor();
  await page.goto(await mailbox.link("joan@example.com", 1));
  await page.getByText("have the address joan@example.com").waitFor();
  await assertAccessible(page, "link-email");
  await page.getByRole("button", { name: "Confirm" }).click();
  await page.getByText("Your account has the new address.").waitFor();
  assert.deepEqual(tab.complaints, []);
});

test("the pages fit a phone", async () => {
  const { page } = ada;
  await page.setViewportSize({ width: 360, height: 640 });
  await page.goto("/register");
  await page.getByLabel("Username").waitFor();
  assert.ok((await page.evaluate<number>("document.documentElement.scrollWidth")) <= 360);
  await assertAccessible(page, "register-phone");
});

async function heading(page: Page, name: string): Promise<void> {
  await page
    .getByRole("heading", { level: 1, name, exact: true })
    .waitFor()
    .catch(async (cause: unknown) => {
      const shown = await page.getByRole("main").textContent();
      throw new Error(`instead of “${name}”: ${shown}`, { cause });
    });
}

async function signOut(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Sign out" }).click();
  await heading(page, "Sign in");
}

/** What a program asks of the gateway. */
async function post<T>(path: string, body: object): Promise<T> {
  const response = await fetch(origin + path, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  assert.equal(response.status, 200, path);
  return (await response.json()) as T;
}
