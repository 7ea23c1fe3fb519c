import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { FakeHost } from "../fake-host.ts";
import { openRealPage, type RealPage } from "../real-page.ts";
import { ScreenTab } from "../screen-tab.ts";

const BLUE = 0x2040c0;
const GREEN = 0x20c040;
const WHITE = 0xffffff;
/** What lossy coding and a display's colours may differ by, in 256. */
const LOSSY = 24;

describe("a <wavry-screen> whose whole screen moves", () => {
  let real: RealPage;
  before(async () => {
    real = await openRealPage();
  });
  after(() => real[Symbol.asyncDispose]());

  const inMotion = (tab: ScreenTab): Promise<boolean> =>
    tab.page.evaluate(
      () =>
        document
          .querySelector("wavry-screen")!
          .shadowRoot!.querySelector(".stage")!
          .classList.contains("motion") === true,
    );

  /** What a person sees: the colour at a place of the screen, in fractions of it, as the browser paints it. */
  async function seen(tab: ScreenTab, x: number, y: number): Promise<number[]> {
    const stage = tab.page.locator("wavry-screen").locator("[part=stage]");
    const png = (await stage.screenshot()).toString("base64");
    return await tab.page.evaluate(
      async ({ png, x, y }) => {
        const picture = await createImageBitmap(
          new Blob([Uint8Array.fromBase64(png)], { type: "image/png" }),
        );
        const context = new OffscreenCanvas(1, 1).getContext("2d")!;
        context.drawImage(picture, -Math.floor(picture.width * x), -Math.floor(picture.height * y));
        return [...context.getImageData(0, 0, 1, 1).data].slice(0, 3);
      },
      { png, x, y },
    );
  }

  const isColour = (found: readonly number[], colour: number): boolean =>
    [colour >> 16, (colour >> 8) & 255, colour & 255].every(
      (wanted, index) => Math.abs(found[index]! - wanted) <= LOSSY,
    );

  /** Sends whole pictures of one colour until the page shows them as a video. */
  async function move(tab: ScreenTab, host: FakeHost, colour: number): Promise<void> {
    host.studio.fill(host.studio.whole, colour);
    await tab.until(
      async () => {
        for (let picture = 0; picture < 5; picture++)
          host.connection.sendUpdate(host.studio.h264([host.studio.whole]));
        return await inMotion(tab);
      },
      (moves) => moves,
      60_000,
    );
  }

  it("is shown as a video, and as a canvas again at the first part that changes, with nothing old in it", async () => {
    const tab = await ScreenTab.prepare(await real.open());
    await using host = await FakeHost.open(tab.browser);
    await tab.connect(host);
    assert.equal(await tab.outcome(), "connected");
    for (const colour of [BLUE, GREEN]) {
      await move(tab, host, colour);
      await tab.until(
        () => seen(tab, 0.5, 0.5),
        (found) => isColour(found, colour),
      );
      const { width, height } = host.studio.screen;
      const corner = { x: 0, y: 0, width: width >> 2, height: height >> 2 };
      host.studio.fill(corner, WHITE);
      host.connection.sendUpdate(host.studio.patch([corner]));
      await tab.until(
        () => inMotion(tab),
        (moves) => !moves,
        60_000,
      );
      // The canvas is seen now: what the video showed last, and the patch.
      assert.ok(isColour(await seen(tab, 0.5, 0.5), colour));
      assert.ok(isColour(await seen(tab, 0.1, 0.1), WHITE));
    }
  });

  it("gives small pictures and snapshots of what the video shows, and lets go of it with the session", async () => {
    const tab = await ScreenTab.prepare(await real.open());
    await using host = await FakeHost.open(tab.browser);
    await tab.connect(host);
    assert.equal(await tab.outcome(), "connected");
    await move(tab, host, BLUE);
    await tab.untilMiddle(BLUE);
    const small = () =>
      tab.page.evaluate(async () => {
        const blob = await document.querySelector("wavry-screen")!.takePicture({ maxWidth: 64 });
        if (blob === undefined) return [];
        const context = new OffscreenCanvas(1, 1).getContext("2d")!;
        context.drawImage(await createImageBitmap(blob), -32, -20);
        return [...context.getImageData(0, 0, 1, 1).data].slice(0, 3);
      });
    await tab.until(small, (found) => isColour(found, BLUE));
    await move(tab, host, GREEN);
    await tab.until(
      () => seen(tab, 0.5, 0.5),
      (found) => isColour(found, GREEN),
    );
    await tab.page.evaluate(() => document.querySelector("wavry-screen")!.disconnect());
    await tab.until(
      () => tab.log(),
      ({ ends }) => ends.length > 0,
    );
    await tab.until(
      () => inMotion(tab),
      (moves) => !moves,
      60_000,
    );
    assert.ok(isColour(await seen(tab, 0.5, 0.5), GREEN), "what was shown last stays");
    await tab.page.evaluate(() => document.querySelector("wavry-screen")!.remove());
    assert.equal(await tab.page.evaluate(() => document.querySelectorAll("video").length), 0);
    assert.deepEqual(real.complaints, []);
  });
});
