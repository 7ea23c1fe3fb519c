import assert from "node:assert/strict";
import { test } from "node:test";
import { Done, NewShareLink, type Right } from "@wavry/signaling";
import { pressedKeycodes, queryPointer } from "@wavry/x11";
import type { Page } from "playwright-core";
import { beat } from "../../../apps/gateway/src/signaling/beat.ts";
import { hub as hubOf } from "../../../apps/gateway/test/helpers/devices.ts";
import { openTab } from "../../../apps/web/test/real-browser.ts";
import { setUp } from "./set-up.ts";
import { placeOf, screenIs, untilPointerFollows, untilShown, untilShows } from "./stage.ts";

const PATIENCE_MS = 60_000;
const LINK_SECONDS = 600;

const scene = setUp();

test("a guest without an account tells their name once, sees the screen and cannot use it", async () => {
  const { url } = await share(["view"]);
  await using tab = await openTab(scene.browser, scene.stage.origin);
  const { page } = tab;
  await page.goto(url);
  await page.getByLabel("Your name").fill("Joan");
  await page.getByRole("button", { name: "Open the screen" }).click();
  await untilShown(page);
  await untilShows(page, 0x204060);
  assert.deepEqual(await screenIs(page, "rights"), ["view"]);
  await page.getByText("View only: you may see this screen").waitFor({ state: "attached" });

  const before = queryPointer(scene.stage.onHost);
  const place = await placeOf(page, 200, 200);
  await page.mouse.click(place.x, place.y);
  await page.keyboard.down("a");
  // What is drawn after it and seen here leaves it all the time that it needs.
  scene.stage.paint(0xa05010);
  await untilShows(page, 0xa05010);
  assert.deepEqual(pressedKeycodes(scene.stage.onHost), []);
  const { x, y, mask } = queryPointer(scene.stage.onHost);
  assert.deepEqual({ x, y, mask }, { x: before.x, y: before.y, mask: before.mask });
  await page.keyboard.up("a");

  await page.reload();
  await untilShown(page);
  await untilShows(page, 0xa05010);
  assert.equal(await page.getByLabel("Your name").count(), 0);
  assert.deepEqual(tab.complaints, []);
});

test("a guest with the right to control the machine does so", async () => {
  const { url } = await share(["view", "control"]);
  await using tab = await openTab(scene.browser, scene.stage.origin);
  const { page } = tab;
  await page.goto(url);
  await page.getByLabel("Your name").fill("Joan");
  await page.keyboard.press("Enter");
  await untilShown(page);
  await untilPointerFollows(page, scene.stage, { x: 900, y: 500 });
});

test("a guest whose link is ended while they watch is out and told so, and the link opens nothing any more", async () => {
  const { url, link } = await share(["view"]);
  await using tab = await openTab(scene.browser, scene.stage.origin);
  const { page } = tab;
  await page.goto(url);
  await page.getByLabel("Your name").fill("Joan");
  await page.keyboard.press("Enter");
  await untilShown(page);
  const path = `/api/v1/share-links/${link.id}`;
  await scene.stage.owner.client.call({ method: "DELETE", path, answer: Done });
  await ended(page);
  await page.getByRole("button", { name: "Try again" }).click();
  await ended(page);
  await page.reload();
  await ended(page);
});

test("a guest whose time runs out while they watch is out and told so", async () => {
  const { url } = await share(["view"]);
  await using tab = await openTab(scene.browser, scene.stage.origin);
  const { page } = tab;
  await page.goto(url);
  await page.getByLabel("Your name").fill("Joan");
  await page.keyboard.press("Enter");
  await untilShown(page);
  scene.stage.clock.skip(LINK_SECONDS * 1000);
  // The gateway looks four times a minute; this is one of them.
  const hub = hubOf(scene.stage.gateway);
  for (const peer of [...hub.peers.values()]) beat(hub, peer);
  await page
    .getByRole("heading", { level: 1, name: "Your time is over" })
    .waitFor({ timeout: PATIENCE_MS });
  assert.equal(await page.locator("wavry-screen").count(), 0);
});

test("a link that has expired says so and shows nothing", async () => {
  const { url, link } = await share(["view"]);
  await scene.stage.gateway.context.store.db
    .updateTable("share_links")
    .set({ expires_at: Date.now() - 1_000 })
    .where("id", "=", link.id)
    .execute();
  await using tab = await openTab(scene.browser, scene.stage.origin);
  const { page } = tab;
  await page.goto(url);
  await page.getByLabel("Your name").fill("Joan");
  await page.keyboard.press("Enter");
  await ended(page);
  assert.equal(await page.locator("wavry-screen").count(), 0);
});

async function share(rights: readonly Right[]): Promise<NewShareLink> {
  return await scene.stage.owner.client.call({
    ...{ method: "POST", path: `/api/v1/hosts/${scene.stage.hostId}/share-links` },
    answer: NewShareLink,
    body: { rights, askFirst: false, seconds: LINK_SECONDS },
  });
}

async function ended(page: Page): Promise<void> {
  await page
    .getByRole("heading", { level: 1, name: "This link has ended" })
    .waitFor({ timeout: PATIENCE_MS });
}
