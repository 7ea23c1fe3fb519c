import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Gateway } from "@wavry/gateway";
import type { Browser } from "playwright-core";
import { makePerson } from "./person.ts";
import { openTab, startBrowser } from "./real-browser.ts";
import { until } from "./until.ts";
import { buildPages, MovedClock, startWebGateway } from "./web-gateway.ts";

interface Manifest {
  readonly start_url: string;
  readonly display: string;
  readonly icons: readonly {
    readonly src: string;
    readonly sizes: string;
    readonly type: string;
  }[];
}

let gateway: Gateway;
let origin: string;
let browser: Browser;

before(async () => {
  buildPages();
  ({ gateway, origin } = await startWebGateway(new MovedClock()));
  browser = await startBrowser();
});

after(async () => {
  await browser?.close();
  await gateway?.[Symbol.asyncDispose]();
});

test("Chromium finds nothing that keeps the app from being installed", async () => {
  await using tab = await openTab(browser, origin, { serviceWorkers: "allow" });
  await tab.page.goto("/");
  await tab.page.getByRole("heading", { level: 1, name: "Sign in" }).waitFor();
  const devtools = await tab.context.newCDPSession(tab.page);
  const { errors, url } = await devtools.send("Page.getAppManifest");
  assert.deepEqual(errors, []);
  const { installabilityErrors } = await devtools.send("Page.getInstallabilityErrors");
  // Such a profile as tests have is never installed into.
  const real = installabilityErrors.filter(({ errorId }) => errorId !== "in-incognito");
  assert.deepEqual(real, []);
  const response = await fetch(url);
  assert.match(response.headers.get("content-type") ?? "", /application\/manifest\+json/);
  const manifest = (await response.json()) as Manifest;
  assert.deepEqual([manifest.start_url, manifest.display], ["/", "standalone"]);
  for (const { src, sizes, type } of manifest.icons) {
    const icon = await fetch(origin + src);
    assert.equal(icon.status, 200, src);
    assert.ok(icon.headers.get("content-type")?.startsWith(type), src);
    if (type !== "image/png") continue;
    const bytes = Buffer.from(await icon.arrayBuffer());
    assert.equal(`${bytes.readUInt32BE(16)}x${bytes.readUInt32BE(20)}`, sizes);
    // A browser can read it.
    const width = `new Promise((resolve, reject) => {
      const image = new Image();
      image.onload = () => resolve(image.naturalWidth);
      image.onerror = reject;
      image.src = ${JSON.stringify(src)};
    })`;
    assert.equal(await tab.page.evaluate(width), Number(sizes.split("x")[0]));
  }
  assert.deepEqual(tab.complaints, []);
});

test("the shell opens without a network, and nothing of the gateway's answers is kept", async () => {
  const ada = await makePerson(origin, "ada");
  await using tab = await openTab(browser, origin, { serviceWorkers: "allow" });
  const { page, context } = tab;
  await ada.signIn(context);
  await page.goto("/");
  await page.getByRole("heading", { level: 1, name: "Machines" }).waitFor();
  await until(page, "navigator.serviceWorker.controller !== null");
  await page.reload();
  await page.getByRole("heading", { level: 1, name: "Machines" }).waitFor();
  await page.getByText("No machine is open to you yet.").waitFor();
  const kept = await page.evaluate<string[]>(`(async () => {
    const paths = [];
    for (const name of await caches.keys())
      for (const { url } of await (await caches.open(name)).keys()) paths.push(new URL(url).pathname);
    return paths;
  })()`);
  assert.ok(kept.includes("/"));
  assert.deepEqual(
    kept.filter((path) => path !== "/" && !path.startsWith("/assets/immutable/")),
    [],
  );
  await context.setOffline(true);
  await page.goto("/devices");
  await page.getByRole("alert").getByText("The gateway cannot be reached").waitFor();
  await context.setOffline(false);
  await page.getByRole("button", { name: "Try again" }).click();
  await page.getByRole("heading", { level: 1, name: "Devices" }).waitFor();
});
