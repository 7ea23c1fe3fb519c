/** A page of the harness (pages/input/harness.ts) in a real browser, from the sources without a build. */
import { existsSync, readFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { type Browser, type CDPSession, chromium, type Page } from "playwright-core";

// Secure pages alone get some of the events.
const ORIGIN = "https://input.test";
const ROOT = new URL("../../../", import.meta.url);
const HTML = `<!doctype html><title>Input</title><style>
  body { margin: 0 }
  aside { position: absolute; left: 20px; top: 540px; width: 900px }
</style>
<script type="importmap">{ "imports": {
  "@wavry/rift-core": "/rift-core/src/index.ts", "@wavry/rift-core/input": "/rift-core/src/input/index.ts" } }</script>
<div id="frame"></div>
<aside><button id="other">other</button><wavry-keyboard></wavry-keyboard><wavry-gamepad></wavry-gamepad></aside>
<script type="module" src="/web-client/pages/input/harness.ts"></script>`;
const DEADLINE_MILLIS = 60_000;

/** The system's Chromium, without a window. */
export function startBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    // Its sandbox does not work for root.
    args: process.getuid?.() === 0 ? ["--no-sandbox"] : [],
  });
}

/** What a test does with the page. */
export class InputPage implements AsyncDisposable {
  readonly page: Page;
  readonly devtools: CDPSession;

  private constructor(page: Page, devtools: CDPSession) {
    this.page = page;
    this.devtools = devtools;
  }

  static async open(
    browser: Browser,
    options: { platform?: string; locale?: string; touch?: boolean } = {},
  ): Promise<InputPage> {
    const context = await browser.newContext({
      viewport: { width: 1000, height: 900 },
      locale: options.locale ?? "en-GB",
      hasTouch: options.touch === true,
    });
    await context.route(`${ORIGIN}/**`, async (route) => {
      const { pathname } = new URL(route.request().url());
      if (pathname === "/") return await route.fulfill({ contentType: "text/html", body: HTML });
      const file = fileURLToPath(new URL(`.${pathname}`, ROOT));
      if (!existsSync(file)) return await route.fulfill({ status: 404 });
      const body = stripTypeScriptTypes(readFileSync(file, "utf8"));
      await route.fulfill({ contentType: "text/javascript", body });
    });
    const page = await context.newPage();
    page.setDefaultTimeout(DEADLINE_MILLIS);
    page.on("pageerror", (error) => console.error(error));
    if (options.platform !== undefined)
      await page.addInitScript(`
        Object.defineProperty(navigator, "userAgentData", { get: () => undefined });
        Object.defineProperty(navigator, "platform", { get: () => ${JSON.stringify(options.platform)} });`);
    await page.goto(`${ORIGIN}/`);
    await page.waitForFunction("globalThis.harness !== undefined");
    return new InputPage(page, await context.newCDPSession(page));
  }

  /** Everything that the sink was told since the last time. */
  async take(): Promise<string[]> {
    return await this.page.evaluate<string[]>("harness.log.splice(0)");
  }

  /** Waits until `isTrue` of what the sink was told, and takes it. */
  async takeWhen(isTrue: (log: readonly string[]) => boolean, what: string): Promise<string[]> {
    for (const start = performance.now(); ; await sleep(5)) {
      const log = await this.page.evaluate<string[]>("harness.log");
      if (isTrue(log)) return await this.take();
      if (performance.now() - start > DEADLINE_MILLIS)
        throw new Error(`still not: ${what}; there is ${JSON.stringify(log)}`);
    }
  }

  /** Gives the keyboard to the host by a click, and forgets what it told. */
  async activate(): Promise<void> {
    await this.page.mouse.click(100, 200);
    await this.takeWhen((log) => log.includes("button 1 up"), "the click is there");
  }

  /** Calls the input, as in `run("input.focus()")`. */
  async run<T = unknown>(expression: string): Promise<T> {
    return await this.page.evaluate<T>(`harness.${expression}`);
  }

  /** Gives the picture's element key events, all in one task. */
  async keys(...events: readonly Readonly<Record<string, unknown>>[]): Promise<void> {
    await this.page.evaluate(`for (const { type, ...init } of ${JSON.stringify(events)})
      harness.target.dispatchEvent(new KeyboardEvent(type, { bubbles: true, cancelable: true, composed: true, ...init }))`);
  }

  /** Puts fingers onto the page, or what is left of them. */
  async touch(
    type: "touchStart" | "touchMove" | "touchEnd" | "touchCancel",
    ...points: readonly (readonly [x: number, y: number])[]
  ): Promise<void> {
    await this.devtools.send("Input.dispatchTouchEvent", {
      type,
      touchPoints: points.map(([x, y], id) => ({ x, y, id })),
    });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.page.context().close();
  }
}

/** Without the places of the pointer, which have their own tests. */
export function withoutPlaces(log: readonly string[]): string[] {
  return log.filter((each) => !each.startsWith("at "));
}
