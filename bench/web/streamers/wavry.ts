/** Wavry in the browser: `wavry up` on display A, its own app in Chromium on display B. */
import { createInterface } from "node:readline";
import { fillTemplate, freePort } from "../../glass/command-streamer.ts";
import { COUNTER_SIZE, counterPlace } from "../../glass/scene.ts";
import type { RunningStreamer, Streamer, StreamerOptions } from "../../glass/streamer.ts";
import { CHROMIUM, type Chromium, WINDOW_MANAGER } from "../../lib/chromium.ts";
import { monotonicMicros } from "../../lib/clock.ts";
import { OwnedDirectory, type OwnedProcess, whenOneEnds } from "../../lib/processes.ts";
import type { Size } from "../../lib/sizes.ts";
import { startWavry } from "../../lib/wavry-command.ts";
import { openKiosk, waitAsPersonDoes } from "../kiosk.ts";

type Transport = "webtransport" | "webrtc";

const HOST = [
  ...["up", "--json", "--bitrate", "{kbps}k", "--port", "0"],
  ...["--listen", "{address}:{port}", "--public-url", "http://localhost:{port}"],
];
const LINK_TIMEOUT_MILLIS = 20_000;
const CONNECT = `document.querySelector('main a[href*="/screen/"]')`;

/** The link that signs in the browser, as `wavry up` prints it. */
async function readSignInLink(host: OwnedProcess): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const failed = (): void => reject(new Error(`its host gave no link: ${host.lastWords}`));
  const timer = setTimeout(failed, LINK_TIMEOUT_MILLIS);
  void host.exited.then(failed);
  createInterface({ input: host.child.stdout! }).on("line", (line) => {
    const { event, url } = JSON.parse(line) as { event?: string; url?: string };
    if (event === "sign-in-link") resolve(url!);
  });
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
  }
}

/** Makes the browser look like one whose pages cannot make videos: everything is drawn on the canvas. */
const WITHOUT_VIDEO = "void delete globalThis.MediaStreamTrackGenerator";

/** Leaves the app no choice of its own: it would take WebTransport wherever it works. */
function restrict(transport: Transport): string {
  return `void customElements.whenDefined("wavry-screen").then(({ prototype }) => {
    const { connect } = prototype;
    prototype.connect = function (options) {
      return connect.call(this, { ...options, transports: ["${transport}"] });
    };
  })`;
}

/** Presses the button that a person would press, and sees to it that the wanted way is taken. */
async function connect(page: Chromium, transport: Transport): Promise<void> {
  await page.evaluate(`${CONNECT}.click()`, { gesture: true });
  const used = "document.querySelector('wavry-screen')?.transport";
  await page.waitFor(`${used} !== undefined`, "the app does not connect");
  const got = await page.evaluate<string>(used);
  if (got !== transport) throw new Error(`the app went by ${got} instead of ${transport}`);
}

async function start(
  transport: Transport,
  options: StreamerOptions,
  { before }: { readonly before: string | undefined },
): Promise<RunningStreamer> {
  const { displayA, network, bitrateBps } = options;
  await using stack = new AsyncDisposableStack();
  const home = stack.use(new OwnedDirectory());
  const port = await freePort();
  const address = network.hostAddress;
  const kbps = Math.round(bitrateBps / 1000);
  const folders = ["XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_DATA_HOME"];
  const host = stack.use(
    await startWavry(
      fillTemplate(HOST, { kbps, address, port }),
      { DISPLAY: displayA.name, ...Object.fromEntries(folders.map((name) => [name, home.path])) },
      network.hostPrefix,
    ),
  );
  const link = await readSignInLink(host);
  // Browsers let pages of http only have all their abilities where the name is localhost.
  const flags = [`--host-resolver-rules=MAP localhost ${address}`];
  const page = stack.use(await openKiosk(options, link, flags));
  await page.waitFor(`${CONNECT} !== null`, "the app does not show the machine");
  await page.evaluate(restrict(transport));
  if (before !== undefined) await page.evaluate(before);
  await waitAsPersonDoes();
  const connectedFrom = monotonicMicros();
  const connected = connect(page, transport);
  const owned = stack.move();
  return {
    connectedFrom,
    hostPids: [host.pid],
    clientPids: [page.pid],
    failed: Promise.race([
      whenOneEnds({ host, page: page.process }),
      connected.then(
        () => new Promise<string>(() => {}),
        (error: Error) => error.message,
      ),
    ]),
    settled: () =>
      page.waitFor(toolsAreGone(options.size), "the app's tools stay over the picture"),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** The toolbar stands over the frame counter for some seconds. */
function toolsAreGone(size: Size): string {
  const { x, y } = counterPlace(size);
  const place = `${x + COUNTER_SIZE.width / 2}, ${y + COUNTER_SIZE.height / 2}`;
  return `document.elementFromPoint(${place})?.localName === "wavry-screen"`;
}

/** `variant` is told apart by a name, and by what is done to the page before it connects. */
function wavry(
  transport: Transport,
  variant?: { readonly name: string; readonly before: string },
): Streamer {
  return {
    name: variant?.name ?? transport,
    takesInput: true,
    programs: [CHROMIUM, WINDOW_MANAGER],
    debianPackages: ["chromium", "openbox"],
    commandLines: [
      `host:   wavry ${HOST.join(" ")}`,
      `client: ${CHROMIUM} --kiosk {link}, transports: ["${transport}"]`,
    ],
    start: (options) => start(transport, options, { before: variant?.before }),
  };
}

/** Everything over WebTransport. */
export const webtransport: Streamer = wavry("webtransport");

/** The same without a video for screens in motion (ADR 15). */
export const webtransportCanvas: Streamer = wavry("webtransport", {
  name: "webtransport-canvas",
  before: WITHOUT_VIDEO,
});

/** Everything over WebRTC. */
export const webrtc: Streamer = wavry("webrtc");
