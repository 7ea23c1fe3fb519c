import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { type Gateway, openDoor } from "@wavry/gateway";
import { askDoor } from "@wavry/gateway/local";
import { GatewayClient } from "@wavry/gateway-client";
import type { Browser, Page } from "playwright-core";
import { assertAccessibleEverywhere } from "./accessibility.ts";
import { startQuietHost } from "./person.ts";
import { openTab, startBrowser } from "./real-browser.ts";
import { buildPages, MovedClock, startWebGateway } from "./web-gateway.ts";

const clock = new MovedClock();
let gateway: Gateway;
let origin: string;
let browser: Browser;

before(async () => {
  buildPages();
  ({ gateway, origin } = await startWebGateway(clock));
  browser = await startBrowser();
});

after(async () => {
  await browser?.close();
  await gateway?.[Symbol.asyncDispose]();
});

test("the link that a gateway's owner is given signs in once and shows their machine first", async () => {
  await using own = await startOwnGateway();
  await using tab = await openTab(browser, own.origin);
  const { page } = tab;
  const { token } = await askDoor(own.door, { ask: "host-session", label: "den" });
  const owner = { client: new GatewayClient({ url: own.origin, token }) };
  using _attic = await startQuietHost(owner, "Attic");
  using den = await startQuietHost(owner, "Den");
  const { url } = await askDoor(own.door, { ask: "sign-in-link", hostId: den.id });
  await page.goto(url);
  await heading(page, "Machines");
  // The used token is not in the address any more, nor a step back.
  assert.equal(page.url(), `${own.origin}/`);
  await page.getByRole("listitem").first().getByText("Den").first().waitFor();
  await page.getByRole("link", { name: "Connect Den" }).waitFor();
  await page.getByRole("link", { name: "Administration" }).waitFor();

  await page.getByRole("button", { name: "Sign out" }).click();
  await heading(page, "Sign in");
  await page.goto(url);
  await heading(page, "This sign-in does not work");
  await page.getByRole("alert").getByText("Each works once").waitFor();
  await assertAccessibleEverywhere(page, "enter-used");
  await page.getByRole("link", { name: "Sign in" }).click();
  await heading(page, "Sign in");
  assert.deepEqual(tab.complaints, []);
});

test("a sign-in link that was not copied whole, and a gateway that does not answer, are told apart", async () => {
  await using tab = await openTab(browser, origin);
  const { page } = tab;
  await page.goto("/#/enter/cut-off");
  await heading(page, "This sign-in does not work");
  await page.route("**/api/v1/sessions/one-time", (route) => route.abort());
  await page.goto(`/#/enter/${"A".repeat(43)}`);
  await page.getByRole("alert").getByText("The gateway cannot be reached").waitFor();
  await assertAccessibleEverywhere(page, "enter-offline");
  await page.unroute("**/api/v1/sessions/one-time");
  await page.getByRole("button", { name: "Try again" }).click();
  await heading(page, "This sign-in does not work");
});

test("an address with an escape that is none behind # opens the app as any other", async () => {
  await using tab = await openTab(browser, origin);
  const { page } = tab;
  await page.goto("/#/enter/%E0%A4%A");
  await heading(page, "Sign in");
  assert.equal(page.url(), `${origin}/`);
  await page.goto("/#/enter/cut-off");
  await heading(page, "This sign-in does not work");
  await page.getByRole("link", { name: "Sign in" }).click();
  await heading(page, "Sign in");
  assert.deepEqual(tab.complaints, []);
});

test("a sign-in link stands for the password: a second factor is asked for as well", async () => {
  await using tab = await openTab(browser, origin);
  const { page } = tab;
  const answer = { status: "second-factor-required", ticket: "A".repeat(43), methods: ["totp"] };
  await page.route("**/api/v1/sessions/one-time", (route) => route.fulfill({ json: answer }));
  await page.goto(`/#/enter/${"A".repeat(43)}`);
  await heading(page, "One more step");
  await page.getByLabel("Code of your authenticator app").fill("123456");
  await page.keyboard.press("Enter");
  // This gateway gave no such ticket.
  await heading(page, "Sign in");
  await page.getByText("That took too long.").waitFor();
});

/** A gateway on a database of its own in a folder, with the door for who owns that. */
async function startOwnGateway(): Promise<{ origin: string; door: string } & AsyncDisposable> {
  await using stack = new AsyncDisposableStack();
  const folder = mkdtempSync(join(tmpdir(), "wavry-web-"));
  stack.defer(() => rmSync(folder, { recursive: true, force: true }));
  const store = { kind: "sqlite", file: join(folder, "gateway.sqlite") } as const;
  const started = await startWebGateway(clock, { store });
  stack.use(started.gateway);
  const door = join(folder, "door");
  stack.use(await openDoor(started.gateway, door));
  const owned = stack.move();
  return {
    ...{ origin: started.origin, door },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

async function heading(page: Page, name: string): Promise<void> {
  await page
    .getByRole("heading", { level: 1, name, exact: true })
    .waitFor()
    .catch(async (cause: unknown) => {
      const shown = await page.getByRole("main").textContent();
      throw new Error(`instead of “${name}”: ${shown}`, { cause });
    });
}
