import assert from "node:assert/strict";
import { test } from "node:test";
import { createIdentity } from "@wavry/rift-crypto";
import { nodeSuite as suite } from "@wavry/rift-crypto/node";
import { encodeBase64url, type Granted, NewShareLink, type Web } from "@wavry/signaling";
import { pressedKeycodes } from "@wavry/x11";
import type { Page } from "playwright-core";
import { openTab, type Tab } from "../../../apps/web/test/real-browser.ts";
import { setUp } from "./set-up.ts";
import { connect, openAs, untilPointerFollows, untilShown, untilShows } from "./stage.ts";

const PATIENCE_MS = 60_000;

const scene = setUp();

test("an owner whose machine has another key than before sees nothing of it until they say that this is right", async () => {
  await using tab = await openAs(scene.browser, scene.stage.owner);
  const { page } = tab;
  await connect(page);
  await restartWithAnotherKey(page);
  const connections = await nothingPasses(tab, "The machine has a new key", async () => {
    await page.goto("/");
    await page.getByRole("link", { name: "Connect Studio" }).click();
  });
  await page.getByText("If nobody did that, do not go on, and tell its owner.").waitFor();
  await page.getByRole("link", { name: "Go to your machines" }).waitFor();
  await trustAndSee(page);
  assert.equal(connectionsOfHost(), connections + 1);
  // It is the one that is known from then on.
  await page.reload();
  await untilShown(page);
});

test("a guest is told whom to ask about another key, and goes on once they know", async () => {
  const { url } = await scene.stage.owner.client.call({
    ...{ method: "POST", path: `/api/v1/hosts/${scene.stage.hostId}/share-links` },
    answer: NewShareLink,
    body: { rights: ["view", "control"], askFirst: false, seconds: 600 },
  });
  await using tab = await openTab(scene.browser, scene.stage.origin);
  const { page } = tab;
  await page.goto(url);
  await page.getByLabel("Your name").fill("Joan");
  await page.keyboard.press("Enter");
  await untilShown(page);
  const place = page.url();
  await restartWithAnotherKey(page);
  await nothingPasses(tab, "The machine has a new key", () => page.goto(place));
  await page.getByText("Ask whoever gave you the link, by phone or in person").waitFor();
  assert.equal(await page.getByRole("link", { name: "Go to your machines" }).count(), 0);
  await trustAndSee(page);
});

test("a gateway that puts a key, a machine or a place of its own in the way is found out before anything is opened", async () => {
  await using tab = await openAs(scene.browser, scene.stage.owner);
  const { context, page } = tab;
  let lie: (message: Granted | Web) => Granted | Web = (message) => message;
  await context.routeWebSocket(/.*/, (socket) => {
    const gateway = socket.connectToServer();
    gateway.onMessage((text) => {
      const message = JSON.parse(String(text)) as Granted | Web;
      socket.send(JSON.stringify(lie(message)));
    });
  });
  const liar = createIdentity(suite);
  const staticKey = encodeBase64url(liar.staticKey);
  const certificate = encodeBase64url(liar.certificate);
  const lies: (typeof lie)[] = [
    (message) =>
      message.type === "granted" ? { ...message, host: { ...message.host, staticKey } } : message,
    (message) =>
      message.type === "granted"
        ? { ...message, host: { ...message.host, id: liar.wavryId, staticKey, certificate } }
        : message,
    (message) =>
      message.type === "web" && message.kind === "answer"
        ? { ...message, body: message.body.replaceAll("127.0.0.1", "127.0.0.2") }
        : message,
  ];
  for (const each of lies) {
    lie = each;
    await nothingPasses(tab, "This is not the machine that you asked for", async () => {
      await page.goto("/");
      await page.getByRole("link", { name: "Connect Studio" }).click();
    });
    await page.getByText("Nothing was shown and nothing was sent.").waitFor();
    // Nothing but to leave.
    assert.equal(await page.getByRole("button").count(), 0);
    await page.getByRole("link", { name: "Go to your machines" }).waitFor();
  }
});

/** Nobody is there meanwhile: a page would come back by itself. */
async function restartWithAnotherKey(page: Page): Promise<void> {
  const { stage } = scene;
  await page.goto("about:blank");
  await stage.stopHost();
  stage.changeKey();
  await stage.startHost();
}

function connectionsOfHost(): number {
  return scene.stage.events.filter(({ type }) => type === "connected").length;
}

/** Tries to connect, which ends in a refusal: no picture is there, no key arrives. Gives how many have connected so far. */
async function nothingPasses(
  { page }: Tab,
  heading: string,
  tryIt: () => Promise<unknown>,
): Promise<number> {
  const before = connectionsOfHost();
  await tryIt();
  await page.getByRole("heading", { level: 1, name: heading }).waitFor({ timeout: PATIENCE_MS });
  assert.equal(await page.locator("wavry-screen").count(), 0);
  await page.keyboard.down("a");
  assert.deepEqual(pressedKeycodes(scene.stage.onHost), []);
  await page.keyboard.up("a");
  assert.equal(connectionsOfHost(), before);
  return before;
}

async function trustAndSee(page: Page): Promise<void> {
  const { stage } = scene;
  await page.getByRole("button", { name: "Trust the new key and connect" }).click();
  await untilShown(page);
  stage.paint(0x306030);
  await untilShows(page, 0x306030);
  await untilPointerFollows(page, stage, { x: 300, y: 200 });
}
