import assert from "node:assert/strict";
import { after, before, beforeEach, describe, it } from "node:test";
import { FakeHost } from "./fake-host.ts";
import { openRealPage, type RealPage } from "./real-page.ts";
import { ScreenTab } from "./screen-tab.ts";

/** What the page shows of the host's pointer. */
interface Shown {
  readonly cursor: string;
  readonly isDrawn: boolean;
  readonly x: number;
  readonly y: number;
}

describe("the host's pointer in a page", () => {
  let real: RealPage;
  let tab: ScreenTab;
  let host: FakeHost;
  before(async () => {
    real = await openRealPage();
  });
  after(async () => {
    await host?.[Symbol.asyncDispose]();
    await real[Symbol.asyncDispose]();
  });
  beforeEach(async () => {
    await host?.[Symbol.asyncDispose]();
    await tab?.page.context().close();
    tab = await ScreenTab.prepare(await real.open());
    host = await FakeHost.open(tab.browser);
    await tab.connect(host);
    assert.equal(await tab.outcome(), "connected");
    await tab.until(
      () => tab.middle(),
      (colour) => colour !== undefined,
    );
  });

  function sendShape(side: number): void {
    const rgba = new Uint8Array(side * side * 4).fill(255);
    host.connection.sendControl({
      body: {
        case: "cursorShape",
        value: { id: 1, width: side, height: side, hotspotX: 4, hotspotY: 2, rgba },
      },
    });
  }

  function sendPosition(x: number, y: number, visible = true): void {
    host.connection.sendCursor({ display: 0, x, y, visible, shapeId: 1 });
  }

  function look(): Promise<Shown> {
    return tab.page.evaluate(() => {
      const screen = document.querySelector("wavry-screen")!;
      const stage = screen.shadowRoot!.querySelector<HTMLElement>(".stage")!;
      const sprite = stage.querySelector<HTMLElement>(".pointer")!;
      const { x, y } = sprite.getBoundingClientRect();
      const cursor = getComputedStyle(stage).cursor;
      return { cursor, isDrawn: getComputedStyle(sprite).visibility === "visible", x, y };
    });
  }

  const until = (condition: (shown: Shown) => boolean) => tab.until(look, condition);

  it("is the browser's own where that steers, with the hotspot in place", async () => {
    await tab.page.mouse.move(320, 200);
    sendShape(24);
    sendPosition(160, 100);
    const { cursor } = await until(
      ({ cursor, isDrawn }) => cursor.includes("data:image/png") && !isDrawn,
    );
    // The picture is shown at twice its size, and the pointer with it.
    assert.match(cursor, /8 4, default$/);
  });

  it("is drawn where the host's is while the browser's is elsewhere", async () => {
    await tab.page.mouse.move(700, 500);
    sendShape(24);
    sendPosition(50, 60);
    const { x, y } = await until(({ isDrawn }) => isDrawn);
    assert.deepEqual([x, y], [(50 - 4) * 2, (60 - 2) * 2]);
  });

  it("is drawn for those who only watch, beside their own", async () => {
    await tab.page.evaluate(() => {
      document.querySelector("wavry-screen")!.viewOnly = true;
    });
    await tab.page.mouse.move(320, 200);
    sendShape(24);
    sendPosition(50, 60);
    const { cursor } = await until(({ isDrawn }) => isDrawn);
    assert.equal(cursor, "default");
  });

  it("is nowhere while the host hides it", async () => {
    await tab.page.mouse.move(320, 200);
    sendShape(24);
    sendPosition(50, 60, false);
    await until(({ cursor, isDrawn }) => cursor === "none" && !isDrawn);
  });

  it("is drawn where it is larger than browsers allow", async () => {
    await tab.page.mouse.move(320, 200);
    sendShape(200);
    sendPosition(50, 60);
    await until(({ cursor, isDrawn }) => cursor === "none" && isDrawn);
  });

  it("breaks no rule of a strict content security policy", () => {
    assert.deepEqual(real.complaints, []);
  });
});
