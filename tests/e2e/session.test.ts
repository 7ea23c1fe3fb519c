import assert from "node:assert/strict";
import { test } from "node:test";
import {
  createWindow,
  EventMask,
  EventType,
  FakeInput,
  focusWindow,
  Painter,
  pressedKeycodes,
  queryPointer,
  XConnection,
} from "@wavry/x11";
import { startTestDisplay } from "@wavry/x11/testing";
import {
  alike,
  connectClient,
  knownTarget,
  linkTarget,
  makeDevice,
  pixelAt,
  startHost,
  until,
} from "./pair.ts";

const KEY_A = 38;
const SHIFT = 50;

test("a paired client shows the host's screen and steers it", async () => {
  await using hostDisplay = await startTestDisplay();
  await using clientDisplay = await startTestDisplay();
  using hostDevice = makeDevice();
  using clientDevice = makeDevice();
  await using host = await startHost(hostDevice, hostDisplay.display);
  using onHost = XConnection.open(hostDisplay.display);
  using onClient = XConnection.open(clientDisplay.display);
  using painter = new Painter(onHost, onHost.root, { overWindows: true });
  painter.fill(onHost.root, { x: 0, y: 0, width: 1280, height: 720 }, 0x204060);
  onHost.flush();

  await using client = await connectClient(clientDevice, host, {
    display: clientDisplay.display,
    borderless: true,
  });
  await until("the whole screen is shown", () => alike(pixelAt(onClient, 900, 600), 0x204060));

  painter.fill(onHost.root, { x: 300, y: 200, width: 64, height: 64 }, 0xff8000);
  onHost.flush();
  await until("a small change is shown exactly", () => pixelAt(onClient, 330, 230) === 0xff8000);

  const window = createWindow(onHost, {
    ...{ x: 0, y: 0, width: 1280, height: 100 },
    events: EventMask.keyPress | EventMask.keyRelease | EventMask.buttonPress,
  });
  focusWindow(onHost, window);
  onHost.sync();
  const user = new FakeInput(onClient);
  user.moveTo(640, 50);
  onClient.sync();
  await until("the pointer follows", () => queryPointer(onHost).x === 640);
  user.key(KEY_A, true);
  user.key(KEY_A, false);
  user.button(1, true);
  user.button(1, false);
  onClient.flush();
  const seen: string[] = [];
  await until("key and click arrive", () => {
    for (let event = onHost.pollEvent(); event !== undefined; event = onHost.pollEvent())
      if (event.type <= EventType.buttonPress) seen.push(`${event.type}:${event.u8[1]}`);
    return seen.length >= 3;
  });
  assert.deepEqual(seen, [`2:${KEY_A}`, `3:${KEY_A}`, "4:1"]);
  assert.deepEqual(
    client.events.map(({ type }) => type).filter((type) => type !== "figures"),
    ["connected", "first-picture"],
  );
});

test("after pairing, plain keys are enough, and the link is used up", async () => {
  await using display = await startTestDisplay();
  using hostDevice = makeDevice();
  using clientDevice = makeDevice();
  using stranger = makeDevice();
  await using host = await startHost(hostDevice, display.display);
  const link = linkTarget(host);
  {
    await using first = await connectClient(clientDevice, link, { window: false });
    await until("the first picture", () => first.events.some((e) => e.type === "first-picture"));
  }
  assert.equal(hostDevice.devices.list("client").length, 1);
  await using again = await connectClient(clientDevice, knownTarget(clientDevice), {
    window: false,
  });
  await until("the picture comes again", () =>
    again.events.some((e) => e.type === "first-picture"),
  );
  await assert.rejects(
    connectClient(stranger, link, { window: false, connectTimeoutMicros: 1_500_000 }),
    { code: "timeout" },
  );
});

test("a forgotten device is cut off and gets no answer any more", async () => {
  await using display = await startTestDisplay();
  using hostDevice = makeDevice();
  using clientDevice = makeDevice();
  await using host = await startHost(hostDevice, display.display);
  await using client = await connectClient(clientDevice, host, { window: false });
  await until("it is remembered", () => clientDevice.devices.list("host").length === 1);
  hostDevice.devices.forget(clientDevice.identity.wavryId);
  assert.equal((await client.closed).reason, "host-closed");
  await assert.rejects(
    connectClient(clientDevice, knownTarget(clientDevice), {
      window: false,
      connectTimeoutMicros: 1_500_000,
    }),
    {
      code: "timeout",
    },
  );
});

test("two clients watch and steer at once, and one's end releases only its own keys", async () => {
  await using hostDisplay = await startTestDisplay();
  await using clientDisplay = await startTestDisplay();
  using hostDevice = makeDevice();
  using windowDevice = makeDevice();
  using watcherDevice = makeDevice();
  await using host = await startHost(hostDevice, hostDisplay.display);
  using onHost = XConnection.open(hostDisplay.display);
  using onClient = XConnection.open(clientDisplay.display);
  await using watcher = await connectClient(watcherDevice, host, { window: false });
  await using client = await connectClient(windowDevice, host, { display: clientDisplay.display });
  await until("both have a picture", () =>
    [watcher, client].every(({ events }) => events.some((e) => e.type === "first-picture")),
  );
  assert.equal(host.clientCount, 2);
  const user = new FakeInput(onClient);
  user.moveTo(200, 200);
  user.key(SHIFT, true);
  onClient.flush();
  await until("the key is down", () => pressedKeycodes(onHost).includes(SHIFT));
  await watcher.stop();
  await until("the watcher is gone", () => host.clientCount === 1);
  assert.deepEqual(pressedKeycodes(onHost), [SHIFT]);
  await client.stop();
  await until("the key is up", () => pressedKeycodes(onHost).length === 0);
});

test("a display that closes under the host ends it with a clear reason", async () => {
  await using display = await startTestDisplay();
  using hostDevice = makeDevice();
  using clientDevice = makeDevice();
  await using host = await startHost(hostDevice, display.display);
  await using client = await connectClient(clientDevice, host, {
    window: false,
    reconnect: false,
  });
  await until("a picture", () => client.events.some((event) => event.type === "first-picture"));
  await display.kill();
  const end = await host.closed;
  assert.equal(end.reason, "display-closed");
  assert.match((await client.closed).message, /gone away/);
});

test("a client whose host comes back under the same key connects again by itself", async () => {
  await using display = await startTestDisplay();
  using hostDevice = makeDevice();
  using clientDevice = makeDevice();
  const first = await startHost(hostDevice, display.display);
  const { port } = first.address;
  await using client = await connectClient(clientDevice, first, { window: false });
  await until("a picture", () => client.events.some((event) => event.type === "first-picture"));
  await first.stop();
  await until("it notices", () => client.events.some((event) => event.type === "reconnecting"));
  await using second = await startHost(hostDevice, display.display, { port });
  await until("it is back", () => second.clientCount === 1);
  await until("it says so", () => client.events.filter((e) => e.type === "connected").length === 2);
});

test("a host without a display, and one whose port is taken, say what is wrong", async () => {
  await using display = await startTestDisplay();
  using device = makeDevice();
  await assert.rejects(startHost(device, ":4095"), { code: "no-display", message: /:4095/ });
  await using host = await startHost(device, display.display);
  await assert.rejects(startHost(device, display.display, { port: host.address.port }), {
    code: "port-in-use",
    message: /another/,
  });
});
