import type { RunningStreamer, Streamer, StreamerOptions } from "../../glass/streamer.ts";
import { CHROMIUM, Chromium, WINDOW_MANAGER } from "../../lib/chromium.ts";
import { monotonicMicros } from "../../lib/clock.ts";
import { whenOneEnds } from "../../lib/processes.ts";
import { openKiosk, waitAsPersonDoes } from "../kiosk.ts";

const SHARER = new URL("../pages/sharer.html", import.meta.url);
const VIEWER = new URL("../pages/viewer.html", import.meta.url);
/** Picks the screen in place of the person. */
const FLAGS = ["--auto-select-desktop-capture-source=Entire screen"];
const WINDOW = { width: 320, height: 200 };

async function start(options: StreamerOptions): Promise<RunningStreamer> {
  const { displayA, size, network } = options;
  await using stack = new AsyncDisposableStack();
  const sharer = stack.use(
    await Chromium.start({
      ...{ display: displayA.name, url: SHARER.href, size: WINDOW, flags: FLAGS },
      // Nothing of it is to be in the picture.
      position: { x: size.width, y: size.height },
      prefix: network.hostPrefix,
    }),
  );
  // Otherwise its offer has names in it that only multicast DNS resolves, which no link of the lab carries.
  await sharer.allowCapture();
  const viewer = stack.use(await openKiosk(options, VIEWER.href));
  const offer = await sharer.evaluate<string>("share()", { gesture: true });
  await waitAsPersonDoes();
  const connectedFrom = monotonicMicros();
  const answer = await viewer.evaluate<string>(`watch(${JSON.stringify(offer)})`);
  await sharer.evaluate(`accept(${JSON.stringify(answer)})`);
  const owned = stack.move();
  return {
    connectedFrom,
    hostPids: [sharer.pid],
    clientPids: [viewer.pid],
    failed: whenOneEnds({ host: sharer.process, page: viewer.process }),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** Chromium's own screen share over WebRTC to another Chromium, nothing tuned. It has no input. */
export const chromium: Streamer = {
  name: "chromium",
  takesInput: false,
  programs: [CHROMIUM, WINDOW_MANAGER],
  debianPackages: ["chromium", "openbox"],
  commandLines: [
    `host:   ${CHROMIUM} ${FLAGS.map((flag) => `"${flag}"`).join(" ")} sharer.html`,
    `client: ${CHROMIUM} --kiosk viewer.html`,
  ],
  start,
};
