import { type Browser, chromium, type Page } from "playwright-core";
import type { IceServer, WebRtcPeer } from "../../src/index.ts";

/** The system's Chromium, without a window; it may use loopback addresses, and shows its own. */
export async function startBrowser(): Promise<Browser> {
  return await chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: [
      "--allow-loopback-in-peer-connection",
      "--autoplay-policy=no-user-gesture-required",
      // Its sandbox does not work for root.
      ...(process.getuid?.() === 0 ? ["--no-sandbox"] : []),
    ],
  });
}

/** What the page tells of its end. */
export interface ViewerReport {
  readonly video?: {
    readonly framesDecoded: number;
    readonly keyFramesDecoded: number;
    readonly packetsReceived: number;
    readonly bytesReceived: number;
    readonly pliCount: number;
  };
  readonly audio?: { readonly packetsReceived: number; readonly totalSamplesReceived: number };
  readonly codec?: string;
  readonly localType?: string;
  readonly remoteType?: string;
}

/** A page that watches one peer. */
export class BrowserViewer implements AsyncDisposable {
  readonly #page: Page;
  #peer: WebRtcPeer | undefined;

  private constructor(page: Page) {
    this.#page = page;
  }

  static async open(browser: Browser): Promise<BrowserViewer> {
    const page = await browser.newPage();
    page.setDefaultTimeout(60_000);
    const viewer = new BrowserViewer(page);
    await page.exposeFunction("wavryCandidate", (candidate: string, mid: string) =>
      viewer.#peer?.addCandidate(candidate, mid),
    );
    await page.addScriptTag({ path: new URL("./viewer-page.js", import.meta.url).pathname });
    return viewer;
  }

  /** Answers a peer's offer. The callbacks go into its options. */
  async watch(
    peer: WebRtcPeer,
    offer: string,
    iceServers: readonly IceServer[] = [],
    policy: "all" | "relay" = "all",
  ): Promise<void> {
    this.#peer = peer;
    peer.setRemote(await this.call<string>("answer", offer, iceServers, policy));
  }

  addCandidate(candidate: string, mid: string): Promise<void> {
    return this.call("addCandidate", candidate, mid);
  }

  report(): Promise<ViewerReport> {
    return this.call("report");
  }

  /** Calls a method of the page's `wavryViewer`. */
  call<Result>(method: string, ...values: readonly unknown[]): Promise<Result> {
    const call = `wavryViewer[${JSON.stringify(method)}](...${JSON.stringify(values)})`;
    return this.#page.evaluate(call) as Promise<Result>;
  }

  /** Reads an expression in the page. */
  read<Result>(expression: string): Promise<Result> {
    return this.#page.evaluate(expression) as Promise<Result>;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#peer = undefined;
    await this.#page.close();
  }
}
