import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { ClientEvent } from "@wavry/client";
import { ClientStarter, ClientThread, type ClientThreadOptions } from "@wavry/client/thread";
import type { HostEvent } from "@wavry/host";
import { HostThread, type HostThreadOptions } from "@wavry/host/thread";
import { type PairingLink, parsePairingLink } from "@wavry/rift-crypto";
import { FakeInput, Painter, Poll, pressedKeycodes, queryPointer, XConnection } from "@wavry/x11";
import { startTestDisplay } from "@wavry/x11/testing";
import { segmentsOf } from "./helpers/shared-segments.ts";
import { alike, type Device, knownTarget, makeDevice, pixelAt, until } from "./pair.ts";

const SHIFT = 50;
const PRIORITIES: readonly string[] = ["fifo", "nice", "normal"];

async function startHost(
  device: Device,
  display: string,
  options: Partial<HostThreadOptions> = {},
): Promise<{ host: HostThread; events: HostEvent[] } & AsyncDisposable> {
  const events: HostEvent[] = [];
  const host = await HostThread.start({
    keyringDirectory: device.directory,
    display,
    address: "127.0.0.1",
    port: 0,
    name: "test host",
    onEvent: (event) => events.push(event),
    ...options,
  });
  return { host, events, [Symbol.asyncDispose]: () => host[Symbol.asyncDispose]() };
}

async function linkOf(host: HostThread): Promise<PairingLink> {
  const link = parsePairingLink((await host.createPairingLink()).link);
  assert.ok(link);
  return link;
}

function optionsOf(
  device: Device,
  target: ClientThreadOptions["target"],
): { events: ClientEvent[]; options: ClientThreadOptions } {
  const events: ClientEvent[] = [];
  // The host's thread reads the key file by itself; the client's gets the secrets.
  const { identity, directory: keyringDirectory } = device;
  const onEvent = (event: ClientEvent): void => void events.push(event);
  return {
    events,
    options: { identity, keyringDirectory, target, name: "test client", onEvent },
  };
}

/** A host's thread and a client's, each with a display of its own, that show and steer. */
async function startPair(stack: AsyncDisposableStack) {
  const hostDisplay = stack.use(await startTestDisplay());
  const clientDisplay = stack.use(await startTestDisplay());
  const hostDevice = stack.use(makeDevice());
  const clientDevice = stack.use(makeDevice());
  const { host, events: hostEvents } = stack.use(await startHost(hostDevice, hostDisplay.display));
  const target = { type: "link", link: await linkOf(host) } as const;
  const { events, options } = optionsOf(clientDevice, target);
  const client = stack.use(
    await ClientThread.connect({
      ...options,
      display: clientDisplay.display,
      borderless: true,
      reconnect: false,
    }),
  );
  await until("a picture", () => events.some(({ type }) => type === "first-picture"));
  const onHost = stack.use(XConnection.open(hostDisplay.display));
  const onClient = stack.use(XConnection.open(clientDisplay.display));
  const user = new FakeInput(onClient);
  // The window knows the host's size a moment after the first picture.
  await until("the pointer follows", () => {
    user.moveTo(640, 50);
    onClient.sync();
    const { x, y } = queryPointer(onHost);
    return x === 640 && y === 50;
  });
  return { host, hostEvents, hostDevice, client, events, clientDevice, onHost, onClient, user };
}

/** Waits without a turn of this thread's event loop; fails after a generous deadline. */
function blockUntil(what: string, condition: () => boolean): void {
  const pause = new Poll([]);
  const deadline = performance.now() + 60_000;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`waited in vain until ${what}`);
    pause.wait(1_000);
  }
}

test("while the main threads are blocked, input and pictures pass between the threads of host and client", async () => {
  await using stack = new AsyncDisposableStack();
  const { host, hostEvents, client, events, onHost, onClient, user } = await startPair(stack);
  using painter = new Painter(onHost, onHost.root, { overWindows: true });
  let turns = 0;
  const count = setInterval(() => turns++, 0);
  const turnsBefore = turns;
  const eventsBefore = events.length;
  user.key(SHIFT, true);
  onClient.flush();
  blockUntil("the key is down on the host", () => pressedKeycodes(onHost).includes(SHIFT));
  user.key(SHIFT, false);
  onClient.flush();
  blockUntil("the key is up on the host", () => pressedKeycodes(onHost).length === 0);
  for (const [x, colour] of [
    [700, 0x204060],
    [710, 0xa05010],
  ] as const) {
    user.moveTo(x, 60);
    onClient.flush();
    blockUntil("the pointer follows", () => queryPointer(onHost).x === x);
    painter.fill(onHost.root, { x: 0, y: 0, width: 1280, height: 720 }, colour);
    onHost.flush();
    blockUntil("the picture is shown", () => alike(pixelAt(onClient, 900, 600), colour));
  }
  assert.deepEqual([turns, events.length], [turnsBefore, eventsBefore]);
  clearInterval(count);

  assert.ok(PRIORITIES.includes(host.priority) && PRIORITIES.includes(client.priority));
  assert.notEqual(host.socketKind, undefined);
  assert.equal(client.socketKind, host.socketKind);
  assert.equal(host.addresses[0]?.port, host.address.port);
  assert.equal(await host.clientCount(), 1);
  assert.equal(typeof (await host.counters()).sendErrors, "number");
  assert.ok((await client.statistics()).packetsReceived > 0);
  const { width, height, pixels } = await client.snapshot();
  assert.deepEqual([width, height], [1280, 720]);
  assert.ok(alike((pixels[600 * width + 900] ?? 0) & 0xffffff, 0xa05010));
  await until("figures are told", () => events.some(({ type }) => type === "figures"));
  assert.ok(hostEvents.some(({ type }) => type === "paired"));
});

test("stopping releases what is held, ends both threads and leaves nothing", async () => {
  const before = new Set(segmentsOf([process.pid]));
  await using stack = new AsyncDisposableStack();
  const { host, hostEvents, client, clientDevice, onHost, onClient, user } = await startPair(stack);
  user.key(SHIFT, true);
  onClient.flush();
  await until("the key is down", () => pressedKeycodes(onHost).includes(SHIFT));
  assert.deepEqual(await client.stop(), { reason: "stopped", message: "stopped" });
  await until("the key is up", () => pressedKeycodes(onHost).length === 0);
  await until("the host knows", () => hostEvents.some(({ type }) => type === "disconnected"));
  assert.equal(await host.clientCount(), 0);
  await assert.rejects(client.statistics(), /ended/);

  // The list of devices was written by the thread; now a known device comes back, and the host goes.
  const { events, options } = optionsOf(clientDevice, knownTarget(clientDevice));
  await using again = await ClientThread.connect({ ...options, window: false, reconnect: false });
  await until("it is back", () => events.some(({ type }) => type === "connected"));
  assert.deepEqual(await host.stop(), { reason: "stopped", message: "stopped" });
  assert.equal((await again.closed).reason, "lost");
  await stack.disposeAsync();
  await until("no shared memory is left", () =>
    new Set(segmentsOf([process.pid])).isSubsetOf(before),
  );
});

test("a host's thread that fails says so and leaves no key pressed", async () => {
  const { NODE_OPTIONS } = process.env;
  const preload = new URL("./helpers/crash-on-demand.ts", import.meta.url);
  await using stack = new AsyncDisposableStack();
  const crash = new BroadcastChannel("wavry-test-crash");
  stack.defer(() => crash.close());
  process.env.NODE_OPTIONS = `--import=${preload}`;
  const pair = startPair(stack);
  const { host, client, onHost, onClient, user } = await pair.finally(() => {
    if (NODE_OPTIONS === undefined) delete process.env.NODE_OPTIONS;
    else process.env.NODE_OPTIONS = NODE_OPTIONS;
  });
  user.key(SHIFT, true);
  onClient.flush();
  await until("the key is down", () => pressedKeycodes(onHost).includes(SHIFT));
  crash.postMessage("now");
  for (const { reason, message } of [await host.closed, await client.closed]) {
    assert.equal(reason, "failed");
    assert.match(message, /a bug for the test/);
  }
  assert.deepEqual(pressedKeycodes(onHost), []);
});

test("what keeps a host from starting is told with its code, and no thread stays", async () => {
  await using display = await startTestDisplay();
  using device = makeDevice();
  await assert.rejects(startHost(device, ":4095"), { code: "no-display", message: /:4095/ });
  await using first = await startHost(device, display.display);
  await assert.rejects(startHost(device, display.display, { port: first.host.address.port }), {
    code: "port-in-use",
    message: /another/,
  });
  using damaged = makeDevice();
  writeFileSync(join(damaged.directory, "devices.json"), "{", { mode: 0o600 });
  await assert.rejects(startHost(damaged, display.display), {
    name: "KeyringError",
    code: "damaged",
  });
});

test("what keeps a client from connecting is told with its code, and giving up ends its thread", async () => {
  await using display = await startTestDisplay();
  using hostDevice = makeDevice();
  using clientDevice = makeDevice();
  const { host } = await startHost(hostDevice, display.display);
  const target = { type: "link", link: await linkOf(host) } as const;
  const { options } = optionsOf(clientDevice, target);
  await assert.rejects(ClientThread.connect({ ...options, display: ":4095" }), {
    code: "no-display",
  });
  await host.stop();
  const alone = { ...options, window: false };
  await assert.rejects(ClientThread.connect({ ...alone, connectTimeoutMicros: 300_000 }), {
    name: "ConnectError",
    code: "timeout",
  });
  const abort = new AbortController();
  const connecting = ClientThread.connect({ ...alone, signal: abort.signal });
  abort.abort();
  await assert.rejects(connecting, { name: "ConnectError", code: "aborted" });
  // A view that was opened ahead goes, too.
  await using starter = new ClientStarter();
  starter.openView({ window: false });
});

test("a signal ends a connected client in order", async () => {
  await using display = await startTestDisplay();
  using hostDevice = makeDevice();
  using clientDevice = makeDevice();
  await using started = await startHost(hostDevice, display.display);
  const target = { type: "link", link: await linkOf(started.host) } as const;
  const abort = new AbortController();
  const { options } = optionsOf(clientDevice, target);
  const client = await ClientThread.connect({ ...options, window: false, signal: abort.signal });
  abort.abort();
  assert.equal((await client.closed).reason, "stopped");
});
