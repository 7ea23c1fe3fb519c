import { setTimeout as sleep } from "node:timers/promises";
import { Painter, XConnection } from "@wavry/x11";
import { startTestDisplay } from "@wavry/x11/testing";
import { chromium, type Page } from "playwright-core";
import { openTab } from "../../apps/web/test/real-browser.ts";
import { buildPages } from "../../apps/web/test/web-gateway.ts";
import { makeHome, startWavry } from "../e2e/wavry-program.ts";
import { CHROMIUM } from "../e2e/web/browser.ts";
import { placeOf, screenIs, untilShown } from "../e2e/web/stage.ts";
import { slopePerHour } from "./slope.ts";
import { treeRssBytes } from "./tree-memory.ts";

const WARM_UP_SHARE = 0.2;
/** Within so short a time nobody can tell growth from chance. */
const MIN_JUDGED_MINUTES = 20;
const MAX_SLOPE_BYTES_PER_HOUR = 20e6;
const MAX_DRIFT = 1.5;
const TENTHS = 10;
const SAMPLE_EVERY_MS = 60_000;
const MIN_SAMPLES = 10;
const FRAME_MS = 16;
const SCREEN = { width: 1280, height: 720 };
const BOX = 240;

/** How a soak is run. */
export interface WebSoakOptions {
  readonly minutes: number;
  /** Nothing but the result is told. */
  readonly quiet: boolean;
}

/** Memory at one time. */
interface Sample {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly hostRssBytes: number;
  /** Of all of the browser's processes; what they share counts once for each. */
  readonly browserRssBytes: number;
}

/** What `<wavry-screen>` told in a second. */
interface Figure {
  readonly latencyMillis: number;
  readonly fps: number;
}

/**
 * A person's page shows a screen that moves, and moves the pointer there; neither the host's nor the browser's memory may grow,
 * nor may the latency. Prints the findings as JSON and gives what is wrong with them.
 */
export async function soakWeb({ minutes, quiet }: WebSoakOptions): Promise<readonly string[]> {
  buildPages();
  await using stack = new AsyncDisposableStack();
  const display = stack.use(await startTestDisplay(SCREEN));
  stack.use(startMotion(display.display));
  const home = stack.use(makeHome());
  const host = stack.use(
    startWavry(["up", "--json", "--port", "0", "--web-port", "0", "--listen", "0"], {
      ...{ home, display: display.display },
    }),
  );
  const { url } = await host.event("sign-in-link");
  const server = await chromium.launchServer(CHROMIUM);
  stack.defer(() => server.close());
  const browserPid = server.process().pid!;
  const browser = await chromium.connect(server.wsEndpoint());
  const tab = stack.use(await openTab(browser, new URL(String(url)).origin));
  const { page } = tab;
  await page.goto(String(url));
  await page.getByRole("link", { name: /^Connect / }).click();
  await untilShown(page);
  await gatherFigures(page);
  const devtools = await tab.context.newCDPSession(page);

  const startedAt = Date.now();
  const endsAt = startedAt + minutes * 60_000;
  const everyMs = Math.min(SAMPLE_EVERY_MS, (minutes * 60_000) / MIN_SAMPLES);
  const samples: Sample[] = [];
  const figures: Figure[] = [];
  const problems: string[] = [];
  while (Date.now() < endsAt && problems.length === 0) {
    const until = Math.min(endsAt, startedAt + (samples.length + 1) * everyMs);
    await steer(page, until);
    await devtools.send("HeapProfiler.collectGarbage");
    figures.push(...(await page.evaluate<Figure[]>("figures.splice(0)")));
    samples.push({
      at: Date.now(),
      hostRssBytes: treeRssBytes(host.pid),
      browserRssBytes: treeRssBytes(browserPid),
    });
    const state = await screenIs<string | undefined>(page, "state");
    if (state !== "connected") problems.push(`the screen is ${state ?? "gone"}`);
    if (!quiet) process.stderr.write(`${describe(samples.at(-1)!, figures.at(-1))}\n`);
  }
  problems.push(...tab.complaints.map((complaint) => `the page complained: ${complaint}`));
  return report({ minutes, startedAt, samples, figures, problems });
}

function report(found: {
  readonly minutes: number;
  readonly startedAt: number;
  readonly samples: readonly Sample[];
  readonly figures: readonly Figure[];
  readonly problems: readonly string[];
}): readonly string[] {
  const { minutes, startedAt, samples, figures } = found;
  const problems = [...found.problems];
  const settled = samples.filter(({ at }) => at > startedAt + WARM_UP_SHARE * minutes * 60_000);
  const isJudged = minutes >= MIN_JUDGED_MINUTES;
  const memory = (name: string, bytes: (sample: Sample) => number) => {
    const slope = slopePerHour(settled, bytes);
    if (isJudged && slope > MAX_SLOPE_BYTES_PER_HOUR)
      problems.push(`the ${name} grows by ${megabytes(slope)} MB an hour`);
    const last = samples.at(-1);
    return { rssMb: megabytes(last ? bytes(last) : 0), slopeMbPerHour: megabytes(slope) };
  };
  const latencies = figures.map(({ latencyMillis }) => latencyMillis);
  const tenth = Math.max(1, Math.floor(latencies.length / TENTHS));
  const first = median(latencies.slice(0, tenth));
  const last = median(latencies.slice(-tenth));
  if (figures.length === 0) problems.push("the screen told no figures");
  if (last > MAX_DRIFT * first)
    problems.push(`the latency went from ${round(first)} to ${round(last)} ms`);
  const result = {
    minutes,
    memoryIsJudged: isJudged,
    host: memory("host", ({ hostRssBytes }) => hostRssBytes),
    browser: memory("browser", ({ browserRssBytes }) => browserRssBytes),
    latency: {
      p50Ms: round(median(latencies)),
      firstTenthMs: round(first),
      lastTenthMs: round(last),
      drift: round(last / first),
    },
    fps: round(median(figures.map(({ fps }) => fps))),
    problems,
  };
  process.stdout.write(`${JSON.stringify(result)}\n`);
  return problems;
}

/** A box that goes over a display, in another colour each time. */
function startMotion(display: string): Disposable {
  const stack = new DisposableStack();
  const connection = stack.use(XConnection.open(display));
  const painter = stack.use(new Painter(connection, connection.root, { overWindows: true }));
  let step = 0;
  const timer = setInterval(() => {
    step++;
    const x = (step * 7) % (SCREEN.width - BOX);
    const y = (step * 5) % (SCREEN.height - BOX);
    painter.fill(connection.root, { x, y, width: BOX, height: BOX }, (step * 0x010305) & 0xffffff);
    connection.flush();
  }, FRAME_MS);
  stack.defer(() => clearInterval(timer));
  return stack;
}

/** Keeps what the screen tells each second in the page's `figures`. */
async function gatherFigures(page: Page): Promise<void> {
  await page.evaluate(`{
    window.figures = [];
    document.querySelector("wavry-screen").addEventListener("statschange", ({ detail }) => {
      window.figures.push({ latencyMillis: detail.latencyMillis, fps: detail.fps });
    });
  }`);
}

/** Moves the pointer each second until a time. */
async function steer(page: Page, until: number): Promise<void> {
  for (let step = 0; Date.now() < until; step++) {
    const place = await placeOf(page, 100 + ((step * 50) % 1000), 300);
    await page.mouse.move(place.x, place.y);
    await sleep(Math.min(1_000, Math.max(0, until - Date.now())));
  }
}

function describe({ hostRssBytes, browserRssBytes }: Sample, figure: Figure | undefined): string {
  const memory = `host ${megabytes(hostRssBytes)} MB, browser ${megabytes(browserRssBytes)} MB`;
  return `${memory}, latency ${round(figure?.latencyMillis ?? Number.NaN)} ms, ${round(figure?.fps ?? 0)} pictures/s`;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}

const megabytes = (bytes: number): number => Number((bytes / 1e6).toFixed(1));
const round = (value: number): number => Number(value.toFixed(2));
