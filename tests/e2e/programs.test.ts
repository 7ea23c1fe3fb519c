import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { FakeInput, Painter, pressedKeycodes, queryPointer, XConnection } from "@wavry/x11";
import { startTestDisplay } from "@wavry/x11/testing";
import { segmentsOf } from "./helpers/shared-segments.ts";
import { alike, pixelAt, until } from "./pair.ts";
import { makeHome, startWavry } from "./wavry-program.ts";

const SHIFT = 50;
const BUTTON_1 = 1 << 8;

/** A host program on one display and a connected client program on another, with Shift and a button held. */
async function startHeldPair(stack: AsyncDisposableStack) {
  const hostDisplay = stack.use(await startTestDisplay());
  const clientDisplay = stack.use(await startTestDisplay());
  const hostHome = stack.use(makeHome());
  const clientHome = stack.use(makeHome());
  const host = stack.use(
    startWavry(["host", "--json", "--port", "0", "--address", "127.0.0.1"], {
      display: hostDisplay.display,
      home: hostHome,
    }),
  );
  const { link } = await host.event("pairing-link");
  const client = stack.use(
    startWavry(["connect", String(link), "--json", "--fullscreen"], {
      display: clientDisplay.display,
      home: clientHome,
    }),
  );
  await client.event("first-picture");
  const onHost = stack.use(XConnection.open(hostDisplay.display));
  const onClient = stack.use(XConnection.open(clientDisplay.display));
  const user = new FakeInput(onClient);
  user.moveTo(400, 300);
  user.key(SHIFT, true);
  user.button(1, true);
  onClient.sync();
  await until("key and button are held on the host", () => {
    return pressedKeycodes(onHost).includes(SHIFT) && (queryPointer(onHost).mask & BUTTON_1) !== 0;
  });
  return { host, client, hostHome, clientHome, onHost, onClient };
}

function nothingIsHeld(connection: XConnection): boolean {
  return (
    pressedKeycodes(connection).length === 0 && (queryPointer(connection).mask & BUTTON_1) === 0
  );
}

for (const signal of ["SIGINT", "SIGTERM", "SIGKILL"] as const) {
  test(`after ${signal} to the host nothing stays pressed, attached or running`, async () => {
    await using stack = new AsyncDisposableStack();
    const { host, client, onHost } = await startHeldPair(stack);
    const children = host.children();
    const pids = [host, client].flatMap(({ pid, children }) => [pid, ...children()]);
    assert.notDeepEqual(segmentsOf(pids), []);
    host.kill(signal);
    await host.exited;
    await until("everything is released", () => nothingIsHeld(onHost));
    await until("its children are gone", () => children.every((pid) => !isAlive(pid)));
    await stack.disposeAsync();
    await until("no shared memory is left", () => segmentsOf(pids).length === 0);
  });

  test(`after ${signal} to the client nothing stays pressed on the host`, async () => {
    await using stack = new AsyncDisposableStack();
    const { client, host, onHost } = await startHeldPair(stack);
    const pids = [host, client].flatMap(({ pid, children }) => [pid, ...children()]);
    client.kill(signal);
    await client.exited;
    await until("everything is released", () => nothingIsHeld(onHost));
    await host.event("disconnected");
    await stack.disposeAsync();
    await until("no shared memory is left", () => segmentsOf(pids).length === 0);
  });
}

test("Ctrl-C ends with 130 and SIGTERM with 143, and neither complains", async () => {
  await using display = await startTestDisplay();
  using home = makeHome();
  for (const [signal, code] of [
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const) {
    await using host = startWavry(["host", "--json", "--port", "0"], {
      display: display.display,
      home,
    });
    await host.event("listening");
    host.kill(signal);
    assert.equal(await host.exited, code);
    assert.equal(host.complaints, "");
  }
});

test("a device that another program forgets is cut off at once", async () => {
  await using stack = new AsyncDisposableStack();
  const { client, hostHome } = await startHeldPair(stack);
  await using list = startWavry(["host", "devices", "list", "--json"], { home: hostHome });
  await list.exited;
  const [device] = list.values[0] as unknown as { name: string; wavryId: string }[];
  await using forget = startWavry(["host", "devices", "forget", String(device?.wavryId)], {
    home: hostHome,
  });
  assert.equal(await forget.exited, 0);
  const { reason } = await client.event("ended");
  assert.equal(reason, "host-closed");
});

test("keys never reach the output or the list of devices, and the key file is for its owner only", async () => {
  await using stack = new AsyncDisposableStack();
  const { host, client, hostHome } = await startHeldPair(stack);
  const file = readFileSync(join(hostHome.path, "identity.json"), "utf8");
  const { identitySeed, staticPrivate } = JSON.parse(file);
  const said = JSON.stringify([host.values, client.values, host.complaints, client.complaints]);
  for (const secret of [identitySeed, staticPrivate]) {
    assert.equal(said.includes(secret), false);
    const devices = readFileSync(join(hostHome.path, "devices.json"), "utf8");
    assert.equal(devices.includes(secret), false);
  }
});

test("without a display, with a damaged key file or a taken port it says what to do", async () => {
  await using display = await startTestDisplay();
  using home = makeHome();
  await using none = startWavry(["host", "--port", "0"], { display: ":4095", home });
  assert.equal(await none.exited, 1);
  assert.match(none.complaints, /^wavry: .*:4095/);

  await using first = startWavry(["host", "--json", "--port", "0"], {
    display: display.display,
    home,
  });
  const { addresses } = await first.event("listening");
  const { port } = (addresses as { port: number }[])[0] ?? { port: 0 };
  await using second = startWavry(["host", "--port", String(port)], {
    display: display.display,
    home,
  });
  assert.equal(await second.exited, 1);
  assert.match(second.complaints, /port .* (taken|in use)/);

  using damaged = makeHome({ "identity.json": "{" });
  await using broken = startWavry(["id"], { home: damaged });
  assert.equal(await broken.exited, 1);
  assert.match(broken.complaints, /damaged: restore it/);
});

test("up shares a virtual display of its own and leaves nothing of it behind, even after SIGKILL", async () => {
  using home = makeHome();
  using clientHome = makeHome();
  for (const signal of ["SIGINT", "SIGKILL"] as const) {
    await using up = startWavry(["up", "--json", "--port", "0", "--address", "127.0.0.1"], {
      home,
    });
    const { link } = await up.event("pairing-link");
    const children = up.children();
    assert.ok(children.length >= 3, "an X server, a window manager and a terminal run");
    await using client = startWavry(["connect", String(link), "--json", "--headless"], {
      home: clientHome,
    });
    await client.event("first-picture");
    up.kill(signal);
    await up.exited;
    await until("its children are gone", () => children.every((pid) => !isAlive(pid)));
    client.kill("SIGTERM");
    await client.exited;
  }
});

test("the client's picture follows a change that comes while it is connected, by the program too", async () => {
  await using stack = new AsyncDisposableStack();
  const { onHost, onClient } = await startHeldPair(stack);
  using painter = new Painter(onHost, onHost.root, { overWindows: true });
  painter.fill(onHost.root, { x: 0, y: 0, width: 1280, height: 720 }, 0x802020);
  onHost.flush();
  await until("the whole screen has changed", () => alike(pixelAt(onClient, 1200, 700), 0x802020));
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    // A zombie has ended; it waits for its parent.
    return !readFileSync(`/proc/${pid}/stat`, "utf8").includes(") Z ");
  } catch {
    return false;
  }
}

test("SIGUSR2 makes another pairing link, and both devices connect", async () => {
  await using display = await startTestDisplay();
  using hostHome = makeHome();
  await using host = startWavry(["host", "--json", "--port", "0", "--address", "127.0.0.1"], {
    display: display.display,
    home: hostHome,
  });
  await host.event("pairing-link");
  host.kill("SIGUSR2");
  const links = (): unknown[] =>
    host.values.filter(({ event }) => event === "pairing-link").map(({ link }) => link);
  await until("there are two links", () => links().length === 2);
  await using stack = new AsyncDisposableStack();
  for (const link of links()) {
    const home = stack.use(makeHome());
    const client = stack.use(
      startWavry(["connect", String(link), "--json", "--headless"], { home }),
    );
    await client.event("first-picture");
  }
});
