import assert from "node:assert/strict";
import { decodeBase64url } from "@wavry/signaling";
import type { Page } from "playwright-core";
import type { Said } from "../pages/fake-socket.ts";
import type { ScreenEnd, ScreenNotice, ScreenState, ScreenStats } from "../src/screen-types.ts";
import { type BrowserFacts, type FakeHost, SESSION } from "./fake-host.ts";

/** What an element has told. */
export interface ScreenLog {
  readonly states: ScreenState[];
  readonly transports: string[];
  readonly notices: ScreenNotice[];
  readonly ends: ScreenEnd[];
  readonly stats: ScreenStats[];
}

/** A page with a `<wavry-screen>` whose gateway is a test. */
export class ScreenTab {
  readonly page: Page;
  readonly browser: BrowserFacts;
  /** What the page said to the gateway. */
  readonly said: Said[] = [];
  host: FakeHost | undefined;

  private constructor(page: Page, browser: BrowserFacts) {
    this.page = page;
    this.browser = browser;
  }

  static async prepare(page: Page): Promise<ScreenTab> {
    const facts = await page.evaluate(async () => {
      const { wavryId, staticKey } = await window.wavry.openIdentity();
      return { wavryId, staticKey };
    });
    const staticKey = decodeBase64url(facts.staticKey)!;
    const tab = new ScreenTab(page, { wavryId: facts.wavryId, staticKey });
    await page.exposeFunction("toGateway", (said: Said) => {
      tab.said.push(said);
      if (said.type === "web") tab.host?.hear(said.kind, said.body);
    });
    return tab;
  }

  /** Begins to connect to a host. */
  async connect(host: FakeHost, options: { transports?: string[] } = {}): Promise<void> {
    this.#hear(host);
    await this.page.evaluate(
      async ({ grant, options }) => {
        const scope = window as unknown as {
          toGateway(said: unknown): Promise<void>;
          gateway: InstanceType<typeof window.wavry.FakeSocket>;
          log: ScreenLog;
          outcome: string;
        };
        const screen = document.querySelector("wavry-screen")!;
        const log: ScreenLog = { states: [], transports: [], notices: [], ends: [], stats: [] };
        scope.log = log;
        scope.outcome = "";
        const on = (name: string, take: (detail: never) => void): void =>
          screen.addEventListener(name, (event) => take((event as CustomEvent).detail as never));
        on("statechange", ({ state }: { state: ScreenState }) => log.states.push(state));
        on("transportchange", ({ transport }: { transport?: string }) =>
          log.transports.push(transport ?? "none"),
        );
        on("notice", (notice: ScreenNotice) => log.notices.push(notice));
        on("ended", (end: ScreenEnd) => log.ends.push(end));
        on("statschange", (stats: ScreenStats) => log.stats.push(stats));
        const identity = await window.wavry.openIdentity();
        scope.gateway = new window.wavry.FakeSocket(
          grant as never,
          (said) => void scope.toGateway(said),
        );
        screen
          .connect({
            ...(options as object),
            ...{ socket: scope.gateway.socket, identity, deviceName: "test" },
          })
          .then(
            () => (scope.outcome = "connected"),
            (error: { code: string; message: string }) =>
              (scope.outcome = `${error.code}: ${error.message}`),
          );
      },
      { grant: host.grant(), options },
    );
  }

  /** Another host is there now, under the grant that the page's gateway gives next. */
  async replaceHost(host: FakeHost): Promise<void> {
    this.#hear(host);
    await this.page.evaluate((grant) => {
      const { gateway } = window as unknown as { gateway: { setGrant(grant: object): void } };
      gateway.setGrant(grant);
    }, host.grant());
  }

  #hear(host: FakeHost): void {
    this.host = host;
    host.say = (kind, body) =>
      void this.deliver("web", { type: "web", seq: 1, session: SESSION, kind, body });
  }

  /** The gateway says something to the page. */
  async deliver(name: string, event: unknown): Promise<void> {
    await this.page
      .evaluate(
        ({ name, event }) => {
          const { gateway } = window as unknown as {
            gateway: { deliver(n: string, e: unknown): void };
          };
          gateway.deliver(name, event);
        },
        { name, event },
      )
      .catch(() => {});
  }

  /** How `connect` ended: "connected", or code and message of what it rejected with. */
  async outcome(): Promise<string> {
    return await this.until(
      () => this.page.evaluate(() => (window as unknown as { outcome: string }).outcome),
      (outcome) => outcome !== "",
    );
  }

  log(): Promise<ScreenLog> {
    return this.page.evaluate(() => (window as unknown as { log: ScreenLog }).log);
  }

  /** Red, green, blue in the middle of what is shown; undefined before the first picture. */
  middle(): Promise<number[] | undefined> {
    return this.page.evaluate(async () => {
      const picture = await document.querySelector("wavry-screen")!.snapshot();
      if (picture === undefined) return undefined;
      const context = new OffscreenCanvas(1, 1).getContext("2d")!;
      context.drawImage(picture, -(picture.width >> 1), -(picture.height >> 1));
      return [...context.getImageData(0, 0, 1, 1).data].slice(0, 3);
    });
  }

  /** Waits until the middle of the picture has a colour, give or take what codecs do. */
  async untilMiddle(colour: number): Promise<void> {
    const wanted = [colour >> 16, (colour >> 8) & 255, colour & 255];
    await this.until(
      () => this.middle(),
      (found) => found?.every((value, index) => Math.abs(value - wanted[index]!) <= 12) === true,
    );
  }

  /** Waits for a value. */
  async until<T>(
    look: () => T | Promise<T>,
    condition: (value: T) => boolean,
    millis = 20_000,
  ): Promise<T> {
    const deadline = Date.now() + millis;
    for (;;) {
      const value = await look();
      if (condition(value)) return value;
      assert.ok(Date.now() < deadline, `it stays at ${JSON.stringify(value)}`);
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
  }
}
