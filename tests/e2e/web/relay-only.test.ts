import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import type { Browser } from "playwright-core";
import { hasTurnServer, TurnServer } from "../../../packages/webrtc/test/helpers/turn-server.ts";
import { until } from "../pair.ts";
import { typeByHand } from "./browser.ts";
import { ClosedNetwork, closedNetworkObstacle } from "./closed-network.ts";
import {
  connect,
  openAs,
  openStage,
  type Stage,
  screenIs,
  untilAsync,
  untilPointerFollows,
  untilShows,
} from "./stage.ts";

const skip = hasTurnServer
  ? (closedNetworkObstacle() ?? false)
  : "coturn is not installed (Debian package coturn)";
const stack = new AsyncDisposableStack();
let turn: TurnServer;
let stage: Stage;
let browser: Browser;
before(async () => {
  if (skip !== false) return console.log(`skipped: ${skip}`);
  turn = stack.use(await TurnServer.start());
  stage = stack.use(
    await openStage({
      gatewayEnv: {
        WAVRY_TURN_URLS: `turn:127.0.0.1:${turn.port}?transport=udp`,
        WAVRY_TURN_SECRET: turn.secret,
      },
    }),
  );
  const network = stack.use(await ClosedNetwork.open());
  await network.openTcp(Number(new URL(stage.origin).port));
  await network.openUdp(turn.port);
  browser = await network.startChromium();
});
after(() => stack.disposeAsync());

test("a browser that reaches the gateway and a TURN server alone shows the screen through that, and what is typed arrives", {
  skip,
}, async () => {
  await using tab = await openAs(browser, stage.owner);
  const { page } = tab;
  await connect(page);
  assert.equal(await screenIs(page, "transport"), "webrtc");
  await untilAsync("the page tells of the relay", () => screenIs(page, "stats.isRelayed"));
  await using terminal = await openTerminal(stage);
  // Without a window manager the keys go where the pointer is.
  await untilPointerFollows(page, stage, { x: 300, y: 200 });
  await typeByHand(page, "Hello, relay!");
  await page.keyboard.press("Enter");
  await until("the words stand there", () => terminal.read() === "Hello, relay!");
  for (const color of [0x306030, 0xa05010]) {
    stage.paint(color);
    await untilShows(page, color);
  }

  // coturn counts what it has forwarded once the relay is given back.
  await page.keyboard.press("Control+Alt+Shift+Q");
  await page.getByRole("button", { name: "Disconnect" }).click();
  await page.getByRole("heading", { name: "You are disconnected" }).waitFor();
  await until("coturn tells what it has forwarded", () => forwarded(turn.log) > 20_000);
});

/** Bytes that were sent to, or got from, the other sides of relays that are over. */
function forwarded(log: string): number {
  let bytes = 0;
  for (const line of log.split("\n")) {
    const [, received, sent] = /peer usage: .* rb=(\d+), .* sb=(\d+)/.exec(line) ?? [];
    bytes += Number(received ?? 0) + Number(sent ?? 0);
  }
  return bytes;
}

/** A terminal on the host's display, at its upper left, that keeps the line which is typed there. */
async function openTerminal({ display }: Stage): Promise<AsyncDisposable & { read(): string }> {
  const folder = mkdtempSync(join(tmpdir(), "wavry-terminal-"));
  const [ready, typed] = ["ready", "typed"].map((name) => join(folder, name)) as [string, string];
  const keep = `touch ${ready}; IFS= read -r line; printf %s "$line" > ${typed}; sleep 600`;
  const child = spawn("xterm", ["-geometry", "80x30+0+0", "-e", "sh", "-c", keep], {
    env: { ...process.env, DISPLAY: display },
    stdio: "ignore",
  });
  const exited = once(child, "exit");
  const dispose = async (): Promise<void> => {
    child.kill("SIGKILL");
    await exited;
    rmSync(folder, { recursive: true, force: true });
  };
  await until("the terminal is there", () => existsSync(ready));
  return {
    read: () => (existsSync(typed) ? readFileSync(typed, "utf8") : ""),
    [Symbol.asyncDispose]: dispose,
  };
}
