/** A host on a real X server in a gateway with its pages, and Chromium in front of them, for end-to-end tests. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Gateway } from "@wavry/gateway";
import { deviceSigner, type GatewayClient, SignalingSocket } from "@wavry/gateway-client";
import type { Host, HostEvent } from "@wavry/host";
import { GatewayLink, type GatewayLinkEvent } from "@wavry/host/gateway";
import type { GamepadBackend } from "@wavry/input";
import { createIdentity, identityFromSecrets } from "@wavry/rift-crypto";
import { nodeSuite as suite } from "@wavry/rift-crypto/node";
import { Painter, queryPointer, XConnection } from "@wavry/x11";
import { startTestDisplay } from "@wavry/x11/testing";
import type { Browser, Page } from "playwright-core";
import { readConfig } from "../../../apps/gateway/src/read-config.ts";
import { makePerson, type Person } from "../../../apps/web/test/person.ts";
import { openTab, type Tab } from "../../../apps/web/test/real-browser.ts";
import { buildPages, MovedClock, startWebGateway } from "../../../apps/web/test/web-gateway.ts";
import { alike, type Device, makeDevice, startHost, until } from "../pair.ts";

/** A machine on an X server of its own; its host can be stopped and started. */
export interface Machine extends AsyncDisposable {
  /** The host's Wavry ID. */
  readonly hostId: string;
  /** Its display, such as ":7". */
  readonly display: string;
  readonly onHost: XConnection;
  readonly events: readonly (HostEvent | GatewayLinkEvent)[];
  /** Ends the host as its stop does; nothing happens where there is none. */
  stopHost(): Promise<void>;
  /** Starts it again with the same keys. */
  startHost(): Promise<void>;
  /** Gives it another static key under the same Wavry ID, as one that was set up anew with its identity kept; from its next start on. */
  changeKey(): void;
  /** The UDP port of the running host's WebTransport server. */
  webPort(): Promise<number>;
  /** Fills its screen with a colour, 0xRRGGBB. */
  paint(color: number): void;
}

/** What a test plays with. */
export interface Stage extends Machine {
  /** The one that runs now, or ran last. */
  readonly gateway: Gateway;
  readonly origin: string;
  /** The gateway's clock. */
  readonly clock: MovedClock;
  /** Owns the host. */
  readonly owner: Person;
  /** Ends the gateway as its stop does; nothing happens where there is none. */
  stopGateway(): Promise<void>;
  /** Starts it again on the same port, with the same database and keys. */
  startGateway(): Promise<void>;
}

/** What is not as usual. */
export interface StageOptions extends MachineOptions {
  /** Variables of the gateway's environment. */
  readonly gatewayEnv?: Readonly<Record<string, string>>;
}

/** Opens one: the gateway runs, the host is in it and lets browsers in. */
export async function openStage({ gatewayEnv, ...options }: StageOptions = {}): Promise<Stage> {
  buildPages();
  await using stack = new AsyncDisposableStack();
  const folder = mkdtempSync(join(tmpdir(), "wavry-stage-"));
  stack.defer(() => rmSync(folder, { recursive: true, force: true }));
  const env = { ...gatewayEnv, WAVRY_GATEWAY_DATA: folder };
  const { store, masterKey, ice } = readConfig({ env });
  const kept = { store, masterKey, ...(ice && { ice }) };
  const clock = new MovedClock();
  let { gateway, origin } = await startWebGateway(clock, kept);
  stack.defer(() => gateway[Symbol.asyncDispose]());
  const owner = await makePerson(origin, "olga");
  const machine = stack.use(await openMachine(owner.client, options));
  const owned = stack.move();
  return {
    ...machine,
    ...{ origin, clock, owner },
    get gateway() {
      return gateway;
    },
    stopGateway: () => gateway[Symbol.asyncDispose](),
    async startGateway() {
      const publicUrl = new URL(origin);
      const place = { port: Number(publicUrl.port), publicUrl };
      ({ gateway } = await startWebGateway(clock, { ...kept, ...place }));
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** What is not as usual. */
export interface MachineOptions {
  /** The host's clock for certificates, milliseconds since 1970. */
  readonly now?: () => number;
  /** Where guests' game controllers go. */
  readonly gamepads?: GamepadBackend;
}

/** Puts a machine of a person's, called Studio, into their gateway; browsers may come. */
export async function openMachine(
  client: GatewayClient,
  options: MachineOptions = {},
): Promise<Machine> {
  await using stack = new AsyncDisposableStack();
  const display = stack.use(await startTestDisplay());
  let device = stack.use(makeDevice());
  const onHost = stack.use(XConnection.open(display.display));
  const events: (HostEvent | GatewayLinkEvent)[] = [];
  let running: { host: Host; link: GatewayLink } | undefined;
  const machine = {
    ...{ onHost, events, display: display.display, hostId: device.identity.wavryId },
    async stopHost() {
      const stopped = running;
      running = undefined;
      stopped?.link[Symbol.dispose]();
      await stopped?.host.stop();
    },
    async startHost() {
      running = await startHostOf(client, { ...options, device, display: display.display, events });
    },
    changeKey() {
      const { identitySeed } = device.identity;
      const { staticPrivate } = createIdentity(suite);
      device = { ...device, identity: identityFromSecrets(suite, { identitySeed, staticPrivate }) };
    },
    async webPort() {
      const place = await running?.host.openWeb({ allowOrigins: [] });
      if (place?.port === undefined) throw new Error("the host has no WebTransport server");
      return place.port;
    },
    paint: (color: number) => paint(onHost, color),
  };
  stack.defer(() => machine.stopHost());
  await machine.startHost();
  const owned = stack.move();
  return { ...machine, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

async function startHostOf(
  client: GatewayClient,
  {
    device,
    display,
    events,
    ...given
  }: MachineOptions & {
    readonly device: Device;
    readonly display: string;
    readonly events: (HostEvent | GatewayLinkEvent)[];
  },
): Promise<{ host: Host; link: GatewayLink }> {
  let link: GatewayLink | undefined;
  const onEvent = (event: HostEvent | GatewayLinkEvent): void => {
    events.push(event);
  };
  const host = await startHost(device, display, {
    ...{ web: { port: 0 }, ...given },
    onEvent: (event) => {
      onEvent(event);
      link?.onHostEvent(event);
    },
  });
  const signer = deviceSigner(device.identity, suite);
  const enrolled = await client.enrol({
    ...{ device: signer, kind: "host", name: "Studio", platform: "test" },
  });
  const socket = new SignalingSocket({
    ...{ url: client.url, issuer: client.issuer, device: signer, role: "host" },
    credentials: { kind: "token", token: client.token! },
    runningSessions: () => link?.runningSessions() ?? [],
  });
  const { address, port } = host.address;
  link = new GatewayLink({
    ...{ door: host, socket, suite, hostId: signer.wavryId, gateway: enrolled.gateway, onEvent },
    pinnedKey: () => undefined,
    remember: () => {},
    unattended: true,
    iceServers: () => client.iceServers(),
    presence: {
      ...{ capabilities: [], monitors: [] },
      candidates: [{ kind: "local", address, port }],
    },
  });
  await until("the host is in its gateway", () => socket.connected);
  return { host, link };
}

/** Fills a screen of 1280x720 with a colour, 0xRRGGBB. */
export function paint(connection: XConnection, color: number): void {
  using painter = new Painter(connection, connection.root, { overWindows: true });
  painter.fill(connection.root, { x: 0, y: 0, width: 1280, height: 720 }, color);
  connection.flush();
}

const SCREEN = 'document.querySelector("wavry-screen")';

/** What is shown at a point of the host's screen, 0xRRGGBB; undefined before the first picture. */
export async function shownAt(page: Page, x: number, y: number): Promise<number | undefined> {
  return await page.evaluate<number | undefined>(`(async () => {
    const picture = await ${SCREEN}?.snapshot();
    if (picture === undefined) return undefined;
    const canvas = new OffscreenCanvas(picture.width, picture.height);
    const context = canvas.getContext("2d");
    context.drawImage(picture, 0, 0);
    picture.close();
    const [red, green, blue] = context.getImageData(${x}, ${y}, 1, 1).data;
    return (red << 16) | (green << 8) | blue;
  })()`);
}

/** Waits until the middle of the page's screen has a colour. */
export async function untilShows(page: Page, color: number): Promise<void> {
  await untilAsync(`the page shows ${color.toString(16)}`, async () => {
    const shown = await shownAt(page, 640, 360);
    return shown !== undefined && alike(shown, color);
  });
}

/** Opens a page for a person who is signed in, at their machines. */
export async function openAs(browser: Browser, person: Person): Promise<Tab> {
  const { origin } = person.client.url;
  const tab = await openTab(browser, origin, { viewport: { width: 1400, height: 900 } });
  await person.signIn(tab.context);
  await tab.page.goto("/");
  return tab;
}

/** Clicks on the machine among them, and waits for its screen. */
export async function connect(page: Page): Promise<void> {
  await page.getByRole("link", { name: "Connect Studio" }).click();
  await untilShown(page);
}

/** A property of the page's screen. */
export async function screenIs<T>(page: Page, property: string): Promise<T> {
  return await page.evaluate<T>(`${SCREEN}?.${property}`);
}

/** Where a point of the host's screen is on the page. */
export async function placeOf(page: Page, x: number, y: number): Promise<{ x: number; y: number }> {
  return await page.evaluate(`(() => {
    const { left, top, width, height } = ${SCREEN}.getBoundingClientRect();
    const { width: across, height: down } = ${SCREEN}.stats;
    const scale = Math.min(width / across, height / down);
    return {
      x: left + (width - across * scale) / 2 + ${x} * scale,
      y: top + (height - down * scale) / 2 + ${y} * scale,
    };
  })()`);
}

/** Moves a page's pointer again and again, as a hand does, until the machine's is at a place: what is moved while nobody is there is gone. */
export async function untilPointerFollows(
  page: Page,
  { onHost }: Pick<Machine, "onHost">,
  to: { readonly x: number; readonly y: number },
): Promise<void> {
  let seen = "";
  await untilAsync(
    () => `the pointer is at ${to.x}, ${to.y}; ${seen}`,
    async () => {
      const place = await placeOf(page, to.x, to.y);
      await page.mouse.move(place.x, place.y);
      const { x, y } = queryPointer(onHost);
      seen = `it is at ${x}, ${y} and the page's at ${place.x}, ${place.y}, ${await screenIs(page, "state")}`;
      return Math.abs(x - to.x) <= 1 && Math.abs(y - to.y) <= 1;
    },
  );
}

/** Waits for what is asked for anew each time; fails after a generous deadline with what was waited for. */
export async function untilAsync(
  what: string | (() => string),
  condition: () => Promise<boolean>,
): Promise<void> {
  const deadline = performance.now() + 60_000;
  while (!(await condition())) {
    if (performance.now() > deadline)
      throw new Error(`waited in vain until ${typeof what === "string" ? what : what()}`);
    await sleep(20);
  }
}

/** Waits until the page shows the host's screen, and its size is known. */
export async function untilShown(page: Page): Promise<void> {
  await untilAsync("the screen is shown", async () => {
    const known = await screenIs<number | undefined>(page, "stats.width");
    return (known ?? 0) > 0 && (await screenIs<string>(page, "state")) === "connected";
  });
  await untilAsync("a picture is there", async () => (await shownAt(page, 5, 5)) !== undefined);
}
