import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";

/** The system's Chromium, without a window, with WebTransport. */
export async function startChromium(): Promise<Browser> {
  return await chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    // Its sandbox does not work for root.
    args: process.getuid?.() === 0 ? ["--no-sandbox"] : [],
    ignoreDefaultArgs: ["--disable-quic"],
  });
}

/** Lets the screens of a person's pages use WebRTC alone. */
export async function useWebRtcAlone(context: BrowserContext): Promise<void> {
  await context.addInitScript(`{
    const { define } = CustomElementRegistry.prototype;
    CustomElementRegistry.prototype.define = function (name, element, options) {
      if (name === "wavry-screen") {
        const { connect } = element.prototype;
        element.prototype.connect = function (how) {
          return connect.call(this, { ...how, transports: ["webrtc"] });
        };
      }
      return define.call(this, name, element, options);
    };
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
