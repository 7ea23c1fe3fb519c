import assert from "node:assert/strict";
import { test } from "node:test";
import {
  CursorWatch,
  childrenOf,
  createWindow,
  DamageLevel,
  DamageWatch,
  destroyWindow,
  FakeInput,
  MonitorWatch,
  Painter,
  Poll,
  pressedKeycodes,
  queryPointer,
  type Rect,
  readPixels,
  rootSize,
  SharedImage,
  WakeSignal,
  XConnection,
} from "@wavry/x11";
import { startTestDisplay } from "@wavry/x11/testing";

function nextDamage(connection: XConnection, watch: DamageWatch): Rect {
  const poll = new Poll([connection.fd]);
  for (;;) {
    for (let event = connection.pollEvent(); event !== undefined; event = connection.pollEvent()) {
      const area = watch.areaOf(event);
      if (area !== undefined) return area;
    }
    assert.notEqual(poll.wait(10_000_000), 0, "no damage within ten seconds");
  }
}

test("a drawn rectangle is reported as damage and fetched through shared memory", async () => {
  await using server = await startTestDisplay();
  using connection = XConnection.open(server.display);
  using drawer = XConnection.open(server.display);
  using watch = new DamageWatch(connection, connection.root, DamageLevel.raw);
  using image = new SharedImage(connection, 64 * 64 * 4);
  using painter = new Painter(drawer, drawer.root, { overWindows: true });
  painter.fill(drawer.root, { x: 0, y: 0, width: 1280, height: 720 }, 0);
  drawer.sync();
  connection.sync();
  while (connection.pollEvent() !== undefined);

  const rect = { x: 40, y: 30, width: 64, height: 64 };
  painter.fill(drawer.root, rect, 0x123456);
  drawer.flush();
  assert.deepEqual(nextDamage(connection, watch), rect);
  image.getImage(connection.root, rect);
  assert.deepEqual([...image.bytes.subarray(0, 3)], [0x56, 0x34, 0x12]);
  assert.deepEqual([...image.bytes.subarray(-4, -1)], [0x56, 0x34, 0x12]);
});

test("a picture put through shared memory stands in the window", async () => {
  await using server = await startTestDisplay();
  using connection = XConnection.open(server.display);
  using image = new SharedImage(connection, 8 * 4 * 4);
  const window = createWindow(connection, { x: 10, y: 20, width: 8, height: 4 });
  using painter = new Painter(connection, window);
  image.bytes.fill(0x77);
  image.putImage(
    window,
    painter.gc,
    { width: 8, height: 4 },
    { x: 0, y: 0, width: 8, height: 4 },
    0,
    0,
  );
  connection.sync();
  const pixels = readPixels(connection, connection.root, { x: 10, y: 20, width: 8, height: 4 });
  for (let at = 0; at < pixels.length; at += 4) assert.equal(pixels[at], 0x77);
  assert.deepEqual(childrenOf(connection, connection.root), [window]);
  destroyWindow(connection, window);
  connection.sync();
  assert.deepEqual(childrenOf(connection, connection.root), []);
});

test("fake input presses keys and buttons and moves the pointer", async () => {
  await using server = await startTestDisplay();
  using connection = XConnection.open(server.display);
  const input = new FakeInput(connection);
  input.moveTo(300, 200);
  input.moveBy(-20, 5);
  input.key(38, true);
  input.button(1, true);
  connection.sync();
  assert.deepEqual(queryPointer(connection), { x: 280, y: 205, mask: 1 << 8 });
  assert.deepEqual(pressedKeycodes(connection), [38]);
  input.key(38, false);
  input.button(1, false);
  connection.sync();
  assert.deepEqual(pressedKeycodes(connection), []);
});

test("monitors and the cursor's picture are read", async () => {
  await using server = await startTestDisplay({ width: 800, height: 600 });
  using connection = XConnection.open(server.display);
  assert.deepEqual(rootSize(connection), { width: 800, height: 600 });
  const [monitor] = new MonitorWatch(connection).list();
  assert.deepEqual(
    { x: monitor?.x, y: monitor?.y, width: monitor?.width, height: monitor?.height },
    { x: 0, y: 0, width: 800, height: 600 },
  );
  const cursor = new CursorWatch(connection).read();
  assert.equal(cursor.pixels.length, cursor.width * cursor.height);
});

test("a display that does not exist is a clear error", () => {
  assert.throws(() => XConnection.open(":4095"), {
    name: "X11Error",
    code: "no-display",
    message: /no X server answers at :4095/,
  });
});

test("a display that dies is an error of the next answer and never ends the process", async () => {
  await using server = await startTestDisplay();
  using connection = XConnection.open(server.display);
  using image = new SharedImage(connection, 4096);
  await server.kill();
  assert.throws(() => image.getImage(connection.root, { x: 0, y: 0, width: 4, height: 4 }), {
    code: "display-closed",
  });
  assert.equal(connection.isClosed, true);
  assert.equal(connection.pollEvent(), undefined);
});

test("a refused request is an error and the connection lives on", async () => {
  await using server = await startTestDisplay({ width: 640, height: 480 });
  using connection = XConnection.open(server.display);
  using image = new SharedImage(connection, 4096);
  assert.throws(() => image.getImage(connection.root, { x: 639, y: 0, width: 8, height: 8 }), {
    code: "request-failed",
  });
  connection.sync();
  assert.equal(connection.isClosed, false);
});

test("a wake signal ends a wait, and a cleared one does not", () => {
  using signal = new WakeSignal();
  const poll = new Poll([signal.fd]);
  assert.equal(poll.wait(0), 0);
  signal.signal();
  assert.equal(poll.wait(10_000_000), 1);
  signal.clear();
  assert.equal(poll.wait(0), 0);
});
