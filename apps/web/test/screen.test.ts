import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Gateway } from "@wavry/gateway";
import { Done, NewShareLink } from "@wavry/signaling";
import type { Browser, Page } from "playwright-core";
import { assertAccessibleEverywhere } from "./accessibility.ts";
import { makePerson, PASSWORD, type Person, type QuietHost, startQuietHost } from "./person.ts";
import { openTab, startBrowser, type Tab } from "./real-browser.ts";
import {
  SOME_STATS,
  stubConnects,
  stubDoes,
  stubLog,
  useScreenStub,
  waitForGrant,
} from "./screen-stub.ts";
import { until } from "./until.ts";
import { buildPages, MovedClock, startWebGateway } from "./web-gateway.ts";

let gateway: Gateway;
let origin: string;
let browser: Browser;
let ada: Person;
let studio: QuietHost;

before(async () => {
  buildPages();
  ({ gateway, origin } = await startWebGateway(new MovedClock()));
  browser = await startBrowser();
  ada = await makePerson(origin, "ada");
  studio = await startQuietHost(ada, "Studio");
});

after(async () => {
  studio?.[Symbol.dispose]();
  await browser?.close();
  await gateway?.[Symbol.asyncDispose]();
});

test("a machine that is online is opened by a click, and the steps until then are shown", async () => {
  await using tab = await openAs(ada);
  const { page } = tab;
  await page.goto("/");
  await page.getByText("2 monitors: 2560 × 1440, 1920 × 1080").waitFor();
  await assertAccessibleEverywhere(page, "machines-online");
  await page.getByRole("link", { name: "Connect Studio" }).click();
  await heading(page, "Connecting to Studio");
  await waitForGrant(page);
  const steps = page.getByRole("listitem");
  assert.deepEqual(
    await steps.allInnerTexts().then((all) => all.map((text) => text.includes("done"))),
    [true, true, false],
  );
  await assertAccessibleEverywhere(page, "screen-connecting");
  await stubDoes(page, 'stub.become("waiting-for-consent")');
  await heading(page, "Waiting to be let in");
  await assertAccessibleEverywhere(page, "screen-consent");
  await stubConnects(page);
  await page.getByRole("toolbar", { name: "Session" }).waitFor();
  assert.equal(await page.title(), "Studio · Wavry");
  await focusIs(page, "WAVRY-SCREEN");
  await assertAccessibleEverywhere(page, "screen-connected");
  // The browser is among the account's devices now.
  const devices = await ada.client.devices();
  assert.equal(devices.filter(({ kind }) => kind === "client").length, 1);
  await stubDoes(page, 'stub.become("reconnecting")');
  await page.getByText("The connection was lost. It is coming back").waitFor();
  await assertAccessibleEverywhere(page, "screen-reconnecting");
  assert.deepEqual(tab.complaints, []);
});

test("the machines page has loaded what the screen needs before anybody clicks", async () => {
  await using tab = await openAs(ada);
  const { page } = tab;
  await connect(page);
  // This browser is among the account's devices from now on, and so is connected ahead, too.
  const gateway = page.waitForEvent("websocket", (socket) => socket.url().endsWith("/ws"));
  await Promise.all([gateway, page.goto("/")]);
  await logged(page, "prepare");
  const asked: string[] = [];
  page.on("request", (request) => asked.push(new URL(request.url()).pathname));
  page.on("websocket", (socket) => asked.push(new URL(socket.url()).pathname));
  await page.getByRole("link", { name: "Connect Studio" }).click();
  await waitForGrant(page);
  await stubConnects(page);
  await page.getByRole("toolbar", { name: "Session" }).waitFor();
  assert.deepEqual(
    asked.filter((path) => /\.js$|\/ws$|well-known|challenges/.test(path)),
    [],
  );
  assert.equal((await stubLog(page)).filter((line) => line === "prepare").length, 1);
  await page.getByRole("button", { name: "Disconnect" }).click();
  await heading(page, "You are disconnected");
  // What was ready was used up.
  await page.getByRole("button", { name: "Connect again" }).click();
  await until(page, 'stubLog.filter((line) => line.startsWith("connect ")).length === 2');
  await waitForGrant(page);
  assert.deepEqual(tab.complaints, []);
});

test("a browser joins the account's devices by a press on a machine, and not by looking at them", async () => {
  const eve = await makePerson(origin, "eve");
  using den = await startQuietHost(eve, "Den");
  await using tab = await openAs(eve);
  const { page } = tab;
  const clients = async () =>
    (await eve.client.devices()).filter(({ kind }) => kind === "client").length;
  const known = page.waitForResponse((response) =>
    response.url().endsWith("/.well-known/wavry-gateway"),
  );
  await page.goto("/");
  const link = page.getByRole("link", { name: "Connect Den" });
  await link.waitFor();
  await known;
  await logged(page, "prepare");
  assert.equal(await clients(), 0);
  const documents: string[] = [];
  page.on("request", (request) => {
    if (request.url().endsWith("/.well-known/wavry-gateway")) documents.push(request.url());
  });
  await link.click();
  await waitForGrant(page);
  assert.equal(await clients(), 1);
  assert.deepEqual(documents, []);
  assert.ok((await stubLog(page)).some((line) => line.startsWith(`connect ${den.id}`)));
  assert.deepEqual(tab.complaints, []);
});

test("what was made ready for one account is not used by the next one on the same page", async () => {
  const max = await makePerson(origin, "max");
  using loft = await startQuietHost(max, "Loft");
  await using tab = await openAs(ada);
  const { page } = tab;
  await connect(page);
  const ready = page.waitForEvent("websocket", (socket) => socket.url().endsWith("/ws"));
  await Promise.all([ready, page.goto("/")]);
  await page.getByRole("button", { name: "Sign out" }).click();
  await heading(page, "Sign in");
  await page.getByLabel("E-mail").fill("max@example.org");
  await page.getByLabel("Password", { exact: true }).fill(PASSWORD);
  await page.keyboard.press("Enter");
  await page.getByRole("link", { name: "Connect Loft" }).click();
  await waitForGrant(page);
  assert.ok((await stubLog(page)).some((line) => line.startsWith(`connect ${loft.id}`)));
  // The browser's device is the first account's: for this one it is another.
  assert.equal((await max.client.devices()).filter(({ kind }) => kind === "client").length, 1);
  assert.deepEqual(tab.complaints, []);
});

test("where no machine is online, nothing of a screen is loaded", async () => {
  const ned = await makePerson(origin, "ned");
  (await startQuietHost(ned, "Attic"))[Symbol.dispose]();
  await using tab = await openAs(ned);
  const { page } = tab;
  const loaded: string[] = [];
  page.on("request", (request) => loaded.push(request.url()));
  await page.goto("/");
  await page.getByText("Attic").first().waitFor();
  await until(page, "document.querySelector('main').textContent.includes('Offline')");
  // It would have been asked for along with what is shown.
  await page.evaluate("new Promise((done) => requestAnimationFrame(() => setTimeout(done)))");
  assert.deepEqual(
    loaded.filter((url) => /screen/.test(url)),
    [],
  );
});

test("the toolbar does everything by keyboard alone, and hides when nobody needs it", async () => {
  await using tab = await openAs(ada);
  const { page } = tab;
  await connect(page);
  const handle = page.getByRole("button", { name: "Show the toolbar" });
  await handle.waitFor();
  assert.equal(await page.getByRole("toolbar").isVisible(), false);
  await assertAccessibleEverywhere(page, "screen-toolbar-hidden");

  await page.keyboard.press("Control+Alt+Shift+Q");
  await focusIs(page, "Full screen");
  for (const name of ["Quality", "Monitor", "Statistics", "Keys", "View only", "Disconnect"]) {
    await page.keyboard.press("ArrowRight");
    await focusIs(page, name);
  }
  await page.keyboard.press("ArrowRight");
  await focusIs(page, "Full screen");

  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("Enter");
  await assertAccessibleEverywhere(page, "screen-quality");
  await page.keyboard.press("Tab");
  await page.getByRole("radio", { name: "Sharp text" }).focus();
  await page.keyboard.press("Space");
  await logged(page, "quality sharp");
  await page.keyboard.press("Escape");
  await focusIs(page, "Quality");

  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("Enter");
  await assertAccessibleEverywhere(page, "screen-monitor");
  await page.getByRole("radio", { name: "Monitor 2, 1920 × 1080" }).focus();
  await page.keyboard.press("Space");
  await logged(page, "monitor 1");
  await page.keyboard.press("Escape");

  await page.getByRole("button", { name: "Keys", exact: true }).focus();
  await page.keyboard.press("Enter");
  await assertAccessibleEverywhere(page, "screen-keys");
  await page.getByRole("button", { name: "Ctrl+Alt+Del" }).focus();
  await page.keyboard.press("Enter");
  await logged(page, "shortcut ControlLeft AltLeft Delete");
  await focusIs(page, "WAVRY-SCREEN");

  await page.keyboard.press("Control+Alt+Shift+Q");
  await page.getByRole("button", { name: "View only" }).focus();
  await page.keyboard.press("Enter");
  await logged(page, "view-only true");
  // With Escape the person is back at the screen, and the toolbar goes.
  await page.keyboard.press("Escape");
  await focusIs(page, "WAVRY-SCREEN");
  await handle.waitFor();

  await handle.focus();
  await page.keyboard.press("Enter");
  await focusIs(page, "Full screen");
  await page.keyboard.press("End");
  await focusIs(page, "Disconnect");
  await page.keyboard.press("Enter");
  await heading(page, "You are disconnected");
  await focusIs(page, "You are disconnected");
  await logged(page, "disconnect");
  await page.getByRole("button", { name: "Connect again" }).focus();
  await page.keyboard.press("Enter");
  await heading(page, "Connecting to Studio");
  // What was chosen stays chosen.
  await until(page, "stub.quality === 'sharp' && stub.viewOnly");
  assert.deepEqual(tab.complaints, []);
});

test("the statistics show figures and their course, and stay when the toolbar hides", async () => {
  await using tab = await openAs(ada);
  const { page } = tab;
  await connect(page);
  await page.keyboard.press("Control+Alt+Shift+Q");
  await page.getByRole("button", { name: "Statistics" }).focus();
  await page.keyboard.press("Enter");
  const panel = page.getByRole("region", { name: "Statistics" });
  await panel.getByText("The first figures come in a second.").waitFor();
  await page.keyboard.press("Escape");
  for (const latencyMillis of [30, 18.4])
    await stubDoes(
      page,
      `stub.tell("statschange", ${JSON.stringify({ ...SOME_STATS, latencyMillis })})`,
    );
  await panel.getByRole("img", { name: "Latency: now 18 ms, at most 30 ms" }).waitFor();
  await panel.getByRole("img", { name: "Rate: now 8.3 Mbit/s" }).waitFor();
  await panel.getByRole("img", { name: "Loss: now 1.2%" }).waitFor();
  await panel.getByText("60 a second").waitFor();
  await panel.getByText("WebTransport").waitFor();
  await page.getByRole("button", { name: "Show the toolbar" }).waitFor();
  await assertAccessibleEverywhere(page, "screen-statistics");
  await stubDoes(page, 'stub.tell("chord", { chord: "statistics" })');
  await panel.waitFor({ state: "detached" });
  await stubDoes(page, 'stub.tell("chord", { chord: "leave" })');
  await focusIs(page, "Full screen");
  assert.deepEqual(tab.complaints, []);
});

test("the whole screen page fills the display, toolbar included", async () => {
  await using tab = await openAs(ada);
  const { page } = tab;
  await connect(page);
  await page.keyboard.press("Control+Alt+Shift+Q");
  await page.keyboard.press("Enter");
  await until(page, "document.fullscreenElement?.tagName === 'MAIN'");
  await page.getByRole("button", { name: "Full screen", pressed: true }).click();
  await until(page, "document.fullscreenElement === null");
  await stubDoes(page, "stub.enterFullscreen()");
  await until(page, "document.fullscreenElement?.tagName === 'MAIN'");
});

test("who may only look sees that, and is offered no keys", async () => {
  await using tab = await openAs(ada);
  const { page } = tab;
  await connect(page, ["view"]);
  await page.getByRole("status").getByText("you may see this screen, not use it").waitFor();
  await page.keyboard.press("Control+Alt+Shift+Q");
  await focusIs(page, "Full screen");
  await page.getByRole("toolbar").getByText("View only").waitFor();
  assert.equal(await page.getByRole("button", { name: "Keys" }).count(), 0);
  await assertAccessibleEverywhere(page, "screen-view-only");
  await stubDoes(
    page,
    'stub.tell("rightschange", { rights: (stub.rights = ["view", "control"]) })',
  );
  await page.getByRole("button", { name: "Keys" }).waitFor();
});

test("on touch screens there is a keyboard, whose modifiers stay down for the next key", async () => {
  await using tab = await openAs(ada, { hasTouch: true, viewport: { width: 360, height: 640 } });
  const { page } = tab;
  await connect(page);
  await page.getByRole("button", { name: "Show the toolbar" }).tap();
  await page.getByRole("button", { name: "On-screen keyboard" }).tap();
  const keyboard = page.getByRole("region", { name: "On-screen keyboard" });
  await keyboard.getByRole("button", { name: "Shift" }).tap();
  await keyboard.getByRole("button", { name: "Shift", pressed: true }).waitFor();
  await assertAccessibleEverywhere(page, "screen-keyboard");
  await keyboard.getByRole("button", { name: "a", exact: true }).tap();
  await keyboard.getByRole("button", { name: "Shift", pressed: false }).waitFor();
  assert.deepEqual(
    (await stubLog(page)).filter((line) => line.startsWith("key")),
    ["key 225 true", "key 4 true", "key 4 false", "key 225 false"],
  );
});

test("whatever ends a session is told with what to do next", async () => {
  await using tab = await openAs(ada);
  const { page } = tab;
  const ends = [
    ["wrong-identity", "This is not the machine that you asked for", ["Go to your machines"]],
    ["unreachable", "There is no way to the machine", ["Try again", "Go to your machines"]],
    ["no-grant", "You may not open this machine", ["Try again", "Go to your machines"]],
    ["grant-ended", "Your access was taken back", ["Try again", "Go to your machines"]],
    ["expired", "Your time is over", ["Try again", "Go to your machines"]],
    ["account-banned", "Your account is banned", ["Go to your machines"]],
    ["host-offline", "The machine is offline", ["Try again", "Go to your machines"]],
    ["lost", "The connection was lost", ["Connect again", "Go to your machines"]],
    ["refused", "You were not let in", ["Ask again", "Go to your machines"]],
    ["unsupported-browser", "This browser cannot show the screen", undefined],
    ["some-reason", "The session was ended", ["Connect again", "Go to your machines"]],
    ["failed", "Something went wrong", ["Try again", "Go to your machines"]],
  ] as const;
  for (const [code, title, actions] of ends) {
    await page.goto(`/screen/${studio.id}`);
    await waitForGrant(page);
    await stubDoes(page, `stub.end(${JSON.stringify(code)})`);
    await heading(page, title);
    await focusIs(page, title);
    const offered = page.getByRole("main").locator("a, button");
    if (actions !== undefined) assert.deepEqual(await offered.allInnerTexts(), actions, code);
    // They differ in words and buttons alone.
    if (["wrong-identity", "unreachable", "failed"].includes(code))
      await assertAccessibleEverywhere(page, `screen-ended-${code}`);
    // A page of its own each time: the address alone would not open it anew.
    await page.goto("about:blank");
  }
  assert.deepEqual(tab.complaints, []);
});

test("a new key is trusted only by who says so", async () => {
  await using tab = await openAs(ada);
  const { page } = tab;
  await page.goto(`/screen/${studio.id}`);
  await waitForGrant(page);
  await stubDoes(page, 'stub.end("key-changed")');
  await heading(page, "The machine has a new key");
  await assertAccessibleEverywhere(page, "screen-key-changed");
  assert.ok(!(await stubLog(page)).includes(`forget ${studio.id}`));
  await page.getByRole("button", { name: "Trust the new key and connect" }).click();
  await logged(page, `forget ${studio.id}`);
  await heading(page, "Connecting to Studio");
});

test("the gateway's own refusals are told: offline, not shared, signed out, removed", async () => {
  const grace = await makePerson(origin, "grace");
  const away = await startQuietHost(grace, "Attic");
  away[Symbol.dispose]();
  await using tab = await openAs(grace);
  const { page } = tab;
  await page.goto(`/screen/${away.id}`);
  await heading(page, "The machine is offline");
  await page.goto("about:blank");
  await page.goto(`/screen/${studio.id}`);
  await heading(page, "You may not open this machine");
  await page.getByRole("link", { name: "Go to your machines" }).click();
  await page.getByText("Offline").waitFor();
  await page.getByText("seen", { exact: false }).waitFor();

  await using other = await startQuietHost(grace, "Cellar");
  await page.goto("about:blank");
  await page.goto(`/screen/${other.id}`);
  await waitForGrant(page);
  await stubConnects(page);
  const own = (await grace.client.devices()).find(({ kind }) => kind === "client");
  await grace.client.removeDevice(own!.id);
  await heading(page, "This browser was removed");
  await page.getByRole("button", { name: "Connect again" }).click();
  await waitForGrant(page);
  await stubConnects(page);
  await page.getByRole("toolbar").waitFor();
  const response = await tab.context.request.delete(`${origin}/api/v1/sessions`, {
    headers: { origin },
  });
  assert.ok(response.ok());
  await heading(page, "You are signed out");
  await page.getByRole("button", { name: "Sign in" }).click();
  await heading(page, "Sign in");
});

test("the host's end waits a moment for the gateway's reason", async () => {
  await using tab = await openAs(ada);
  const { page } = tab;
  await connect(page);
  const session = await page.evaluate<string>("stub.sessionId");
  await stubDoes(page, 'stub.end("refused")');
  studio.socket.sessionEnded(session, "grant-ended");
  await heading(page, "Your access was taken back");
});

test("a share link asks a guest's name once and opens the screen, until it has ended", async () => {
  const { link, url } = await shareStudio();
  await using tab = await openTab(browser, origin);
  const { page } = tab;
  await useScreenStub(page);
  await page.goto(url);
  await heading(page, "A machine is shared with you");
  await assertAccessibleEverywhere(page, "share");
  await page.getByText("From a terminal").click();
  await page.getByText(`wavry connect '${url}'`).waitFor();
  await page.getByLabel("Your name").fill("Joan");
  await page.keyboard.press("Enter");
  await waitForGrant(page);
  assert.ok((await stubLog(page)).includes("connect share Joan"));
  await stubConnects(page, ["view"]);
  await page.getByRole("toolbar").waitFor();
  await page.reload();
  await waitForGrant(page);
  await stubConnects(page, ["view"]);
  await page.getByRole("toolbar").waitFor();
  const path = `/api/v1/share-links/${link.id}`;
  await ada.client.call({ method: "DELETE", path, answer: Done });
  await heading(page, "This link has ended");
  assert.deepEqual(await page.getByRole("main").locator("a, button").allInnerTexts(), [
    "Try again",
  ]);
  await assertAccessibleEverywhere(page, "share-ended");
  await page.goto("/share#cut-off");
  await page.getByRole("alert").getByText("not copied whole").waitFor();
  assert.deepEqual(tab.complaints, []);
});

test("a browser that lacks what screens need is told so before anything is asked", async () => {
  await using tab = await openAs(ada);
  const { page } = tab;
  await page.addInitScript("delete window.RTCPeerConnection; delete window.VideoDecoder;");
  await page.goto(`/screen/${studio.id}`);
  await heading(page, "This browser cannot show the screen");
});

test("the real screen starts under the page's policy, and is given up by the person", async () => {
  await using tab = await openTab(browser, origin);
  await ada.signIn(tab.context);
  const { page } = tab;
  const worker = page.waitForEvent("worker");
  await page.goto(`/screen/${studio.id}`);
  await heading(page, "Connecting to Studio");
  await worker;
  await until(page, "document.querySelector('wavry-screen')?.sessionId !== undefined");
  await page.getByRole("button", { name: "Cancel" }).click();
  await heading(page, "You are disconnected");
  assert.deepEqual(tab.complaints, []);
});

test("who signs in at a screen's address sees the screen, by the one that it once had, too", async () => {
  for (const address of [`/screen/${studio.id}`, `/#/screen/${studio.id}`]) {
    await using tab = await openTab(browser, origin);
    const { page } = tab;
    await useScreenStub(page);
    await page.goto(address);
    await page.waitForURL(`${origin}/screen/${studio.id}`);
    await heading(page, "Sign in");
    await page.getByLabel("E-mail").fill("ada@example.org");
    await page.getByLabel("Password", { exact: true }).fill("gravel-lantern-42-otter");
    await page.keyboard.press("Enter");
    await heading(page, "Connecting to Studio");
    assert.deepEqual(tab.complaints, []);
  }
});

test("going back leaves the screen, and forward comes to it again", async () => {
  await using tab = await openAs(ada);
  const { page } = tab;
  await page.goto("/");
  await page.getByRole("link", { name: "Connect Studio" }).click();
  await waitForGrant(page);
  await page.goBack();
  await heading(page, "Machines");
  await logged(page, "disconnect");
  await page.goForward();
  await waitForGrant(page);
  assert.equal((await stubLog(page)).filter((line) => line.startsWith("connect ")).length, 2);
});

/** A person's own tab, signed in, with the stub in the place of the screen. */
async function openAs(person: Person, options: Parameters<typeof openTab>[2] = {}): Promise<Tab> {
  const tab = await openTab(browser, origin, options);
  await person.signIn(tab.context);
  await useScreenStub(tab.page);
  return tab;
}

async function connect(page: Page, rights?: readonly string[]): Promise<void> {
  await page.goto(`/screen/${studio.id}`);
  await waitForGrant(page);
  await stubConnects(page, rights);
  await page.getByRole("toolbar", { name: "Session" }).waitFor();
}

async function shareStudio(): Promise<NewShareLink> {
  return await ada.client.call({
    ...{ method: "POST", path: `/api/v1/hosts/${studio.id}/share-links` },
    answer: NewShareLink,
    body: { rights: ["view"], askFirst: false, seconds: 600 },
  });
}

async function heading(page: Page, name: string): Promise<void> {
  await page
    .getByRole("heading", { level: 1, name, exact: true })
    .waitFor()
    .catch(async (cause: unknown) => {
      const shown = await page.getByRole("main").textContent();
      throw new Error(`instead of “${name}”: ${shown}`, { cause });
    });
}

/** Waits until what has the focus is called so, by its label, its words or its tag. */
async function focusIs(page: Page, name: string): Promise<void> {
  const look = `(({ activeElement: one }) =>
    [one.ariaLabel, one.textContent.trim(), one.tagName].includes(${JSON.stringify(name)}))(document)`;
  await until(page, look).catch(async (cause: unknown) => {
    const has = await page.evaluate<string>("document.activeElement.outerHTML.slice(0, 200)");
    throw new Error(`instead of “${name}” the focus is on ${has}`, { cause });
  });
}

async function logged(page: Page, line: string): Promise<void> {
  await until(page, `stubLog.includes(${JSON.stringify(line)})`);
}
