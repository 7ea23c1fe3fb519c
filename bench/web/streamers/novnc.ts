import { existsSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { fillTemplate, freePort } from "../../glass/command-streamer.ts";
import type { RunningStreamer, Streamer, StreamerOptions } from "../../glass/streamer.ts";
import { COMMANDS } from "../../glass/streamers/tigervnc.ts";
import { CHROMIUM, WINDOW_MANAGER } from "../../lib/chromium.ts";
import { monotonicMicros } from "../../lib/clock.ts";
import { OwnedDirectory, OwnedProcess, whenOneEnds } from "../../lib/processes.ts";
import { openKiosk, waitAsPersonDoes } from "../kiosk.ts";

const PAGE = fileURLToPath(new URL("../pages/novnc.html", import.meta.url));
/** Where Debian's package puts the page's own code. */
const NOVNC = "/usr/share/novnc";
const WEBSOCKIFY = ["websockify", "--web", "{folder}", "{address}:{port}", "127.0.0.1:{vncPort}"];
const HEAD_START_MILLIS = 1000;

async function start(options: StreamerOptions): Promise<RunningStreamer> {
  if (!existsSync(join(NOVNC, "core/rfb.js"))) throw new Error(`no ${NOVNC} (apt install novnc)`);
  const { displayA, network } = options;
  await using stack = new AsyncDisposableStack();
  const folder = stack.use(new OwnedDirectory());
  symlinkSync(NOVNC, join(folder.path, "novnc"));
  symlinkSync(PAGE, join(folder.path, "index.html"));
  const [port, vncPort] = [await freePort(), await freePort()];
  const run = async (template: readonly string[], values: Record<string, string | number>) => {
    const [command, ...args] = [...network.hostPrefix, ...fillTemplate(template, values)];
    return stack.use(await OwnedProcess.start({ command: command!, args }));
  };
  const server = await run(COMMANDS.host, { displayA: displayA.name, port: vncPort });
  const address = network.hostAddress;
  const bridge = await run(WEBSOCKIFY, { folder: folder.path, address, port, vncPort });
  await sleep(HEAD_START_MILLIS);
  const page = stack.use(await openKiosk(options, `http://${address}:${port}/index.html`));
  await page.waitFor("typeof watch === 'function'", `noVNC's page is broken: ${bridge.lastWords}`);
  await waitAsPersonDoes();
  const connectedFrom = monotonicMicros();
  await page.evaluate("watch()", { gesture: true });
  const owned = stack.move();
  return {
    connectedFrom,
    hostPids: [server.pid, bridge.pid],
    clientPids: [page.pid],
    failed: whenOneEnds({ host: server, bridge, page: page.process }),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** TigerVNC's server, a bridge from TCP to WebSocket, and noVNC in Chromium. */
export const novnc: Streamer = {
  name: "novnc",
  takesInput: true,
  programs: [COMMANDS.host[0]!, WEBSOCKIFY[0]!, CHROMIUM, WINDOW_MANAGER],
  debianPackages: ["tigervnc-scraping-server", "websockify", "novnc", "chromium", "openbox"],
  commandLines: [
    `host:   ${COMMANDS.host.join(" ")}`,
    `        ${WEBSOCKIFY.join(" ")}`,
    `client: ${CHROMIUM} --kiosk novnc.html`,
  ],
  start,
};
