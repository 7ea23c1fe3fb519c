import { after, before, beforeEach } from "node:test";
import type { Browser } from "playwright-core";
import { startChromium } from "./browser.ts";
import { openStage, type Stage, type StageOptions } from "./stage.ts";

/** What the tests of a file share; there from the first test on. */
export interface Scene {
  readonly stage: Stage;
  readonly browser: Browser;
}

/** What every screen shows where a test begins, 0xRRGGBB. */
export const FIRST_COLOR = 0x204060;

/** Opens a stage and a browser before the tests of a file, and ends them after. */
export function setUp(options: StageOptions = {}): Scene {
  let stage: Stage | undefined;
  let browser: Browser | undefined;
  before(async () => {
    stage = await openStage(options);
    browser = await startChromium();
  });
  after(async () => {
    await browser?.close();
    await stage?.[Symbol.asyncDispose]();
  });
  beforeEach(() => stage?.paint(FIRST_COLOR));
  return {
    get stage() {
      return there(stage);
    },
    get browser() {
      return there(browser);
    },
  };
}

function there<T>(thing: T | undefined): T {
  if (thing === undefined) throw new Error("the set-up is not done");
  return thing;
}
