import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import helmet from "@fastify/helmet";
import Fastify from "fastify";
import { chromium } from "playwright-core";
import type { App } from "../../src/http/app.ts";
import { appPages } from "../../src/web/routes.ts";
import { temporaryFolder } from "../helpers/temporary-folder.ts";

/** The empty module. */
const WASM = "AGFzbQEAAAA=";

/** What a page or a worker may do, by trying. */
const TRY = `async function tryAll() {
  const refused = [];
  addEventListener("securitypolicyviolation", ({ effectiveDirective, blockedURI }) =>
    refused.push(effectiveDirective + " " + blockedURI));
  const reach = async (url) => {
    const transport = new WebTransport(url);
    transport.closed.catch(() => {});
    const late = new Promise((resolve) => setTimeout(resolve, 500));
    await Promise.race([transport.ready.catch(() => {}), late]);
  };
  await Promise.all(["https://127.0.0.1:9/", "https://[::1]:50000/x", "https://192.0.2.1/x"].map(reach));
  await fetch("https://127.0.0.1:9/").catch(() => {});
  await new Promise((resolve) => {
    new WebSocket(location.origin.replace("http", "ws") + "/ws").onclose = resolve;
  });
  const bytes = Uint8Array.from(atob("${WASM}"), (char) => char.charCodeAt(0));
  const compiles = await WebAssembly.compile(bytes).then(() => true, () => false);
  return { refused, compiles, isolated: crossOriginIsolated };
}`;

test("Chromium holds pages to the gateway, lets workers reach hosts and compile, and knows every permission that is named", async () => {
  await using folder = temporaryFolder();
  const directory = join(folder.path, "dist");
  mkdirSync(join(directory, "assets"), { recursive: true });
  const write = (name: string, text: string) => writeFileSync(join(directory, name), text);
  write("index.html", `<!doctype html><title>x</title><script src="/assets/main.js"></script>`);
  write(
    "assets/main.js",
    `${TRY}
    trustedTypes.createPolicy("default", { createScriptURL: (url) => url });
    globalThis.tryInWorker = () => new Promise((resolve) => {
      new Worker("/assets/worker-1.js", { type: "module" }).onmessage = ({ data }) => resolve(data);
    });`,
  );
  write("assets/worker-1.js", `${TRY} postMessage(await tryAll());`);
  const app = Fastify();
  await app.register(helmet);
  await appPages(app as unknown as App, directory);
  await app.listen({ host: "127.0.0.1", port: 0 });
  const { port } = app.server.address() as AddressInfo;
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: process.getuid?.() === 0 ? ["--no-sandbox"] : [],
    ignoreDefaultArgs: ["--disable-quic"],
  });
  try {
    const page = await browser.newPage();
    const said: string[] = [];
    page.on("console", (message) => said.push(message.text()));
    await page.goto(`http://localhost:${port}/`);
    interface Found {
      readonly refused: readonly string[];
      readonly compiles: boolean;
      readonly isolated: boolean;
    }
    const inPage = await page.evaluate<Found>("tryAll()");
    const inWorker = await page.evaluate<Found>("tryInWorker()");
    assert.equal(inPage.refused.filter((what) => what.startsWith("connect-src https:")).length, 4);
    assert.equal(inPage.compiles, false);
    assert.deepEqual(inWorker, { refused: [], compiles: true, isolated: true });
    assert.equal(inPage.isolated, true);
    assert.deepEqual(
      said.filter((text) => text.includes("Permissions-Policy")),
      [],
    );
  } finally {
    await browser.close();
    await app.close();
  }
});
