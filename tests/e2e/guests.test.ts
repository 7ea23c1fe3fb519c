import assert from "node:assert/strict";
import { test } from "node:test";
import type { HostTarget } from "@wavry/client";
import type { Guest, Host } from "@wavry/host";
import { monotonicMicros } from "@wavry/rift-udp";
import type { Right } from "@wavry/signaling";
import { FakeInput, Painter, pressedKeycodes, XConnection } from "@wavry/x11";
import { startTestDisplay } from "@wavry/x11/testing";
import { alike, connectClient, type Device, makeDevice, startHost, until } from "./pair.ts";

const KEY_A = 38;

/** What a grant for `device` comes down to once the host has checked it. */
function guestOf(device: Device, rights: readonly Right[], more: Partial<Guest> = {}): Guest {
  const now = monotonicMicros();
  return {
    sessionId: "session",
    wavryId: device.identity.wavryId,
    staticKey: device.identity.staticKey,
    name: "Ada",
    rights: new Set(rights),
    ask: false,
    admitUntil: now + 60_000_000,
    endsAt: now + 3_600_000_000,
    ...more,
  };
}

function targetOf(device: Device, host: Host): HostTarget {
  const { wavryId, staticKey } = device.identity;
  return { type: "device", wavryId, staticKey, addresses: [host.address] };
}

async function setUp() {
  await using stack = new AsyncDisposableStack();
  const display = stack.use(await startTestDisplay());
  const clientDisplay = stack.use(await startTestDisplay());
  const hostDevice = stack.use(makeDevice());
  const guestDevice = stack.use(makeDevice());
  const host = stack.use(await startHost(hostDevice, display.display));
  const onHost = stack.use(XConnection.open(display.display));
  const painter = stack.use(new Painter(onHost, onHost.root, { overWindows: true }));
  painter.fill(onHost.root, { x: 0, y: 0, width: 1280, height: 720 }, 0x204060);
  onHost.flush();
  const owned = stack.move();
  return {
    ...{ host, onHost, hostDevice, guestDevice, clientDisplay },
    target: targetOf(hostDevice, host),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

const shows = (pixels: Uint32Array, width: number, colour: number): boolean =>
  alike((pixels[300 * width + 300] ?? 0) & 0xffffff, colour);

test("a guest who may only watch sees the screen, and its keys do nothing", async () => {
  await using set = await setUp();
  const { host, guestDevice, onHost, clientDisplay, target } = set;
  host.expectGuest(guestOf(guestDevice, ["view"]));
  await using client = await connectClient(guestDevice, target, {
    display: clientDisplay.display,
    borderless: true,
  });
  await until("the picture is there", () =>
    client.events.some(({ type }) => type === "first-picture"),
  );
  using onClient = XConnection.open(clientDisplay.display);
  const user = new FakeInput(onClient);
  user.moveTo(640, 50);
  user.key(KEY_A, true);
  onClient.flush();
  await until("the client is told", () =>
    client.events.some((event) => event.type === "notice" && event.code === "not-allowed"),
  );
  assert.deepEqual(pressedKeycodes(onHost), []);

  host.setGuestRights("session", ["view", "control"]);
  user.key(KEY_A, false);
  user.key(KEY_A, true);
  onClient.flush();
  await until("the key arrives once it may", () => pressedKeycodes(onHost).includes(KEY_A));
  host.setGuestRights("session", ["view"]);
  await until(
    "it is released when it may not any more",
    () => pressedKeycodes(onHost).length === 0,
  );
  user.key(KEY_A, false);
  onClient.flush();
});

test("a guest who may not watch gets no picture", async () => {
  await using set = await setUp();
  set.host.expectGuest(guestOf(set.guestDevice, ["control"]));
  await using client = await connectClient(set.guestDevice, set.target, { window: false });
  await until("it is let in", () => client.events.some(({ type }) => type === "connected"));
  await until("a second of figures came", () => client.figures !== undefined);
  assert.ok(!client.events.some(({ type }) => type === "first-picture"));
});

test("nobody gets in without a grant, with one for another device, or after its end", async () => {
  await using set = await setUp();
  using other = makeDevice();
  const quick = { window: false, connectTimeoutMicros: 800_000, reconnect: false };
  set.host.expectGuest(guestOf(set.guestDevice, ["view"]));
  await assert.rejects(connectClient(other, set.target, quick));
  await using client = await connectClient(set.guestDevice, set.target, quick);
  await until("the guest is in", () => client.events.some(({ type }) => type === "connected"));
  set.host.endGuest("session", "the link was withdrawn");
  assert.match((await client.closed).message, /withdrawn/);
  await assert.rejects(connectClient(set.guestDevice, set.target, quick));
  assert.equal(set.hostDevice.devices.list("client").length, 0, "a guest is no paired device");
});

test("a guest who is asked about waits, gets in on a yes and is refused on a no", async () => {
  await using set = await setUp();
  const { host, guestDevice, target } = set;
  host.expectGuest(guestOf(guestDevice, ["view"], { ask: true }));
  const asked = () => host.events.filter(({ type }) => type === "consent-asked").length;
  {
    await using client = await connectClient(guestDevice, target, { window: false });
    await until("the person is asked", () => asked() === 1);
    await until("the guest is told", () =>
      client.events.some((event) => event.type === "notice" && event.code === "consent-pending"),
    );
    assert.ok(!client.events.some(({ type }) => type === "connected"));
    assert.equal(host.answerConsent("session", true), true);
    await until("the picture is there", () =>
      client.events.some((e) => e.type === "first-picture"),
    );
    const { pixels, width } = await client.snapshot();
    assert.ok(shows(pixels, width, 0x204060));
  }
  host.expectGuest(guestOf(guestDevice, ["view"], { ask: true, sessionId: "second" }));
  await using client = await connectClient(guestDevice, target, { window: false });
  await until("the person is asked again", () => asked() === 2);
  host.answerConsent("second", false);
  assert.match((await client.closed).message, /did not agree/);
});
