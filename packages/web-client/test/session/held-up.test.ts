import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { Worker } from "playwright-core";
import { FakeHost } from "../fake-host.ts";
import { openRealPage, type RealPage } from "../real-page.ts";
import { ScreenTab } from "../screen-tab.ts";

/** More than wait for a thread. */
const TOO_MANY = 80;
const RED = 0xc02010;

describe("a <wavry-screen> whose pictures take long", () => {
  let real: RealPage;
  before(async () => {
    real = await openRealPage();
  });
  after(() => real[Symbol.asyncDispose]());

  /** Has a thread wait for an answer of the page's server; gives what sends that. */
  async function holdUp(tab: ScreenTab, thread: Worker): Promise<() => void> {
    const asked = Promise.withResolvers<void>();
    const released = Promise.withResolvers<void>();
    await tab.page.route("**/held-up", async (route) => {
      asked.resolve();
      await released.promise;
      await route.fulfill({ status: 204 });
    });
    void thread
      .evaluate(() => {
        const request = new XMLHttpRequest();
        request.open("GET", "/held-up", false);
        request.send();
      })
      .catch(() => {});
    await asked.promise;
    return () => released.resolve();
  }

  it("steers the host meanwhile, and shows the newest once they are through", async () => {
    const tab = await ScreenTab.prepare(await real.open());
    await using host = await FakeHost.open(tab.browser);
    await tab.connect(host);
    assert.equal(await tab.outcome(), "connected");
    host.studio.fill(host.studio.whole, 0x3060a0);
    host.connection.sendUpdate(host.studio.h264([host.studio.whole]));
    await tab.untilMiddle(0x3060a0);

    const pictures = tab.page.workers().find((one) => one.url().includes("picture-thread"))!;
    const release = await holdUp(tab, pictures);
    await tab.page.mouse.click(320, 200);
    await tab.page.keyboard.press("a");
    await tab.until(
      () => host.input,
      (input) => input.includes("button 1 up") && input.includes("key 4 up"),
      60_000,
    );
    let keyframes = 0;
    host.connection.onKeyframeRequested = () => {
      keyframes++;
      host.connection.sendUpdate(host.studio.keyframe());
    };
    for (let count = 0; count < TOO_MANY; count++)
      host.connection.sendUpdate(host.studio.h264([host.studio.whole]));
    // What does not fit is dropped, and asked for anew.
    await tab.until(
      () => keyframes,
      (asked) => asked > 0,
      60_000,
    );
    host.studio.fill(host.studio.whole, RED);
    release();
    await tab.until(
      async () => {
        host.connection.sendUpdate(host.studio.h264([host.studio.whole]));
        return (await tab.middle())?.every(
          (value, index) => Math.abs(value - [0xc0, 0x20, 0x10][index]!) <= 12,
        );
      },
      (shown) => shown === true,
      60_000,
    );
    assert.deepEqual(real.complaints, []);
  });
});
