import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout } from "node:timers/promises";
import type { Gateway } from "@wavry/gateway";
import { Device } from "@wavry/signaling";
import type { Browser, Page } from "playwright-core";
import { assertAccessibleEverywhere } from "./accessibility.ts";
import { makePerson, type Person, type QuietHost, startQuietHost } from "./person.ts";
import { openTab, startBrowser, type Tab } from "./real-browser.ts";
import { stubConnects, stubDoes, stubLog, useScreenStub, waitForGrant } from "./screen-stub.ts";
import { until } from "./until.ts";
import { buildPages, MovedClock, startWebGateway } from "./web-gateway.ts";

let gateway: Gateway;
let origin: string;
let browser: Browser;
let ada: Person;
let studio: QuietHost;

before(async () => {
  buildPages();
  ({ gateway, origin } = await startWebGateway(new MovedClock()));
  browser = await startBrowser();
  ada = await makePerson(origin, "ada");
  studio = await startQuietHost(ada, "Studio");
});

after(async () => {
  studio?.[Symbol.dispose]();
  await browser?.close();
  await gateway?.[Symbol.asyncDispose]();
});

test("no picture is taken of a machine unless its owner allows it", async () => {
  await using tab = await openAs(ada);
  const { page } = tab;
  await open(page);
  // The first look comes by itself, and asks.
  const asked = page.waitForResponse((response) => response.url().endsWith("/api/v1/hosts"));
  await stubConnects(page);
  await asked;
  await page.getByRole("toolbar", { name: "Session" }).waitFor();
  await leave(page);
  assert.ok(!(await stubLog(page)).includes("picture"));
  await page.getByRole("link", { name: "Sharing Studio" }).click();
  await page.getByText("Not allowed", { exact: true }).waitFor();
  assert.equal(await preview(page).count(), 0);
  assert.deepEqual(tab.complaints, []);
});

test("where it is allowed, the machine's last picture is shown after leaving, in that browser alone, and goes nowhere", async () => {
  await letPreviews(false);
  await using tab = await openAs(ada);
  const { page } = tab;
  await page.goto(`/sharing/${studio.id}`);
  await page.getByRole("button", { name: "Allow small pictures" }).click();
  await page.getByText("Allowed", { exact: true }).waitFor();
  await assertAccessibleEverywhere(page, "sharing-previews");

  const sent: (string | null)[] = [];
  page.on("request", (request) => {
    if (request.url().startsWith("http")) sent.push(request.postData());
  });
  await visit(page);
  await until(page, 'stubLog.includes("picture")');
  await untilKept(page, 1);
  await stubDoes(page, 'stub.colour = "#c02010"');
  await leave(page);
  await preview(page).waitFor();
  assert.match((await preview(page).getAttribute("alt"))!, /^Last picture of Studio, just now$/);
  // The one of the moment of leaving.
  await until(page, `(${MIDDLE})()`);
  await assertAccessibleEverywhere(page, "machines-preview");
  for (const body of sent) assert.ok((body ?? "").length < 2_000, body ?? "");

  await using other = await openAs(ada);
  await other.page.goto("/");
  await other.page.getByRole("link", { name: "Connect Studio" }).waitFor();
  assert.equal(await preview(other.page).count(), 0);
  assert.deepEqual([...tab.complaints, ...other.complaints], []);
});

test("pictures are deleted at once when the owner forbids them", async () => {
  await letPreviews(true);
  await using tab = await openAs(ada);
  const { page } = tab;
  await visit(page);
  await untilKept(page, 1);
  await leave(page);
  await preview(page).waitFor();
  await letPreviews(false);
  await preview(page).waitFor({ state: "detached" });
  await untilKept(page, 0);

  // By the page itself, too.
  await letPreviews(true);
  await visit(page);
  await untilKept(page, 1);
  await page.goto(`/sharing/${studio.id}`);
  await page.getByRole("button", { name: "Forbid small pictures" }).click();
  await page.getByText("Not allowed", { exact: true }).waitFor();
  await untilKept(page, 0);
  assert.deepEqual(tab.complaints, []);
});

test("signing out deletes them, and what another tab takes then is not kept", async () => {
  await letPreviews(true);
  await using tab = await openAs(ada);
  const { page } = tab;
  await visit(page);
  await untilKept(page, 1);
  await leave(page);
  await preview(page).waitFor();
  // Another tab shows the screen; what it takes when it is put out is not kept.
  const second = await tab.context.newPage();
  await useScreenStub(second);
  await visit(second);
  await until(second, 'stubLog.includes("picture")');
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByRole("heading", { name: "Sign in", level: 1 }).waitFor();
  await until(second, "document.querySelector('wavry-screen') === null");
  await untilKept(page, 0);
  await ada.signIn(tab.context);
  await page.goto("/");
  await page.getByRole("link", { name: "Connect Studio" }).waitFor();
  assert.equal(await preview(page).count(), 0);
  assert.deepEqual(tab.complaints, []);
});

/** How many pictures the browser keeps. */
const KEPT = `new Promise((resolve) => {
  const opening = indexedDB.open("wavry-previews", 1);
  // Before the page made it there is none: the page is to make it itself.
  opening.onupgradeneeded = () => opening.transaction.abort();
  opening.onerror = () => resolve(0);
  opening.onsuccess = () => {
    const db = opening.result;
    const counting = db.transaction("pictures").objectStore("pictures").count();
    counting.onsuccess = () => { db.close(); resolve(counting.result); };
  };
})`;

async function untilKept(page: Page, count: number): Promise<void> {
  const deadline = performance.now() + 60_000;
  for (;;) {
    const kept = await page.evaluate<number>(KEPT);
    if (kept === count) return;
    assert.ok(performance.now() < deadline, `${kept} pictures are kept`);
    await setTimeout(20);
  }
}

/** Whether the picture that is shown is red. */
const MIDDLE = `() => {
  const image = document.querySelector("img.preview");
  if (!image?.complete || image.naturalWidth !== 320) return false;
  const context = new OffscreenCanvas(1, 1).getContext("2d");
  context.drawImage(image, -160, -90);
  const [red, green, blue] = context.getImageData(0, 0, 1, 1).data;
  return red > 150 && green < 70 && blue < 60;
}`;

async function openAs(person: Person): Promise<Tab> {
  const tab = await openTab(browser, origin);
  await useScreenStub(tab.page);
  await person.signIn(tab.context);
  return tab;
}

async function letPreviews(previews: boolean): Promise<void> {
  const path = `/api/v1/devices/${studio.id}`;
  await ada.client.call({ method: "PATCH", path, answer: Device, body: { previews } });
}

/** Goes to the machine's screen, which is not there yet. */
async function open(page: Page): Promise<void> {
  await page.goto("/");
  await page.getByRole("link", { name: "Connect Studio" }).click();
  await waitForGrant(page);
}

/** Is on the machine's screen. */
async function visit(page: Page): Promise<void> {
  await open(page);
  await stubConnects(page);
  await page.getByRole("toolbar", { name: "Session" }).waitFor();
}

/** Leaves it for the machines. */
async function leave(page: Page): Promise<void> {
  await page.goBack();
  await page.getByRole("heading", { name: "Machines", level: 1 }).waitFor();
}

function preview(page: Page) {
  return page.getByRole("img", { name: /^Last picture of Studio/ });
}
