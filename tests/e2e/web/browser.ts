import {
  type Browser,
  type BrowserContext,
  chromium,
  type LaunchOptions,
  type Page,
} from "playwright-core";

/** The system's Chromium, without a window, with WebTransport. */
export const CHROMIUM: LaunchOptions = {
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  // Its sandbox does not work for root.
  args: process.getuid?.() === 0 ? ["--no-sandbox"] : [],
  ignoreDefaultArgs: ["--disable-quic"],
};

export async function startChromium(): Promise<Browser> {
  return await chromium.launch(CHROMIUM);
}

/** Lets the screens of a person's pages use one transport alone. */
export async function useAlone(
  context: BrowserContext,
  transport: "webtransport" | "webrtc",
): Promise<void> {
  await context.addInitScript(`{
    const { define } = CustomElementRegistry.prototype;
    CustomElementRegistry.prototype.define = function (name, element, options) {
      if (name === "wavry-screen") {
        const { connect } = element.prototype;
        element.prototype.connect = function (how) {
          return connect.call(this, { ...how, transports: ["${transport}"] });
        };
      }
      return define.call(this, name, element, options);
    };
  }`);
}

/** Has WebTransport of a person's pages go to a port of 127.0.0.1, whatever the host says. */
export async function bendWebTransport(context: BrowserContext, port: number): Promise<void> {
  await context.addInitScript(`{
    const { postMessage } = Worker.prototype;
    Worker.prototype.postMessage = function (message, transfer) {
      const { type, target } = message;
      const bent = { ...target, addresses: ["127.0.0.1"], port: ${port} };
      const sent = type === "open-web-transport" ? { ...message, target: bent } : message;
      return postMessage.call(this, sent, transfer);
    };
  }`);
}

/** Tells a page that it is hidden, or shown again, as a change of tabs does. Browsers without a window hide nothing. */
export async function hide(page: Page, hidden: boolean): Promise<void> {
  await page.evaluate(`{
    const state = { configurable: true, get: () => "${hidden ? "hidden" : "visible"}" };
    Object.defineProperty(document, "visibilityState", state);
    document.dispatchEvent(new Event("visibilitychange"));
  }`);
}

const SHIFTED = '~!@#$%^&*()_+{}|:"<>?';
const UNSHIFTED = "`1234567890-=[]\\;',./";

/** Types as a person does on a US keyboard, with Shift where it takes it. */
export async function typeByHand({ keyboard }: Page, text: string): Promise<void> {
  for (const character of text) {
    const at = SHIFTED.indexOf(character);
    const shifted = at >= 0 || /[A-Z]/.test(character);
    const key = at >= 0 ? UNSHIFTED[at]! : character.toLowerCase();
    if (shifted) await keyboard.down("Shift");
    await keyboard.press(key);
    if (shifted) await keyboard.up("Shift");
  }
}
