import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { Page } from "playwright-core";
import { openTab } from "../../../apps/web/test/real-browser.ts";
import { buildPages } from "../../../apps/web/test/web-gateway.ts";
import { until } from "../pair.ts";
import { makeHome, startWavry } from "../wavry-program.ts";
import { startChromium, typeByHand } from "./browser.ts";
import { placeOf, untilAsync, untilShown } from "./stage.ts";

/** A few lines of the picture as one number, to see whether it changed. */
async function digest(page: Page): Promise<number> {
  return await page.evaluate<number>(`(async () => {
    const picture = await document.querySelector("wavry-screen").snapshot();
    const canvas = new OffscreenCanvas(picture.width, picture.height);
    const context = canvas.getContext("2d");
    context.drawImage(picture, 0, 0);
    picture.close();
    let sum = 0;
    for (const byte of context.getImageData(40, 100, 600, 500).data) sum = (sum * 31 + byte) | 0;
    return sum;
  })()`);
}

/** When the picture of the one machine was taken that the page keeps; 0: none is kept. */
async function previewTakenAt(page: Page): Promise<number> {
  return await page.evaluate<number>(`new Promise((resolve) => {
    const opening = indexedDB.open("wavry-previews", 1);
    opening.onsuccess = () => {
      const reading = opening.result.transaction("pictures").objectStore("pictures").getAll();
      reading.onsuccess = () => {
        opening.result.close();
        resolve(reading.result[0]?.takenAt ?? 0);
      };
    };
  })`);
}

/** Allows small pictures of the machine and visits it; leaves with its picture in the list. */
async function visitForPreview(page: Page): Promise<void> {
  await page.goto("/");
  await page.getByRole("link", { name: /^Sharing / }).click();
  await page.getByRole("button", { name: "Allow small pictures" }).click();
  await page.getByText("Allowed", { exact: true }).waitFor();
  await page.goto("/");
  await page.getByRole("link", { name: /^Connect / }).click();
  await untilShown(page);
  await untilAsync("a picture is kept", async () => (await previewTakenAt(page)) > 0);
  const first = await previewTakenAt(page);
  await page.goBack();
  await untilAsync("another is kept on leaving", async () => (await previewTakenAt(page)) > first);
  await page.getByRole("img", { name: /^Last picture of / }).waitFor();
  const width = await page.evaluate<number>(`(async () => {
    const image = document.querySelector("img.preview");
    await image.decode();
    return image.naturalWidth;
  })()`);
  assert.equal(width, 320);
}

test("the link that wavry up prints leads to the machine, and what is typed on the page stands in its terminal", async () => {
  buildPages();
  using home = makeHome();
  await using machine = startWavry(
    ["up", "--json", "--virtual", "--port", "0", "--web-port", "0", "--listen", "0"],
    { home },
  );
  const { url } = await machine.event("sign-in-link");
  await using browser = await startChromium();
  await using tab = await openTab(browser, new URL(String(url)).origin);
  const { page } = tab;
  const { keyboard, mouse } = page;
  await page.goto(String(url));
  await page.getByRole("link", { name: /^Connect / }).click();
  await untilShown(page);

  const place = await placeOf(page, 400, 300);
  await mouse.click(place.x, place.y);
  const typed = join(home.path, "typed");
  await typeByHand(page, `printf 'Hello, Wavry! <%s>' "$((6*7))" > ${typed}`);
  await keyboard.press("Enter");
  await until("the word stands there", () => existsSync(typed) && readFileSync(typed).length > 0);
  assert.equal(readFileSync(typed, "utf8"), "Hello, Wavry! <42>");

  // As an input method gives it: text that no key of this layout makes.
  const composed = join(home.path, "composed");
  await typeByHand(page, `printf '`);
  await keyboard.insertText("żółw 日本");
  await typeByHand(page, `' > ${composed}`);
  await keyboard.press("Enter");
  await until(
    "the text stands there",
    () => existsSync(composed) && readFileSync(composed).length > 0,
  );
  assert.equal(readFileSync(composed, "utf8"), "żółw 日本");

  const held = join(home.path, "held");
  await typeByHand(page, `cat > ${held}; echo left > ${held}`);
  await keyboard.press("Enter");
  await until("it waits", () => existsSync(held));
  await keyboard.press("Control+c");
  await typeByHand(page, `seq 500; echo done > ${held}`);
  await keyboard.press("Enter");
  await until("it is done", () => readFileSync(held, "utf8") === "done\n");
  const before = await digest(page);
  await mouse.wheel(0, -600);
  await untilAsync("the wheel turns back what the terminal shows", async () => {
    return (await digest(page)) !== before;
  });

  const pictures = process.env.WAVRY_PICTURES;
  if (pictures !== undefined) {
    await typeByHand(page, "clear; echo Hello from a browser; seq -s ' ' 40");
    await keyboard.press("Enter");
    await keyboard.press("Control+Alt+Shift+Q");
    await page.getByRole("button", { name: "Statistics" }).click();
    await page.getByText("ms").first().waitFor();
    await mouse.move(700, 500, { steps: 300 });
    await page.screenshot({ path: join(pictures, "screen.png") });
    await keyboard.press("Control+Alt+Shift+Q");
    await page.getByRole("button", { name: "Statistics" }).click();
    await page.getByRole("button", { name: "Quality" }).click();
    await page.screenshot({ path: join(pictures, "real-toolbar.png") });
  }

  await visitForPreview(page);
  if (pictures !== undefined)
    await page.screenshot({ path: join(pictures, "real-machines.png"), fullPage: true });

  // The link works once.
  await using other = await openTab(browser, new URL(String(url)).origin);
  await other.page.goto(String(url));
  await other.page.getByRole("heading", { name: "This sign-in does not work" }).waitFor();
  assert.deepEqual(tab.complaints, []);
});
