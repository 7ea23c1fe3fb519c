import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { extname, join, normalize } from "node:path";
import { type BrowserContext, chromium, type Page } from "playwright-core";
import { build } from "vite";

/** What the package asks of a page, and nothing more. */
export const POLICY: string = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "worker-src 'self'",
  "style-src 'self'",
  "img-src data:",
  "connect-src 'self' https: ws:",
].join("; ");

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".css": "text/css",
};

/** The package in the system's Chromium, under a strict policy, with what went wrong there. */
export interface RealPage extends AsyncDisposable {
  readonly page: Page;
  readonly context: BrowserContext;
  readonly origin: string;
  /** Uncaught errors, and what the policy refused. */
  readonly complaints: readonly string[];
  /** Another page in a profile of its own. */
  open(): Promise<Page>;
}

/** Which page is opened. */
export interface RealPageOptions {
  /** Puts its files into a folder; default: the page of tests. */
  readonly fill?: ((folder: string) => Promise<void>) | undefined;
  /** A global that the page has once it is ready; default "wavry". */
  readonly ready?: string | undefined;
}

/** Builds a page, serves and opens it. */
export async function openRealPage(options: RealPageOptions = {}): Promise<RealPage> {
  const { fill = buildTestPage, ready = "wavry" } = options;
  await using stack = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), "wavry-page-"));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  await fill(folder);
  const origin = await serve(folder, stack);
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: process.getuid?.() === 0 ? ["--no-sandbox"] : [],
    // WebTransport is HTTP/3.
    ignoreDefaultArgs: ["--disable-quic"],
  });
  stack.defer(() => browser.close());
  const complaints: string[] = [];
  const open = async (): Promise<Page> => {
    const context = await browser.newContext({ baseURL: origin, deviceScaleFactor: 1 });
    const page = await context.newPage();
    page.setDefaultTimeout(60_000);
    page.on("pageerror", (error) => complaints.push(error.stack ?? String(error)));
    // What cannot be reached or loaded is the tests' own doing.
    page.on("console", (message) => {
      const text = message.text();
      if (message.type() === "error" && !text.startsWith("Failed to ")) complaints.push(text);
    });
    await page.goto("/");
    await page.waitForFunction((name) => name in globalThis, ready);
    return page;
  };
  const page = await open();
  const owned = stack.move();
  return {
    page,
    context: page.context(),
    origin,
    complaints,
    open,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

async function buildTestPage(folder: string): Promise<void> {
  await build({
    configFile: false,
    root: join(import.meta.dirname, "../pages"),
    logLevel: "error",
    base: "./",
    worker: { format: "es" },
    build: {
      outDir: folder,
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      target: "esnext",
      minify: false,
    },
  });
}

async function serve(folder: string, stack: AsyncDisposableStack): Promise<string> {
  const server = createServer((request, response) => {
    const path = new URL(request.url ?? "/", "http://localhost").pathname;
    const file = normalize(join(folder, path === "/" ? "index.html" : path));
    readFile(file).then(
      (body) => {
        response.writeHead(200, {
          "content-type": TYPES[extname(file)] ?? "application/octet-stream",
          "content-security-policy": POLICY,
        });
        response.end(body);
      },
      () => response.writeHead(404).end(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  stack.defer(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
