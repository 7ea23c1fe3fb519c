/** Debian's Chromium with a window of its own on a display, and one page that is driven from here. */
import type { Readable, Writable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { hasWindowManager, XConnection } from "@wavry/x11";
import { DevTools } from "./devtools.ts";
import { OwnedDirectory, OwnedProcess } from "./processes.ts";
import type { Size } from "./sizes.ts";

/** The program on the path, and its Debian package. */
export const CHROMIUM = "chromium";

/** Without a window manager Chromium leaves the last row and column of the screen free. */
export const WINDOW_MANAGER = "openbox";

/** Where and how it starts. */
export interface ChromiumOptions {
  readonly display: string;
  readonly url: string;
  /** Of the window, in pixels. */
  readonly size: Size;
  readonly position?: { readonly x: number; readonly y: number };
  /** Starts a window manager first, where none is. */
  readonly windowManager?: boolean;
  /** Put in front of the command line. */
  readonly prefix?: readonly string[];
  readonly flags?: readonly string[];
}

const PAGE_TIMEOUT_MILLIS = 30_000;
const LOOK_AGAIN_MILLIS = 50;

/** What keeps a browser that nobody sits at from doing or showing anything of its own. */
const QUIET = [
  ...["--no-first-run", "--no-default-browser-check", "--disable-sync", "--password-store=basic"],
  ...["--disable-background-networking", "--disable-component-update", "--disable-extensions"],
  ...["--disable-default-apps", "--disable-search-engine-choice-screen", "--noerrdialogs"],
  "--disable-features=Translate,MediaRouter,OptimizationHints,GlobalMediaControls",
  // Says nothing about flags that it does not like.
  "--test-type",
];
/** No window manager says which window is seen, so none of them is to be slowed down. */
const AWAKE = [
  ...["--disable-background-timer-throttling", "--disable-backgrounding-occluded-windows"],
  "--disable-renderer-backgrounding",
];
const PICTURE = ["--force-device-scale-factor=1", "--force-color-profile=srgb"];
const MEDIA = ["--autoplay-policy=no-user-gesture-required"];

interface Evaluation {
  readonly result: { readonly value?: unknown };
  readonly exceptionDetails?: {
    readonly text: string;
    readonly exception?: { readonly description?: string };
  };
}

/** A running browser; dispose ends it and removes its profile. */
export class Chromium implements AsyncDisposable {
  readonly process: OwnedProcess;
  readonly #tools: DevTools;
  #owned = new AsyncDisposableStack();
  #session = "";

  private constructor(child: OwnedProcess) {
    this.process = child;
    const [, , , commands, replies] = child.child.stdio;
    this.#tools = new DevTools(commands as Writable, replies as Readable);
  }

  /** Resolves once the page is loaded; throws an Error if it does not load in time. */
  static async start(options: ChromiumOptions): Promise<Chromium> {
    const { display, url, size, position = { x: 0, y: 0 }, prefix = [], flags = [] } = options;
    await using stack = new AsyncDisposableStack();
    const profile = stack.use(new OwnedDirectory());
    if (options.windowManager === true) stack.use(await startWindowManager(display));
    const [command, ...args] = [
      ...prefix,
      CHROMIUM,
      ...[...QUIET, ...AWAKE, ...PICTURE, ...MEDIA],
      // Its sandbox does not work for root.
      ...(process.getuid?.() === 0 ? ["--no-sandbox"] : []),
      `--user-data-dir=${profile.path}`,
      `--window-position=${position.x},${position.y}`,
      `--window-size=${size.width},${size.height}`,
      "--remote-debugging-pipe",
      ...flags,
      url,
    ];
    const child = stack.use(
      await OwnedProcess.start({
        ...{ command: command!, args, env: { DISPLAY: display }, extraPipes: 2 },
      }),
    );
    const browser = new Chromium(child);
    await browser.#attach();
    browser.#owned = stack.move();
    return browser;
  }

  get pid(): number {
    return this.process.pid;
  }

  /**
   * The value of an expression in the page, awaited; it has to go through JSON. A `gesture` counts as a click of the
   * person. Rejects with what the page throws.
   */
  async evaluate<T>(expression: string, options: { gesture?: boolean } = {}): Promise<T> {
    const params = { expression, awaitPromise: true, returnByValue: true };
    const { result, exceptionDetails } = await this.#tools.call<Evaluation>(
      "Runtime.evaluate",
      { ...params, userGesture: options.gesture ?? false },
      this.#session,
    );
    if (exceptionDetails === undefined) return result.value as T;
    throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
  }

  /** Asks the page until an expression holds; throws an Error with `orElse` after half a minute. */
  async waitFor(expression: string, orElse: string): Promise<void> {
    const deadline = performance.now() + PAGE_TIMEOUT_MILLIS;
    for (;;) {
      // A page on its way to another one cannot answer.
      if (await this.evaluate<boolean>(expression).catch(() => false)) return;
      if (!this.process.running) throw new Error(`Chromium ended: ${this.process.lastWords}`);
      if (performance.now() > deadline) throw new Error(orElse);
      await sleep(LOOK_AGAIN_MILLIS);
    }
  }

  /** Lets every page use camera and microphone, and so show its own addresses to others. */
  async allowCapture(): Promise<void> {
    const permissions = ["audioCapture", "videoCapture"];
    await this.#tools.call("Browser.grantPermissions", { permissions });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#owned.disposeAsync();
  }

  async #attach(): Promise<void> {
    const deadline = performance.now() + PAGE_TIMEOUT_MILLIS;
    for (;;) {
      const { targetInfos } = await this.#tools.call<{
        targetInfos: readonly { readonly type: string; readonly targetId: string }[];
      }>("Target.getTargets");
      const page = targetInfos.find(({ type }) => type === "page");
      if (page !== undefined) {
        const { targetId } = page;
        ({ sessionId: this.#session } = await this.#tools.call<{ sessionId: string }>(
          "Target.attachToTarget",
          { targetId, flatten: true },
        ));
        break;
      }
      if (performance.now() > deadline) throw new Error("Chromium opened no page");
      await sleep(LOOK_AGAIN_MILLIS);
    }
    const loaded = "location.href !== 'about:blank' && document.readyState === 'complete'";
    await this.waitFor(loaded, "Chromium did not load its page");
  }
}

async function startWindowManager(display: string): Promise<OwnedProcess> {
  const env = { DISPLAY: display };
  const manager = await OwnedProcess.start({
    ...{ command: WINDOW_MANAGER, args: ["--sm-disable"], env },
  });
  const deadline = performance.now() + PAGE_TIMEOUT_MILLIS;
  using connection = XConnection.open(display);
  while (!hasWindowManager(connection)) {
    if (!manager.running || performance.now() > deadline) {
      await manager[Symbol.asyncDispose]();
      throw new Error(`no window manager: ${manager.lastWords}`);
    }
    await sleep(LOOK_AGAIN_MILLIS);
  }
  return manager;
}
