import { setTimeout as sleep } from "node:timers/promises";
import type { Page } from "playwright-core";

const PATIENCE_MS = 60_000;
const LOOK_EVERY_MS = 20;

/** Waits until an expression holds on a page. From outside: the page's policy lets it make no functions of texts. */
export async function until(page: Page, expression: string): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  while (!(await page.evaluate<boolean>(`Boolean(${expression})`))) {
    if (performance.now() > deadline) throw new Error(`it never held that ${expression}`);
    await sleep(LOOK_EVERY_MS);
  }
}
