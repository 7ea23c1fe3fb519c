import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { FakeHost } from "../fake-host.ts";
import { openRealPage, type RealPage } from "../real-page.ts";
import { ScreenTab } from "../screen-tab.ts";

/** What a picture is like. */
interface Seen {
  readonly type: string;
  readonly width: number;
  readonly height: number;
  /** Red, green, blue in its middle. */
  readonly middle: readonly number[];
}

const COLOUR = [0x30, 0x60, 0xa0] as const;

/** Give or take what codecs do. */
function isColour(seen: Seen | undefined): boolean {
  return COLOUR.every((value, index) => Math.abs((seen?.middle[index] ?? -99) - value) <= 16);
}

describe("a small picture of <wavry-screen>", () => {
  let real: RealPage;
  before(async () => {
    real = await openRealPage();
  });
  after(() => real[Symbol.asyncDispose]());

  /** `leave`: the session ends in the same turn. */
  function picture(tab: ScreenTab, { leave = false } = {}): Promise<Seen | undefined> {
    return tab.page.evaluate(async (leave) => {
      const screen = document.querySelector("wavry-screen")!;
      const taken = screen.takePicture({ maxWidth: 100 });
      if (leave) {
        screen.disconnect();
        screen.remove();
      }
      const blob = await taken;
      if (blob === undefined) return undefined;
      const bitmap = await createImageBitmap(blob);
      const { width, height } = bitmap;
      const context = new OffscreenCanvas(width, height).getContext("2d")!;
      context.drawImage(bitmap, 0, 0);
      const { data } = context.getImageData(width >> 1, height >> 1, 1, 1);
      return { type: blob.type, width, height, middle: [...data].slice(0, 3) };
    }, leave);
  }

  it("there is none before the first one is shown; then it has the screen's shape, also while the session ends", async () => {
    const tab = await ScreenTab.prepare(await real.open());
    assert.equal(await picture(tab), undefined);
    await using host = await FakeHost.open(tab.browser);
    await tab.connect(host);
    assert.equal(await tab.outcome(), "connected");
    host.studio.fill(host.studio.whole, 0x3060a0);
    host.connection.sendUpdate(host.studio.h264([host.studio.whole]));
    await tab.untilMiddle(0x3060a0);
    // The canvas of the page follows the worker's with the display's next frame.
    await tab.until(
      () => picture(tab),
      (seen) => isColour(seen),
    );
    const seen = await picture(tab, { leave: true });
    const { width, height } = host.studio.whole;
    assert.deepEqual(
      [seen?.type, seen?.width, seen?.height],
      ["image/webp", 100, Math.round((height * 100) / width)],
    );
    assert.ok(isColour(seen), String(seen?.middle));
  });
});
