import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { PairedDevices } from "@wavry/keyring";
import { CloseReason, readScreenUpdate } from "@wavry/rift-core";
import type { ControlInit } from "@wavry/rift-core/control";
import { createIdentity } from "@wavry/rift-crypto";
import { nodeSuite as suite } from "@wavry/rift-crypto/node";
import { startTestDisplay } from "@wavry/x11/testing";
import { chromium, type Page } from "playwright-core";
import { Host } from "../../src/host.ts";
import type { HostEvent } from "../../src/host-options.ts";
import { HostThread } from "../../src/host-thread.ts";
import { TransportClose } from "../../src/web/web-guest.ts";
import { Browser } from "../helpers/browser.ts";

declare const openWebTransport: (place: unknown) => Promise<void>;
declare const answerWebRtc: (sdp: string) => Promise<string>;
declare const addCandidate: (candidate: string, mid: string) => Promise<void>;
declare const pipe: { send(text: string): void; readonly closed: unknown };
declare const shown: () => { frames: number; width: number };

const SIZE = { width: 640, height: 480 };
const SCRIPT = readFileSync(new URL("../helpers/page-pipe.js", import.meta.url), "utf8");
const HELLO: ControlInit = {
  body: {
    case: "hello",
    value: { protocolVersion: 1, deviceName: "browser", codecs: ["h264", "patch"] },
  },
};

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 60_000;
  while (!(await condition())) {
    assert.ok(performance.now() < deadline, "the condition never held");
    await sleep(10);
  }
}

/** A real host on a real display, and a real browser whose page pipes the datagrams of a RIFT client. */
class RealSetup implements AsyncDisposable {
  readonly identity = createIdentity(suite);
  readonly browser = new Browser("s".repeat(22), this.identity.wavryId);
  readonly events: string[] = [];
  readonly #stack = new AsyncDisposableStack();
  host!: Host | HostThread;
  page!: Page;
  origin = "";

  static async start(options: { threaded?: boolean } = {}): Promise<RealSetup> {
    const setup = new RealSetup();
    const stack = setup.#stack;
    try {
      await setup.#start(stack, options.threaded ?? false);
      return setup;
    } catch (error) {
      await stack.disposeAsync();
      throw error;
    }
  }

  async #start(stack: AsyncDisposableStack, threaded: boolean): Promise<void> {
    const display = stack.use(await startTestDisplay(SIZE));
    const directory = mkdtempSync(join(tmpdir(), "wavry-web-"));
    stack.defer(() => rmSync(directory, { recursive: true }));
    const options = {
      ...{ display: display.display, address: "127.0.0.1", port: 0, name: "den" },
      ...{ identity: this.identity, web: { port: 0 } },
      onEvent: (event: HostEvent) => {
        this.events.push("message" in event ? `${event.type}: ${event.message}` : event.type);
        if (event.type === "web") this.browser.hear(event);
      },
    };
    this.host = stack.use(
      threaded
        ? await HostThread.start({ ...options, keyringDirectory: directory })
        : await Host.start({ ...options, suite, devices: PairedDevices.open(directory) }),
    );
    stack.use(this.browser);
    const server = createServer((_, response) =>
      response.setHeader("content-type", "text/html").end(`<script>${SCRIPT}</script>`),
    );
    await new Promise<void>((resolve) => server.listen(0, "localhost", resolve));
    stack.defer(() => void server.close().closeAllConnections());
    this.origin = `http://localhost:${(server.address() as AddressInfo).port}`;
    const chromiumBrowser = await chromium.launch({
      executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
      args: process.getuid?.() === 0 ? ["--no-sandbox"] : [],
      ignoreDefaultArgs: ["--disable-quic"],
    });
    stack.defer(() => chromiumBrowser.close());
    this.page = await chromiumBrowser.newPage();
    await this.page.exposeFunction("fromHost", (text: string) =>
      this.browser.receive(Buffer.from(text, "base64")),
    );
    await this.page.exposeFunction("tellHost", (candidate: string, mid: string) =>
      this.host.handleWeb(
        this.browser.signal({ kind: "candidate", value: { v: 1, candidate, mid } }),
      ),
    );
    await this.page.goto(this.origin);
    this.browser.use((datagram) => {
      const text = Buffer.from(datagram).toString("base64");
      this.page.evaluate((text) => pipe.send(text), text).catch(() => {});
    });
  }

  /** The host opens to this origin and expects the browser, which asks. */
  async ask(origin: string, ...wants: string[]): Promise<void> {
    await this.host.openWeb({ allowOrigins: [origin] });
    await this.host.expectGuest(this.browser.guest());
    await this.host.handleWeb(this.browser.offer("a", ...wants));
    await until(() => this.browser.answer !== undefined);
  }

  openWebTransport(): Promise<void> {
    const { webtransport } = this.browser.answer!;
    return this.page.evaluate((place) => openWebTransport(place), webtransport);
  }

  closed(): Promise<unknown> {
    return this.page.evaluate(() => pipe.closed);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#stack.disposeAsync();
  }
}

test("a browser comes by WebTransport, gets the screen, and is out when its grant ends", async () => {
  await using setup = await RealSetup.start();
  await setup.ask(setup.origin, "webtransport");
  await setup.openWebTransport();
  const connection = await setup.browser.connect(setup.identity.staticKey);
  const widths: number[] = [];
  connection.onUpdate = (bytes) => widths.push(readScreenUpdate(bytes).screen.width);
  connection.sendControl(HELLO);
  await until(() => widths.length > 0);
  assert.equal(widths[0], SIZE.width);
  assert.equal(await setup.host.endGuest(setup.browser.session, "taken back"), true);
  assert.equal((await connection.closed).reason, CloseReason.refused);
  await until(async () => (await setup.closed()) === TransportClose.over);
  await setup.openWebTransport();
  await until(async () => (await setup.closed()) === TransportClose.noToken);
});

test("a page of another origin opens no WebTransport session", async () => {
  await using setup = await RealSetup.start();
  await setup.ask("https://wavry.example", "webtransport");
  await assert.rejects(setup.openWebTransport());
  assert.deepEqual(setup.events, ["web"]);
});

for (const threaded of [false, true])
  test(`a browser comes by WebRTC alone, and sees the screen on the video track while it wants it there; host ${threaded ? "in a thread of its own" : "in this one"}`, async () => {
    await using setup = await RealSetup.start({ threaded });
    await setup.ask(setup.origin, "webrtc", "webtransport");
    const { sdp } = setup.browser.answer!.webrtc!;
    const answer = await setup.page.evaluate((sdp) => answerWebRtc(sdp), sdp);
    const description = { kind: "candidate", value: { v: 1, sdp: answer } } as const;
    await setup.host.handleWeb(setup.browser.signal(description, createIdentity(suite)));
    if (setup.host instanceof Host) assert.equal(setup.host.webCounters.wrongIdentity, 1);
    await setup.host.handleWeb(setup.browser.signal(description));
    for (const { kind, value } of setup.browser.heard)
      if (kind === "candidate" && "candidate" in value)
        await setup.page.evaluate(([candidate, mid]) => addCandidate(candidate, mid), [
          value.candidate,
          value.mid,
        ] as const);
    const connection = await setup.browser.connect(setup.identity.staticKey, 20_000_000);
    let updates = 0;
    connection.onUpdate = () => updates++;
    connection.sendControl(HELLO);
    await until(() => updates > 0);
    connection.sendControl({ body: { case: "streamSettings", value: { videoTrack: true } } });
    await until(async () => (await setup.page.evaluate(() => shown())).frames > 0);
    assert.equal((await setup.page.evaluate(() => shown())).width, SIZE.width);
    connection.sendControl({ body: { case: "streamSettings", value: {} } });
    const before = updates;
    await until(() => updates > before);
    // What else is open is closed with the host.
    await setup.openWebTransport();
    assert.equal((await setup.host.stop()).reason, "stopped");
    assert.equal((await connection.closed).reason, CloseReason.shutdown);
    await until(async () => (await setup.closed()) !== undefined);
    assert.deepEqual(
      setup.events.filter((event) => event.includes("failed")),
      [],
    );
  });
