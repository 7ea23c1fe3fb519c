import { deviceSigner } from "@wavry/gateway-client";
import { createIdentity } from "@wavry/rift-crypto";
import { nodeSuite } from "@wavry/rift-crypto/node";
import type { Page } from "playwright-core";
import { until } from "./until.ts";

/** As the real element tells them. */
interface ScreenStats {
  readonly latencyMillis: number;
  readonly rttMillis: number;
  readonly fps: number;
  readonly bitrateBps: number;
  readonly lossShare: number;
  readonly decodeMillis: number;
  readonly width: number;
  readonly height: number;
  readonly transport: string;
  readonly isRelayed: boolean;
}

/**
 * What stands in for @wavry/web-client in a page: it asks the gateway for a session as the real one does, and shows what
 * the test tells it to. `stub` on the page is the newest element, `stubLog` what was done to it.
 */
const SOURCE = `
globalThis.stubLog = [];
const log = (...what) => stubLog.push(what.join(" "));

export async function openIdentity() {
  const { wavryId, staticKey, certificate } = await stubIdentity();
  const sign = async (message) => new Uint8Array(await stubSign([...message]));
  return { wavryId, staticKey, certificate, sign };
}

export async function forgetIdentity() {
  await stubForget();
}

export class PinnedHosts {
  async forget(wavryId) {
    log("forget", wavryId);
  }
}

export class WavryScreen extends HTMLElement {
  static prepare() {
    log("prepare");
  }
  state = "idle";
  rights = [];
  monitors = [];
  transport = undefined;
  hostName = "";
  sessionId = undefined;
  virtualInput = { key: (usage, down) => log("key", usage, down), onReleased: () => () => {} };
  input = { showSoftKeyboard: () => false };
  #quality = "balanced";
  #monitor = 0;
  #viewOnly = false;

  connectedCallback() {
    this.tabIndex = 0;
  }
  get quality() {
    return this.#quality;
  }
  set quality(quality) {
    this.#quality = quality;
    log("quality", quality);
  }
  get monitor() {
    return this.#monitor;
  }
  set monitor(monitor) {
    this.#monitor = monitor;
    log("monitor", monitor);
  }
  get viewOnly() {
    return this.#viewOnly;
  }
  set viewOnly(on) {
    this.#viewOnly = on;
    log("view-only", on);
  }
  async connect({ socket, host, share, signal, deviceName }) {
    globalThis.stub = this;
    log("connect", host ?? "share", deviceName);
    this.become("connecting");
    this.ended = Promise.withResolvers();
    try {
      const { session } = await socket.connect({ host, share, signal });
      this.sessionId = session;
    } catch (error) {
      this.end(error.code);
      throw error;
    }
    await this.ended.promise;
  }
  disconnect() {
    log("disconnect");
  }
  sendShortcut(keys) {
    log("shortcut", ...keys);
  }
  requestInput() {
    this.focus();
  }
  colour = "#3060a0";
  takePicture() {
    log("picture");
    const canvas = Object.assign(document.createElement("canvas"), { width: 320, height: 180 });
    const context = canvas.getContext("2d");
    context.fillStyle = this.colour;
    context.fillRect(0, 0, 320, 180);
    return new Promise((resolve) => canvas.toBlob(resolve, "image/webp"));
  }
  tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
  become(state, facts = {}) {
    const previous = this.state;
    Object.assign(this, facts, { state });
    this.tell("statechange", { state, previous });
  }
  end(code) {
    this.state = "ended";
    this.tell("ended", { code, message: code });
  }
}
customElements.define("wavry-screen", WavryScreen);
`;

/** Puts the stub in the place of @wavry/web-client on a page. Before the page is opened. */
export async function useScreenStub(page: Page): Promise<void> {
  let identity = createIdentity(nodeSuite);
  const signer = () => deviceSigner(identity, nodeSuite);
  await page.exposeFunction("stubIdentity", () => {
    const { wavryId, staticKey, certificate } = signer();
    return { wavryId, staticKey, certificate };
  });
  await page.exposeFunction("stubSign", async (message: number[]) => [
    ...(await signer().sign(Uint8Array.from(message))),
  ]);
  await page.exposeFunction("stubForget", () => {
    identity = createIdentity(nodeSuite);
  });
  await page.route("**/screen-kit-*.js", (route) =>
    route.fulfill({ contentType: "text/javascript", body: SOURCE }),
  );
}

/** Waits until the element on the page has asked the gateway for a session and got it. */
export async function waitForGrant(page: Page): Promise<void> {
  await until(page, "globalThis.stub?.isConnected && stub.sessionId !== undefined");
}

/** Does something with the element on the page, such as `stub.end("lost")`. */
export async function stubDoes(page: Page, script: string): Promise<void> {
  await page.evaluate(`void (${script})`);
}

/** What was done to the elements so far. */
export async function stubLog(page: Page): Promise<string[]> {
  return await page.evaluate<string[]>("stubLog");
}

/** Figures as the real element tells them each second. */
export const SOME_STATS: ScreenStats = {
  ...{ latencyMillis: 18.4, rttMillis: 6.2, fps: 60, bitrateBps: 8_300_000, lossShare: 0.012 },
  ...{ decodeMillis: 1.8, width: 2560, height: 1440, transport: "webtransport", isRelayed: false },
};

/** The element is connected, as one of a host with two monitors. */
export async function stubConnects(
  page: Page,
  rights: readonly string[] = ["view", "control"],
): Promise<void> {
  const facts = {
    ...{ rights, hostName: "Studio", transport: "webtransport" },
    monitors: [
      { id: 0, name: "DP-1", width: 2560, height: 1440 },
      { id: 1, name: "HDMI-1", width: 1920, height: 1080 },
    ],
  };
  await stubDoes(page, `stub.become("connected", ${JSON.stringify(facts)})`);
}
