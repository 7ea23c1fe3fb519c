import assert from "node:assert/strict";
import { after, before, beforeEach, describe, it } from "node:test";
import { CloseReason } from "@wavry/rift-core";
import { createIdentity } from "@wavry/rift-crypto";
import { nodeSuite } from "@wavry/rift-crypto/node";
import { FakeHost, type FakeHostOptions, SESSION } from "../fake-host.ts";
import { PictureCoder } from "../picture-coder.ts";
import { openRealPage, type RealPage } from "../real-page.ts";
import { ScreenTab } from "../screen-tab.ts";

describe("<wavry-screen> over WebTransport", () => {
  let real: RealPage;
  let tab: ScreenTab;
  before(async () => {
    real = await openRealPage();
  });
  after(() => real[Symbol.asyncDispose]());
  beforeEach(async () => {
    await tab?.page.context().close();
    tab = await ScreenTab.prepare(await real.open());
  });

  async function connected(options: FakeHostOptions = {}): Promise<FakeHost> {
    const host = await FakeHost.open(tab.browser, options);
    await tab.connect(host);
    assert.equal(await tab.outcome(), "connected");
    return host;
  }

  it("shows the host's screen and its changes", async () => {
    await using host = await connected();
    host.studio.fill(host.studio.whole, 0x3060a0);
    host.connection.sendUpdate(host.studio.h264([host.studio.whole]));
    await tab.untilMiddle(0x3060a0);
    host.studio.fill({ x: 140, y: 80, width: 40, height: 40 }, 0xc02010);
    host.connection.sendUpdate(host.studio.patch([{ x: 140, y: 80, width: 40, height: 40 }]));
    await tab.untilMiddle(0xc02010);
    const { states, transports } = await tab.log();
    assert.deepEqual(states, ["connecting", "connected"]);
    assert.deepEqual(transports, ["webtransport"]);
  });

  it("says that it takes AV1, and shows it from a host that sends it", async () => {
    await using host = await connected();
    const hellos = await tab.until(
      () => host.controls.flatMap(({ body }) => (body.case === "hello" ? [body.value] : [])),
      (all) => all.length === 1,
    );
    assert.deepEqual(hellos[0]!.codecs, ["h264", "patch", "av1"]);
    const { studio } = host;
    await tab.untilMiddle(await gradientMiddle(host));
    using coder = await PictureCoder.open("av1", studio.screen);
    // Nothing else comes from now on.
    host.connection.onKeyframeRequested = () =>
      host.connection.sendUpdate(studio.coded(coder, [studio.whole], true));
    for (const phase of [40, 80, 120]) {
      studio.paintGradient(phase);
      host.connection.sendUpdate(studio.coded(coder, [studio.whole], phase === 40));
      await tab.untilMiddle(await gradientMiddle(host));
    }
  });

  it("starts its threads when it is told to prepare, once, and connects by those", async () => {
    const { page } = tab;
    await page.evaluate(() => {
      const { prepare } = document.querySelector("wavry-screen")!.constructor as unknown as {
        prepare(): void;
      };
      prepare();
      prepare();
    });
    const workers = await tab.until(
      () => page.workers(),
      ({ length }) => length === 2,
    );
    await using host = await connected();
    assert.deepEqual(page.workers(), workers);
    host.studio.fill(host.studio.whole, 0x3060a0);
    host.connection.sendUpdate(host.studio.h264([host.studio.whole]));
    await tab.untilMiddle(0x3060a0);
  });

  it("sends keys, pointer and wheel to the host, and releases them when the page loses the focus", async () => {
    await using host = await connected();
    await tab.untilMiddle(await gradientMiddle(host));
    await tab.page.mouse.move(320, 200);
    await tab.page.mouse.down();
    await tab.page.mouse.up();
    await tab.page.keyboard.down("a");
    await tab.page.mouse.wheel(0, 120);
    await tab.until(
      () => host.input.join("; "),
      (input) =>
        /at 160 100/.test(input) && /scroll 0 -\d+/.test(input) && /key 4 down/.test(input),
    );
    assert.ok(host.input.includes("button 1 down") && host.input.includes("button 1 up"));
    await tab.page.evaluate(() => window.dispatchEvent(new Event("blur")));
    await tab.until(
      () => host.input,
      (input) => input.includes("key 4 up"),
    );
  });

  it("sends controllers to the host, and puts them to rest while the page is hidden or left", async () => {
    await using host = await connected({ gamepads: "allowed" });
    await plugGamepad(tab);
    const told = (what: string): Promise<unknown> =>
      tab.until(
        () => host.input,
        (input) => input.includes(what) && input.splice(0).length > 0,
      );
    await told("pad 0 0 0");
    await playOnScreen(tab);
    await told("pad 1 1 0");
    await setGamepad(tab, 1, -1);
    await told("pad 0 1 -32767");
    await tab.page.evaluate(() => {
      Object.defineProperty(document, "visibilityState", {
        get: () => "hidden",
        configurable: true,
      });
      document.dispatchEvent(new Event("visibilitychange"));
    });
    await told("pad 0 0 0");
    await setGamepad(tab, 2, 0);
    await tab.page.evaluate(() => {
      delete (document as { visibilityState?: unknown }).visibilityState;
      document.dispatchEvent(new Event("visibilitychange"));
    });
    await told("pad 0 2 0");
    await tab.page.evaluate(() => {
      document.hasFocus = () => false;
      window.dispatchEvent(new Event("blur"));
    });
    await told("pad 0 0 0");
    await tab.page.evaluate(() => {
      delete (document as { hasFocus?: unknown }).hasFocus;
      navigator.getGamepads = () => [];
    });
    await told("pad 0 gone");
  });

  it("plays by controller without the right to control, and not while it only watches", async () => {
    await using host = await connected({ gamepads: "allowed" });
    await plugGamepad(tab);
    const rights = { view: true, gamepad: true };
    host.connection.sendControl({ body: { case: "rightsChanged", value: { rights } } });
    await tab.until(
      () => tab.page.evaluate(() => document.querySelector("wavry-screen")!.rights.join()),
      (held) => held === "view,gamepad",
    );
    await tab.page.mouse.click(320, 200);
    await setGamepad(tab, 1, 0);
    await tab.until(
      () => host.input,
      (input) => input.includes("pad 0 1 0"),
    );
    await tab.page.evaluate(() => {
      document.querySelector("wavry-screen")!.viewOnly = true;
    });
    await tab.until(
      () => host.input,
      (input) => input.at(-1) === "pad 0 0 0",
    );
    assert.deepEqual(
      host.input.filter((each) => !each.startsWith("pad")),
      [],
    );
  });

  it("sends no controller where the right to one is missing", async () => {
    await using host = await connected({ gamepads: "denied" });
    await plugGamepad(tab);
    await setGamepad(tab, 1, 1);
    await playOnScreen(tab);
    // The controllers are looked at between the two.
    await tab.page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 50)));
    await tab.page.evaluate(() =>
      document.querySelector("wavry-screen")!.sendShortcut(["Control", "Alt", "Delete"]),
    );
    await tab.until(
      () => host.input,
      (input) => input.includes("key 76 up"),
    );
    assert.equal(host.input[0], "key 224 down");
    assert.ok(!host.input.some((each) => each.startsWith("pad")));
  });

  it("sends nothing while it only watches", async () => {
    await using host = await connected();
    await tab.untilMiddle(await gradientMiddle(host));
    await tab.page.evaluate(() => {
      document.querySelector("wavry-screen")!.viewOnly = true;
    });
    await tab.page.mouse.click(320, 200);
    await tab.page.keyboard.press("b");
    await tab.page.evaluate(() => {
      const screen = document.querySelector("wavry-screen")!;
      screen.viewOnly = false;
      screen.sendShortcut(["Control", "Alt", "Delete"]);
    });
    await tab.until(
      () => host.input,
      (input) => input.includes("key 76 down"),
    );
    assert.equal(host.input[0], "key 224 down");
  });

  it("counts each second", async () => {
    await using host = await connected();
    const timer = setInterval(
      () => host.connection.sendUpdate(host.studio.h264([host.studio.whole])),
      50,
    );
    try {
      const { stats } = await tab.until(
        () => tab.log(),
        (log) => log.stats.filter(({ fps }) => fps > 5).length >= 2,
      );
      const last = stats.at(-1)!;
      assert.equal(last.transport, "webtransport");
      assert.deepEqual([last.width, last.height], [320, 200]);
      assert.ok(
        last.bitrateBps > 0 && last.rttMillis > 0 && last.lossShare >= 0,
        JSON.stringify(last),
      );
    } finally {
      clearInterval(timer);
    }
  });

  it("asks the host for another stream with another quality", async () => {
    await using host = await connected();
    await tab.page.evaluate(() => {
      document.querySelector("wavry-screen")!.quality = "fast";
    });
    await tab.until(
      () =>
        host.controls.flatMap(({ body }) => (body.case === "streamSettings" ? [body.value] : [])),
      (settings) => settings.some(({ maxBitrateBps }) => maxBitrateBps === 4_000_000),
    );
  });

  it("waits for the consent of a person at the host", async () => {
    await using host = await FakeHost.open(tab.browser, { asks: true });
    await tab.connect(host);
    await tab.until(
      () => tab.log(),
      ({ states }) => states.includes("waiting-for-consent"),
    );
    host.greet();
    assert.equal(await tab.outcome(), "connected");
  });

  it("opens further lanes, shows what comes over them, and goes on when one ends", async () => {
    await using host = await connected();
    const lanes = host.transports[0]!;
    await tab.until(
      () => lanes.size,
      (size) => size === 4,
    );
    host.studio.fill(host.studio.whole, 0x406080);
    host.connection.sendUpdate(host.studio.keyframe());
    await tab.untilMiddle(0x406080);
    lanes.dropOne();
    await tab.until(
      () => lanes.size,
      (size) => size === 3,
    );
    await tab.page.mouse.click(320, 200);
    await tab.until(
      () => host.input,
      (input) => input.includes("button 1 up"),
    );
    assert.equal(host.transports.length, 1);
    assert.equal((await tab.log()).states.includes("reconnecting"), false);
  });

  it("goes on over another session when the one in use is lost", async () => {
    await using host = await connected();
    host.transports[0]!.drop();
    await tab.until(
      () => tab.log(),
      ({ states }) => states.at(-1) === "connected" && states.includes("reconnecting"),
    );
    assert.equal(host.transports.length, 2);
    assert.equal(host.connections.length, 1, "the session was moved and not made anew");
    host.studio.fill(host.studio.whole, 0x208040);
    host.connection.sendUpdate(host.studio.keyframe());
    await tab.untilMiddle(0x208040);
  });

  it("comes back after a network that was cut", async () => {
    await using host = await connected();
    host.isCut = true;
    await tab.until(
      () => tab.log(),
      ({ states }) => states.includes("reconnecting"),
    );
    host.isCut = false;
    await tab.until(
      () => tab.log(),
      ({ states }) => states.at(-1) === "connected",
      40_000,
    );
    host.studio.fill(host.studio.whole, 0x804020);
    host.connection.sendUpdate(host.studio.keyframe());
    await tab.untilMiddle(0x804020);
  });

  it("comes back to a host that was started anew, by another session of the gateway", async () => {
    const first = await connected();
    await tab.until(
      () => tab.middle(),
      (colour) => colour !== undefined,
    );
    await first[Symbol.asyncDispose]();
    await tab.deliver("sessionEnded", { session: SESSION, reason: "host-stopped" });
    await tab.until(
      () => tab.log(),
      ({ states }) => states.includes("reconnecting"),
    );
    // It said goodbye, and may be about to start anew.
    const { notices } = await tab.log();
    assert.deepEqual(
      notices.map(({ code }) => code),
      ["host-down"],
    );
    await using second = await FakeHost.open(tab.browser, { identity: first.identity });
    second.studio.fill(second.studio.whole, 0x705030);
    await tab.replaceHost(second);
    await tab.until(
      () => tab.log(),
      ({ states }) => states.at(-1) === "connected",
      40_000,
    );
    await tab.untilMiddle(0x705030);
    assert.ok(tab.said.filter(({ type }) => type === "connect").length >= 2);
  });

  it("opens nothing that another device has signed", async () => {
    await using host = await FakeHost.open(tab.browser, { signer: createIdentity(nodeSuite) });
    await tab.connect(host);
    assert.match(await tab.outcome(), /^wrong-identity: /);
    assert.equal(host.transports.length, 0);
    const { states, ends } = await tab.log();
    assert.equal(states.at(-1), "ended");
    assert.equal(ends[0]?.code, "wrong-identity");
  });

  it("opens nothing that was changed on its way", async () => {
    const other = Buffer.alloc(32, 7).toString("base64url");
    await using host = await FakeHost.open(tab.browser, {
      tamper: (body) => body.replace(/(certificates\\":\[\\")[\w-]{43}/, `$1${other}`),
    });
    await tab.connect(host);
    assert.match(await tab.outcome(), /^wrong-identity: /);
    assert.equal(host.transports.length, 0);
  });

  it("does not connect to a server with another certificate than the host has signed", async () => {
    await using host = await FakeHost.open(tab.browser, {
      alter: (answer) => ({
        ...answer,
        ...(answer.webtransport && {
          webtransport: {
            ...answer.webtransport,
            certificates: [Buffer.alloc(32, 7).toString("base64url")],
          },
        }),
      }),
    });
    await tab.connect(host);
    assert.match(await tab.outcome(), /^unreachable: /);
    assert.equal(host.transports.length, 0);
  });

  it("shows that a host has another key, and does not take it", async () => {
    const known = createIdentity(nodeSuite);
    await using first = await connected({ identity: known });
    await tab.page.evaluate(() => document.querySelector("wavry-screen")!.disconnect());
    const other = createIdentity(nodeSuite);
    // A device with the same Wavry ID and a static key of its own, as one that took its signing key has.
    const thief = { ...other, identitySeed: known.identitySeed, wavryId: known.wavryId };
    const { identityFromSecrets } = await import("@wavry/rift-crypto");
    const identity = identityFromSecrets(nodeSuite, thief);
    assert.equal(identity.wavryId, first.identity.wavryId);
    await using host = await FakeHost.open(tab.browser, { identity });
    await tab.connect(host);
    assert.match(await tab.outcome(), /^key-changed: .*another key than before/);
    const { ends } = await tab.log();
    assert.equal(ends[0]?.host, host.identity.wavryId);
    assert.equal(host.offers.length, 0);
    assert.ok(tab.said.some((said) => said.type === "session-ended"));
  });

  it("tells why the host or the gateway ended the session", async () => {
    const host = await connected();
    host.connection.close(CloseReason.forgotten, "you were taken out");
    const { ends } = await tab.until(
      () => tab.log(),
      (log) => log.ends.length > 0,
    );
    assert.deepEqual(ends, [{ code: "refused", message: "you were taken out" }]);
    await host[Symbol.asyncDispose]();
    await using second = await connected();
    assert.ok(second.connection.isOpen);
    await tab.deliver("sessionEnded", { session: SESSION, reason: "grant-ended" });
    const log = await tab.until(
      () => tab.log(),
      ({ ends }) => ends.length > 0,
    );
    assert.equal(log.ends[0]?.code, "grant-ended");
  });

  it("says goodbye when the page disconnects", async () => {
    await using host = await connected();
    await tab.page.keyboard.down("c");
    await tab.page.evaluate(() => document.querySelector("wavry-screen")!.disconnect());
    const closed = await host.connection.closed;
    assert.deepEqual([closed.reason, closed.remote], [CloseReason.done, true]);
    assert.deepEqual((await tab.log()).ends, [{ code: "disconnected", message: "disconnected" }]);
    assert.ok(tab.said.some((said) => said.type === "session-ended"));
  });

  it("breaks no rule of a strict content security policy", () => {
    assert.deepEqual(real.complaints, []);
  });
});

/** The colour in the middle of the picture as the host has it. */
async function gradientMiddle({ studio: { image } }: FakeHost): Promise<number> {
  return image.pixels[100 * image.stridePixels + 160]! & 0xffffff;
}

/** The page finds a controller. */
async function plugGamepad(tab: ScreenTab): Promise<void> {
  await tab.page.evaluate(() => {
    const buttons = Array.from({ length: 17 }, () => ({ pressed: false, value: 0 }));
    const pad = { index: 1, connected: true, mapping: "standard", axes: [0, 0, 0, 0], buttons };
    Object.assign(window, { pad });
    navigator.getGamepads = () => [null, pad as unknown as Gamepad];
    window.dispatchEvent(new Event("gamepadconnected"));
  });
}

/** The on-screen controller is pressed. */
async function playOnScreen(tab: ScreenTab): Promise<void> {
  await tab.page.evaluate(() => {
    const { virtualInput } = document.querySelector("wavry-screen")!;
    virtualInput!.gamepad({
      ...{ buttons: 1, leftTrigger: 0, rightTrigger: 0 },
      ...{ leftX: 0, leftY: 0, rightX: 0, rightY: 0 },
    });
  });
}

/** What the controller does now. */
async function setGamepad(tab: ScreenTab, buttons: number, leftX: number): Promise<void> {
  await tab.page.evaluate(
    ({ buttons, leftX }) => {
      const { pad } = window as unknown as {
        pad: { axes: number[]; buttons: { pressed: boolean; value: number }[] };
      };
      pad.axes[0] = leftX;
      for (const [index, button] of pad.buttons.entries()) {
        button.pressed = (buttons >> index) % 2 === 1;
        button.value = button.pressed ? 1 : 0;
      }
    },
    { buttons, leftX },
  );
}
