import assert from "node:assert/strict";
import { test } from "node:test";
import { bendWebTransport, useAlone } from "./browser.ts";
import { setUp } from "./set-up.ts";
import { connect, openAs, screenIs, untilAsync, untilPointerFollows, untilShows } from "./stage.ts";
import { UdpRelay } from "./udp-relay.ts";

/** Nobody listens there. */
const CLOSED_PORT = 9;

const scene = setUp();

test("WebRTC alone carries picture and input", async () => {
  await using tab = await openAs(scene.browser, scene.stage.owner);
  const { context, page } = tab;
  await useAlone(context, "webrtc");
  await page.reload();
  await connect(page);
  assert.equal(await screenIs(page, "transport"), "webrtc");
  scene.stage.paint(0x5030a0);
  await untilShows(page, 0x5030a0);
  await untilPointerFollows(page, scene.stage, { x: 640, y: 200 });
});

test("WebRTC carries picture and input where nothing answers at the host's port for WebTransport", async () => {
  await using tab = await openAs(scene.browser, scene.stage.owner);
  const { context, page } = tab;
  await bendWebTransport(context, CLOSED_PORT);
  await page.reload();
  await connect(page);
  assert.equal(await screenIs(page, "transport"), "webrtc");
  scene.stage.paint(0x306030);
  await untilShows(page, 0x306030);
  await untilPointerFollows(page, scene.stage, { x: 300, y: 200 });
});

test("WebRTC takes over where WebTransport stops getting through", async () => {
  await using relay = await UdpRelay.open(await scene.stage.webPort());
  await using tab = await openAs(scene.browser, scene.stage.owner);
  const { context, page } = tab;
  await bendWebTransport(context, relay.port);
  await page.reload();
  await connect(page);
  assert.equal(await screenIs(page, "transport"), "webtransport");
  relay.isCut = true;
  await untilAsync("WebRTC carries it", async () => {
    const state = await screenIs(page, "state");
    return state === "connected" && (await screenIs(page, "transport")) === "webrtc";
  });
  scene.stage.paint(0x5030a0);
  await untilShows(page, 0x5030a0);
  await untilPointerFollows(page, scene.stage, { x: 300, y: 200 });
});
