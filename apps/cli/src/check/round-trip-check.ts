import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { startVirtualDisplay, type VirtualDisplay } from "@wavry/host";
import { XConnection } from "@wavry/x11";
import { measureFlips } from "./flip-latency.ts";
import { type Program, startProgram } from "./program.ts";
import { pictureLikeness, readScreen, writeScreenshot } from "./screen-image.ts";
import { typeText } from "./type-text.ts";

const SIZE = { width: 1280, height: 720 };
const PICTURE_MILLIS = 20_000;
const WORD_MILLIS = 10_000;
const FIGURES_MILLIS = 1_100;
const LIKENESS_MILLIS = 15_000;
/** Two pictures that differ less are the same to the eye; lossless refinement makes them equal. */
const MIN_LIKENESS_DB = 38;

/** What a round brought. Times are in milliseconds. */
export interface CheckReport {
  readonly firstPictureMs: number;
  readonly glassToGlassMs: { readonly p50: number; readonly p95: number; readonly n: number };
  /** From the key in the client's window until the command that it ended had run on the host. */
  readonly typedWordMs: number;
  /** Peak signal-to-noise ratio of the client's picture against the host's in dB; null: they are equal. */
  readonly likenessDb: number | null;
  readonly stages: Readonly<Record<string, number>> | undefined;
  readonly rttMs: number | undefined;
  readonly screenshot: string;
}

/**
 * The whole round on this machine: a host on one virtual display with a terminal, a client's window on
 * another, as programs of their own. Types a command through the window and compares the pictures.
 * Throws an Error that says what failed; whatever it started is ended.
 */
export async function checkRoundTrip(options: {
  /** Where the picture of the client's window goes. */
  readonly screenshot: string;
  readonly onProgress: (step: string) => void;
}): Promise<CheckReport> {
  const { onProgress } = options;
  await using stack = new AsyncDisposableStack();
  const folder = mkdtempSync(join(tmpdir(), "wavry-check-"));
  stack.defer(() => rmSync(folder, { recursive: true, force: true }));

  onProgress("starting two virtual displays, one with a terminal");
  const hostDisplay = stack.use(
    await startVirtualDisplay({
      size: SIZE,
      windowManager: true,
      terminal: true,
      terminalDirectory: folder,
    }),
  );
  const clientDisplay = stack.use(
    await startVirtualDisplay({ size: SIZE, windowManager: false, terminal: false }),
  );

  onProgress("sharing the first display");
  const host = stack.use(
    startProgram(["host", "--json", "--port", "0", "--address", "127.0.0.1"], {
      ...hostDisplay.environment,
      WAVRY_HOME: join(folder, "host"),
    }),
  );
  const link = (await host.report((report) => typeof report.link === "string", PICTURE_MILLIS))
    .link as string;

  onProgress("connecting a window on the second display");
  const client = stack.use(
    startProgram(["connect", link, "--json", "--fullscreen"], {
      ...clientDisplay.environment,
      WAVRY_HOME: join(folder, "client"),
    }),
  );
  const first = await client.report(({ event }) => event === "first-picture", PICTURE_MILLIS);

  using onHost = openDisplay(hostDisplay);
  using onClient = openDisplay(clientDisplay);
  onProgress("typing a command into the window");
  const typedWordMs = await typeCommand(onClient, folder);
  onProgress("measuring from change to picture");
  const flips = measureFlips(onHost, onClient);
  onProgress("comparing the pictures");
  const likeness = await comparePictures(onHost, onClient);
  const screenshot = resolve(options.screenshot);
  writeScreenshot(screenshot, readScreen(onClient));
  // The client sums up once a second.
  await sleep(FIGURES_MILLIS);
  const figures = lastFigures(client);
  if (likeness < MIN_LIKENESS_DB)
    throw new Error(
      `the client's picture differs from the host's (${likeness.toFixed(1)} dB; see ${screenshot})`,
    );
  return {
    firstPictureMs: Number(first.afterMs),
    glassToGlassMs: {
      p50: flips[flips.length >> 1]! / 1000,
      p95: flips[Math.floor(flips.length * 0.95)]! / 1000,
      n: flips.length,
    },
    typedWordMs,
    likenessDb: Number.isFinite(likeness) ? likeness : null,
    ...figures,
    screenshot,
  };
}

function openDisplay(display: VirtualDisplay): XConnection {
  // libxcb reads the cookie's file from the environment at each connect.
  process.env.XAUTHORITY = display.authority;
  return XConnection.open(display.display);
}

/** Types a command that makes a file in the terminal's folder, and waits for that. */
async function typeCommand(shown: XConnection, folder: string): Promise<number> {
  const word = `typed-${Math.floor(Math.random() * 1e6)}`;
  const start = performance.now();
  typeText(shown, `touch ${word}\n`);
  while (!readdirSync(folder).includes(word)) {
    if (performance.now() - start > WORD_MILLIS)
      throw new Error(
        "what was typed in the client's window did not arrive in the host's terminal",
      );
    await sleep(2);
  }
  return performance.now() - start;
}

/** Waits until the client's picture is like the host's, or for a while; a blinking cursor may differ. */
async function comparePictures(onHost: XConnection, onClient: XConnection): Promise<number> {
  const deadline = performance.now() + LIKENESS_MILLIS;
  let best = 0;
  while (performance.now() < deadline) {
    best = Math.max(best, pictureLikeness(readScreen(onHost), readScreen(onClient)));
    if (best === Number.POSITIVE_INFINITY) return best;
    await sleep(100);
  }
  return best;
}

function lastFigures(client: Program): Pick<CheckReport, "stages" | "rttMs"> {
  const report = client.lastReport(({ stages }) => stages !== undefined);
  return {
    stages: report?.stages as CheckReport["stages"],
    rttMs: report?.rttMs as number | undefined,
  };
}
