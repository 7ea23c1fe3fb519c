import assert from "node:assert/strict";
import { join } from "node:path";
import axe, { type AxeResults } from "axe-core";
import type { Page } from "playwright-core";

/** Where pictures of the pages go; undefined: none are taken. */
const PICTURES = process.env.WAVRY_PICTURES;
const PHONE = { width: 360, height: 640 };
const seen = new Set<string>();

/** Fails with what axe finds on the page as it stands, in light and in dark. `name` is for people, each used once. */
export async function assertAccessible(page: Page, name: string): Promise<void> {
  assert.equal(seen.has(name), false, `two states are called ${name}`);
  seen.add(name);
  // The policy of the page holds for its own scripts, not for what DevTools evaluates.
  if (!(await page.evaluate<boolean>("'axe' in window"))) await page.evaluate(axe.source);
  for (const colorScheme of ["dark", "light"] as const) {
    await page.emulateMedia({ colorScheme });
    const { violations } = await page.evaluate<AxeResults>(
      "axe.run(document, { resultTypes: ['violations'] })",
    );
    const found = violations.flatMap(({ id, help, nodes }) =>
      nodes.map(({ html, failureSummary }) => `${id}: ${help}\n  ${html}\n  ${failureSummary}`),
    );
    assert.deepEqual(found, [], `${name}, ${colorScheme}`);
    if (PICTURES !== undefined)
      await page.screenshot({ path: join(PICTURES, `${name}-${colorScheme}.png`), fullPage: true });
  }
}

/** The same on a window as it is, and then on one of a phone, which nothing may be wider than. */
export async function assertAccessibleEverywhere(page: Page, name: string): Promise<void> {
  await assertAccessible(page, name);
  const before = page.viewportSize();
  await page.setViewportSize(PHONE);
  const width = await page.evaluate<number>("document.documentElement.scrollWidth");
  assert.ok(width <= PHONE.width, `${name} is ${width} pixels wide on a phone`);
  await assertAccessible(page, `${name}-phone`);
  if (before !== null) await page.setViewportSize(before);
}
