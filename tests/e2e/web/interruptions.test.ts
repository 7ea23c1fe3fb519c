import assert from "node:assert/strict";
import { test } from "node:test";
import { pressedKeycodes, queryPointer } from "@wavry/x11";
import { until } from "../pair.ts";
import { bendWebTransport, hide, useAlone } from "./browser.ts";
import { setUp } from "./set-up.ts";
import {
  connect,
  openAs,
  placeOf,
  screenIs,
  untilPointerFollows,
  untilShown,
  untilShows,
} from "./stage.ts";
import { UdpRelay } from "./udp-relay.ts";

const KEY_A = 38;
const KEY_B = 56;
const PATIENCE_MS = 60_000;
const PATIENCE_SECONDS = PATIENCE_MS / 1000;

const scene = setUp();

test("a session goes on while its gateway is restarted, and the gateway can end it afterwards", async () => {
  await using tab = await openAs(scene.browser, scene.stage.owner);
  const { page } = tab;
  await connect(page);
  const session = await screenIs<string>(page, "sessionId");

  await scene.stage.stopGateway();
  await page.getByText("The gateway is away.").waitFor({ timeout: PATIENCE_MS });
  scene.stage.paint(0xa05010);
  await untilShows(page, 0xa05010);
  await untilPointerFollows(page, scene.stage, { x: 300, y: 200 });

  await scene.stage.startGateway();
  await page.getByText("The gateway is back.").waitFor({ timeout: PATIENCE_MS });
  await until("the host is back as well", () => gatewayConnections() >= 2, PATIENCE_SECONDS);
  scene.stage.paint(0x306030);
  await untilShows(page, 0x306030);
  await untilPointerFollows(page, scene.stage, { x: 800, y: 500 });
  assert.equal(await screenIs(page, "state"), "connected");
  assert.equal(await screenIs(page, "sessionId"), session);

  const devices = await scene.stage.owner.client.devices();
  const own = devices.find(({ kind }) => kind === "client");
  await scene.stage.owner.client.removeDevice(own!.id);
  await page
    .getByRole("heading", { name: "This browser was removed" })
    .waitFor({ timeout: PATIENCE_MS });
});

test("a page that is hidden leaves nothing pressed, and shows what is there now when it is shown again", async () => {
  await using tab = await openAs(scene.browser, scene.stage.owner);
  const { page } = tab;
  await connect(page);
  const place = await placeOf(page, 500, 400);
  await page.mouse.move(place.x, place.y);
  await page.mouse.down();
  await page.keyboard.down("a");
  await until("key and button are down", () => isPressed(KEY_A) && buttons() !== 0);
  await hide(page, true);
  await until(
    "both are up",
    () => pressedKeycodes(scene.stage.onHost).length === 0 && buttons() === 0,
  );
  scene.stage.paint(0x705020);
  await hide(page, false);
  await untilShows(page, 0x705020);
  await page.keyboard.up("a");
  await page.mouse.up();
  await page.keyboard.down("b");
  await until("keys work again", () => isPressed(KEY_B));
  await page.keyboard.up("b");
  await until("it is up", () => pressedKeycodes(scene.stage.onHost).length === 0);
});

test("a network that is gone for a while releases what was held, and the session comes back by itself", async () => {
  await using relay = await UdpRelay.open(await scene.stage.webPort());
  await using tab = await openAs(scene.browser, scene.stage.owner);
  const { context, page } = tab;
  await useAlone(context, "webtransport");
  await bendWebTransport(context, relay.port);
  await page.reload();
  await connect(page);
  await page.keyboard.down("a");
  await until("the key is down", () => isPressed(KEY_A));
  relay.isCut = true;
  await page
    .getByText("The connection was lost. It is coming back")
    .waitFor({ timeout: PATIENCE_MS });
  const released = () => pressedKeycodes(scene.stage.onHost).length === 0;
  await until("the key is released at the host", released, PATIENCE_SECONDS);
  scene.stage.paint(0xa05010);
  relay.isCut = false;
  await untilShown(page);
  await untilShows(page, 0xa05010);
  await page.keyboard.up("a");
  await untilPointerFollows(page, scene.stage, { x: 300, y: 200 });
  await page.keyboard.down("b");
  await until("keys work again", () => isPressed(KEY_B));
  await page.keyboard.up("b");
  await until("it is up", released);
});

test("two browsers of one person show the machine at once, and both steer", async () => {
  await using first = await openAs(scene.browser, scene.stage.owner);
  await using second = await openAs(scene.browser, scene.stage.owner);
  await connect(first.page);
  await connect(second.page);
  scene.stage.paint(0x306030);
  await untilShows(first.page, 0x306030);
  await untilShows(second.page, 0x306030);
  await untilPointerFollows(first.page, scene.stage, { x: 300, y: 200 });
  await untilPointerFollows(second.page, scene.stage, { x: 900, y: 500 });
  await untilPointerFollows(first.page, scene.stage, { x: 400, y: 300 });
});

test("a second page of the same browser takes the screen over, and the first says so", async () => {
  await using tab = await openAs(scene.browser, scene.stage.owner);
  await connect(tab.page);
  const second = await tab.context.newPage();
  await second.goto(tab.page.url());
  await untilShown(second);
  await tab.page
    .getByRole("heading", { name: "The session goes on elsewhere" })
    .waitFor({ timeout: PATIENCE_MS });
  scene.stage.paint(0x306030);
  await untilShows(second, 0x306030);
  await untilPointerFollows(second, scene.stage, { x: 300, y: 200 });

  await tab.page.getByRole("button", { name: "Connect again" }).click();
  await untilShown(tab.page);
  await untilShows(tab.page, 0x306030);
  await second
    .getByRole("heading", { name: "The session goes on elsewhere" })
    .waitFor({ timeout: PATIENCE_MS });
});

function isPressed(keycode: number): boolean {
  return pressedKeycodes(scene.stage.onHost).includes(keycode);
}

/** As the X server tells them: bits 8 to 12. */
function buttons(): number {
  return queryPointer(scene.stage.onHost).mask & 0x1f00;
}

function gatewayConnections(): number {
  return scene.stage.events.filter(({ type }) => type === "gateway-connected").length;
}
