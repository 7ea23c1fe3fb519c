import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";

const BINARIES = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** Starts the system's Chromium; throws where there is none. */
export async function startBrowser(): Promise<Browser> {
  const executablePath = BINARIES.find((path) => existsSync(path));
  if (executablePath === undefined) throw new Error("no Chromium: apt-get install chromium");
  return chromium.launch({ executablePath, args: ["--disable-gpu"] });
}

/** A tab, with what it complained about: breaches of the policy, failures, requests to elsewhere. */
export interface WatchedPage {
  readonly page: Page;
  readonly complaints: string[];
}

/** Opens a tab and watches it. `origin`: where it may ask. */
export async function openPage(context: BrowserContext, origin: string): Promise<WatchedPage> {
  const page = await context.newPage();
  page.setDefaultTimeout(60_000);
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("console", (message) => {
    // Refusals by the API are shown by the page itself.
    if (message.type() === "error" && !message.text().startsWith("Failed to load resource"))
      complaints.push(message.text());
  });
  page.on("request", (request) => {
    const url = request.url();
    if (!url.startsWith(`${origin}/`) && !url.startsWith("blob:")) complaints.push(url);
  });
  return { page, complaints };
}

/** What axe finds on the page as it is now: a line each. */
export async function axeFindings(page: Page): Promise<string[]> {
  await page.evaluate(`globalThis.axe ?? (() => { ${AXE} })()`);
  const { violations } = (await page.evaluate(
    'axe.run(document, { resultTypes: ["violations"] })',
  )) as { violations: { id: string; nodes: { target: string[]; failureSummary: string }[] }[] };
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id} ${target.join(" ")}: ${failureSummary}`),
  );
}

/** Takes a picture of the page for people, where WAVRY_PICTURES says into which folder. */
export async function takePicture(page: Page, name: string): Promise<void> {
  const folder = process.env.WAVRY_PICTURES;
  if (folder !== undefined)
    await page.screenshot({ path: join(folder, `admin-${name}.png`), fullPage: true });
}

/** Presses Tab until what has the focus is called so; throws if it never is. */
export async function tabTo(page: Page, name: string | RegExp): Promise<void> {
  const met: string[] = [];
  for (let presses = 0; presses < 120; presses++) {
    await page.keyboard.press("Tab");
    const focused = (await page.evaluate(`(() => {
      const element = document.activeElement;
      const label = element?.labels?.[0]?.innerText ?? "";
      return (element?.ariaLabel || label || element?.innerText || "").trim();
    })()`)) as string;
    // A label's text has its field's options behind it.
    const first = focused.split("\n")[0]!.trim();
    if (typeof name === "string" ? first === name : name.test(first)) return;
    met.push(first);
  }
  throw new Error(`no ${name} among ${JSON.stringify(met)}`);
}
