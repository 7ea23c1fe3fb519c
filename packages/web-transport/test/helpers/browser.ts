import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { type Browser, chromium, type Page } from "playwright-core";
import type { WebCertificate } from "../../src/index.ts";

/** A page in the system's Chromium that may use WebTransport: it comes from http://localhost. */
export interface BrowserPage extends AsyncDisposable {
  readonly browser: Browser;
  readonly page: Page;
  /** What `allowOrigin` sees. */
  readonly origin: string;
  /**
   * Runs the body of an async function in the page, with `open`, `readAll` and the others of page-script.js, and with
   * `to`: where a session is opened.
   */
  run<T>(target: Target, body: string): Promise<T>;
}

/** Where the page opens its sessions. */
export interface Target {
  readonly port: number;
  readonly certificate: WebCertificate;
  /** Default "/wavry". */
  readonly path?: string;
}

const SCRIPT = readFileSync(new URL("page-script.js", import.meta.url), "utf8");

/** Starts Chromium without a window, and a server for an empty page. */
export async function openBrowserPage(): Promise<BrowserPage> {
  const server = createServer((_request, response) => {
    response
      .setHeader("content-type", "text/html")
      .end(`<!doctype html><title>test</title><script>${SCRIPT}</script>`);
  });
  await new Promise<void>((resolve) => server.listen(0, "localhost", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  const origin = `http://localhost:${address.port}`;
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    // Its sandbox does not work for root.
    args: process.getuid?.() === 0 ? ["--no-sandbox"] : [],
    ignoreDefaultArgs: ["--disable-quic"],
  });
  const page = await browser.newPage();
  await page.goto(origin);
  return {
    ...{ browser, page, origin },
    async run<T>({ port, certificate, path = "/wavry" }: Target, body: string): Promise<T> {
      const to = { url: `https://127.0.0.1:${port}${path}`, hash: [...certificate.sha256] };
      return await page.evaluate<T>(`(async (to) => {${body}})(${JSON.stringify(to)})`);
    },
    async [Symbol.asyncDispose]() {
      await browser.close();
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
