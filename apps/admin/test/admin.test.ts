import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { resolve } from "node:path";
import { after, before, test } from "node:test";
import type { Gateway } from "@wavry/gateway";
import type { Browser, Page } from "playwright-core";
import { axeFindings, openPage, startBrowser, tabTo, takePicture } from "./browser.ts";
import {
  addTotp,
  call,
  PANEL_TOKEN,
  PASSWORD,
  register,
  seed,
  signIn,
  startGateway,
  totpCode,
} from "./seed.ts";

const BUILD = resolve(import.meta.dirname, "../../../scripts/build-app.mjs");
const PAGES = [
  ["#/", "Overview"],
  ["#/users", "Users"],
  ["#/devices", "Devices"],
  ["#/sessions", "Sessions"],
  ["#/sessions?show=sign-ins", "Sessions"],
  ["#/relays", "Relays"],
  ["#/bans", "Bans"],
  ["#/invitations", "Invitations"],
  ["#/audit", "Audit"],
  ["#/nowhere", "Not found"],
] as const;

const stack = new AsyncDisposableStack();
let skippedMillis = 0;
const now = () => Date.now() + skippedMillis;
let gateway: Gateway;
let browser: Browser;
let bob: string;
let origin: string;

before(async () => {
  const { status, stderr } = spawnSync(process.execPath, [BUILD, "admin"], { encoding: "utf8" });
  assert.equal(status, 0, stderr);
  gateway = stack.use(await startGateway({ now }));
  origin = gateway.context.config.publicUrl.origin;
  browser = stack.adopt(await startBrowser(), (one) => one.close());
  ({ bob } = await seed(gateway, now()));
});
after(() => stack.disposeAsync());

/** A new tab at the administration; what it complained about is asserted at its end. */
async function withPage(
  options: Parameters<Browser["newContext"]>[0],
  body: (page: Page) => Promise<void>,
): Promise<void> {
  const context = await browser.newContext(options);
  try {
    const { page, complaints } = await openPage(context, origin);
    await page.goto(`${origin}/admin`);
    await body(page);
    assert.deepEqual(complaints, []);
  } finally {
    await context.close();
  }
}

async function enterWithToken(page: Page): Promise<void> {
  await page.getByRole("radio", { name: "the administration token" }).check();
  await page.getByRole("textbox", { name: "Administration token" }).fill(PANEL_TOKEN);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("heading", { name: "Overview" }).waitFor();
}

/** Such as "users" of "#/users", and "user" of what has an ID. */
function pictureName(what: string): string {
  const words = what.replace(/\/[\w-]{22}$/, "-one").toLowerCase();
  return words === "#/" ? "overview" : words.replace(/^#\//, "").replaceAll(/[^a-z]+/g, "-");
}

async function settle(page: Page): Promise<void> {
  await page.getByText("Loading…").waitFor({ state: "detached" });
  await page.locator("[aria-busy=true]").waitFor({ state: "detached" });
}

for (const colorScheme of ["light", "dark"] as const)
  test(`every page is axe-clean in ${colorScheme} colours`, async () =>
    withPage({ colorScheme, locale: "de-DE" }, async (page) => {
      const check = async (what: string) => {
        assert.deepEqual(await axeFindings(page), [], what);
        await takePicture(page, `${pictureName(what)}-${colorScheme}`);
      };
      await page.getByRole("heading", { name: "Wavry administration" }).waitFor();
      await check("sign-in");
      await enterWithToken(page);
      for (const [hash, title] of [...PAGES, [`#/users/${bob}`, "User"] as const]) {
        await page.evaluate(`location.hash = ${JSON.stringify(hash)}`);
        await page.getByRole("heading", { name: title, exact: true, level: 1 }).waitFor();
        await settle(page);
        await check(hash);
      }
      for (const button of ["Ban", "Delete", "Change role"]) {
        await page.getByRole("button", { name: button, exact: true }).click();
        await page.getByRole("dialog").waitFor();
        await check(button);
        await page.keyboard.press("Escape");
        await page.getByRole("dialog").waitFor({ state: "detached" });
      }
      // A search that finds nothing, and a failure.
      await page.evaluate('location.hash = "#/users?search=nobody-has-this-name"');
      await page.getByText("No account fits.").waitFor();
      await check("nothing found");
      await page.route("**/admin/api/devices*", (route) => route.abort());
      await page.evaluate('location.hash = "#/devices"');
      await page.getByRole("alert").waitFor();
      await check("failure");
      const text = await page.getByRole("alert").textContent();
      assert.match(text!, /cannot be reached/);
    }));

test("dates follow the browser's language", () =>
  withPage({ locale: "de-DE", timezoneId: "Europe/Berlin" }, async (page) => {
    await enterWithToken(page);
    await page.evaluate('location.hash = "#/users"');
    const time = page.locator("td time").first();
    assert.match((await time.textContent())!.trim(), /^\d{2}\.\d{2}\.\d{4}, \d{2}:\d{2}$/);
  }));

test("everything can be done by keyboard: sign in, search, open, ban, page, lift", () =>
  withPage({}, async (page) => {
    const { keyboard } = page;
    await page.getByRole("heading", { name: "Wavry administration" }).waitFor();
    await tabTo(page, "your account");
    await keyboard.press("ArrowDown");
    await tabTo(page, "Administration token");
    await keyboard.type("not the token but as long as one");
    await keyboard.press("Enter");
    await page.getByText("this is not the administration token").waitFor();
    await keyboard.press("ControlOrMeta+a");
    await keyboard.type(PANEL_TOKEN);
    await keyboard.press("Enter");
    await page.getByRole("heading", { name: "Overview" }).waitFor();
    // The first stop leads past the navigation.
    await keyboard.press("Tab");
    assert.equal(await page.evaluate("document.activeElement.innerText"), "Skip to the content");
    await tabTo(page, "Users");
    await keyboard.press("Enter");
    await page.getByRole("heading", { name: "Users", level: 1 }).waitFor();
    await page.waitForFunction('document.activeElement?.textContent === "Users"');
    await tabTo(page, "User ↕");
    await keyboard.press("Enter");
    await page.locator('th[aria-sort="ascending"]', { hasText: "User" }).waitFor();
    assert.match(page.url(), /sort=username/);
    const firstRow = page.locator("tbody tr").first();
    await page.locator("tbody tr", { hasText: "bob@example.org" }).waitFor();
    await tabTo(page, "Next page");
    await keyboard.press("Enter");
    await page.getByText("Page 2", { exact: true }).waitFor();
    await page.locator("tbody tr", { hasText: "user9" }).waitFor();
    await page.locator("h1").focus();
    await tabTo(page, "Name or e-mail");
    await keyboard.type("BOB@");
    await page.getByText("Page 2", { exact: true }).waitFor({ state: "detached" });
    await page.getByText("1 rows, page 1").waitFor({ state: "attached" });
    await tabTo(page, "bob");
    await keyboard.press("Enter");
    await page.getByRole("heading", { name: "bob", level: 2 }).waitFor();
    await tabTo(page, "Ban");
    await keyboard.press("Enter");
    await page.getByRole("dialog").waitFor();
    await keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "detached" });
    assert.equal(await page.evaluate("document.activeElement.innerText"), "Ban");
    await keyboard.press("Enter");
    await tabTo(page, "Cancel");
    await keyboard.press("Enter");
    await page.getByRole("dialog").waitFor({ state: "detached" });
    await page.waitForFunction('document.activeElement.innerText === "Ban"');
    await keyboard.press("Enter");
    await tabTo(page, "Reason, for administrators");
    await keyboard.type("too loud");
    await keyboard.press("Enter");
    await page.getByText("bob is banned.").waitFor();
    await page.getByText("Banned", { exact: true }).waitFor();
    await page.getByText("The account is signed in nowhere.").waitFor();
    await page.locator("h1").focus();
    await keyboard.press("Shift+Tab");
    await page.evaluate("document.activeElement.blur()");
    await tabTo(page, "Bans");
    await keyboard.press("Enter");
    await page.locator("td", { hasText: "too loud" }).waitFor();
    await firstRow.waitFor();
    await tabTo(page, "Lift the ban of bob");
    await keyboard.press("Enter");
    await tabTo(page, "Lift");
    await keyboard.press("Enter");
    await page.getByText("bob is no longer banned.").waitFor();
    await page.locator("td", { hasText: "too loud" }).waitFor({ state: "detached" });
  }));

test("an account with a role signs in with its second factor and proves it anew for what is grave", async () => {
  const id = await register(gateway, "ada");
  await register(gateway, "carl");
  const { db } = gateway.context.store;
  await db.updateTable("users").set({ role: "admin" }).where("id", "=", id).execute();
  const secret = await addTotp(gateway, "ada", now());
  const nextCode = () => {
    skippedMillis += 30_000;
    return totpCode(secret, now());
  };
  await withPage({}, async (page) => {
    const enter = async (name: string) => {
      await page.getByLabel("E-mail").fill(`${name}@example.org`);
      await page.getByLabel("Password").fill(PASSWORD);
      await page.getByLabel("Password").press("Enter");
    };
    await enter("carl");
    await page.getByText("your account has no part in the administration").waitFor();
    await enter("ada");
    await page.getByLabel("Code of your authenticator app").fill("000000");
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByText("this code is wrong").waitFor();
    assert.deepEqual(await axeFindings(page), []);
    await page.getByLabel("Code of your authenticator app").fill(nextCode());
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByRole("heading", { name: "Overview" }).waitFor();
    await page.reload();
    await page.getByRole("heading", { name: "Overview" }).waitFor();
    await page.evaluate(`location.hash = "#/users/${id}"`);
    await page.getByText("This is your own account").waitFor();
    await page.evaluate('location.hash = "#/users?search=carl"');
    await page.getByRole("link", { name: "carl" }).click();
    await db.updateTable("sessions").set({ confirmed_at: null }).execute();
    await page.getByRole("button", { name: "Delete", exact: true }).click();
    const dialog = page.getByRole("dialog", { name: "Delete carl?" });
    assert.equal(await dialog.getByRole("button", { name: "Delete" }).isDisabled(), true);
    await dialog.getByLabel("Type carl to go on").fill("carl");
    await dialog.getByRole("button", { name: "Delete" }).click();
    await page.getByRole("heading", { name: "Confirm that it is you" }).waitFor();
    assert.deepEqual(await axeFindings(page), []);
    await page.getByLabel("Code of your authenticator app").fill(nextCode());
    await page.getByRole("button", { name: "Confirm" }).click();
    await page.getByText("carl is deleted.").waitFor();
    await page.getByRole("heading", { name: "Users", level: 1 }).waitFor();
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByRole("heading", { name: "Wavry administration" }).waitFor();
    await page.reload();
    await page.getByRole("heading", { name: "Wavry administration" }).waitFor();
  });
});

test("an invitation is made, shown once, and withdrawn; a screen session is ended", () =>
  withPage({}, async (page) => {
    await enterWithToken(page);
    await page.getByRole("link", { name: "Invitations" }).first().click();
    await page.getByRole("button", { name: "Invite" }).click();
    await page.getByLabel("E-mail").fill("grace@example.org");
    await page.getByRole("button", { name: "Make the link" }).click();
    const made = page.getByRole("dialog", { name: "The invitation" });
    const link = await made.getByLabel("Link").inputValue();
    assert.match(link, /\/account#link=[A-Za-z0-9_-]{43}$/);
    assert.deepEqual(await axeFindings(page), []);
    await page.getByRole("button", { name: "Close" }).click();
    await page.getByLabel("Withdraw the invitation for grace@example.org").click();
    await page.getByRole("dialog").getByRole("button", { name: "Withdraw" }).click();
    await page.getByText("The invitation is void.").waitFor();
    await page.getByRole("link", { name: "Sessions" }).click();
    await page.getByLabel("End the session on Bob's host").click();
    await page.getByRole("dialog").getByRole("button", { name: "End" }).click();
    await page.getByText("No screen is shown to anybody.").waitFor();
    await page.getByLabel("Show").selectOption("ended");
    await page.getByText("revoked").waitFor();
  }));

test("a viewer is offered nothing that a viewer may not do", async () => {
  const id = await register(gateway, "vera");
  const { db } = gateway.context.store;
  await db.updateTable("users").set({ role: "viewer" }).where("id", "=", id).execute();
  const secret = await addTotp(gateway, "vera", now());
  skippedMillis += 30_000;
  await withPage({}, async (page) => {
    await page.getByLabel("E-mail").fill("vera@example.org");
    await page.getByLabel("Password").fill(PASSWORD);
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByLabel("Code of your authenticator app").fill(totpCode(secret, now()));
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByRole("heading", { name: "Overview" }).waitFor();
    for (const hash of [`#/users/${bob}`, "#/invitations", "#/bans", "#/sessions?show=sign-ins"]) {
      await page.evaluate(`location.hash = ${JSON.stringify(hash)}`);
      await settle(page);
      const names = await page.locator("main button").allInnerTexts();
      assert.deepEqual(
        names.filter((name) => !/page$|[↕▲▼]/.test(name)),
        [],
        hash,
      );
    }
  });
});

test("a passkey is taken as second factor", async () => {
  const id = await register(gateway, "pia");
  const { db } = gateway.context.store;
  await db.updateTable("users").set({ role: "operator" }).where("id", "=", id).execute();
  const token = await signIn(gateway, "pia");
  await withPage({}, async (page) => {
    const devtools = await page.context().newCDPSession(page);
    await devtools.send("WebAuthn.enable");
    await devtools.send("WebAuthn.addVirtualAuthenticator", {
      options: {
        ...{ protocol: "ctap2", transport: "internal", hasResidentKey: true },
        ...{ hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true },
      },
    });
    const path = "/api/v1/second-factor/passkeys";
    const { challengeId, options } = await call<{ challengeId: string; options: object }>(
      gateway,
      `${path}/challenge`,
      undefined,
      token,
    );
    const credential = (await page.evaluate(`(async () => {
      const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(${JSON.stringify(options)});
      return (await navigator.credentials.create({ publicKey })).toJSON();
    })()`)) as object;
    await call(gateway, path, { challengeId, credential, name: "Key" }, token);
    await page.getByLabel("E-mail").fill("pia@example.org");
    await page.getByLabel("Password").fill(PASSWORD);
    await page.getByLabel("Password").press("Enter");
    await page.getByRole("button", { name: "Use a passkey" }).click();
    await page.getByRole("heading", { name: "Overview" }).waitFor();
    await page.getByText("pia Operator").waitFor();
  });
});

test("a relay is let in, drained and banned by keyboard", () =>
  withPage({}, async (page) => {
    const { keyboard } = page;
    await enterWithToken(page);
    await page.evaluate('location.hash = "#/relays"');
    await page.getByRole("heading", { name: "Relays", level: 1 }).waitFor();
    await settle(page);
    const name = `wavry1new${"q".repeat(5)}…`;
    const row = page.getByRole("row").filter({ hasText: "wavry1new" });
    for (const [act, left] of [
      ["Allow", "Drain"],
      ["Drain", "Allow"],
      ["Ban", "Allow"],
    ] as const) {
      await tabTo(page, `${act} ${name}`);
      await keyboard.press("Enter");
      await page.getByRole("dialog").waitFor();
      assert.deepEqual(await axeFindings(page), [], act);
      await tabTo(page, act);
      await keyboard.press("Enter");
      await page.getByRole("dialog").waitFor({ state: "detached" });
      await row.getByRole("button", { name: `${left} ${name}` }).waitFor();
    }
    await row.getByText("Banned").waitFor();
    const orders = await gateway.context.store.db
      .selectFrom("audit")
      .select("action")
      .where("action", "in", ["relay.allowed", "relay.drained", "relay.banned"])
      .orderBy("seq")
      .execute();
    assert.deepEqual(
      orders.map(({ action }) => action),
      ["relay.allowed", "relay.drained", "relay.banned"],
    );
  }));
