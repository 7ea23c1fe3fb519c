import assert from "node:assert/strict";
import { test } from "node:test";
import { injectorSink, openInjector } from "@wavry/input";
import { InputReceiver, InputSender, pixelToFraction } from "@wavry/rift-core";
import { queryPointer } from "@wavry/x11";
import { startQuietDisplay, until, XObserver } from "./x-observer.ts";

async function openSubject() {
  const stack = new AsyncDisposableStack();
  const server = stack.use(await startQuietDisplay());
  const observer = stack.use(new XObserver(server.display));
  const injector = stack.use(await openInjector({ display: server.display, guard: false }));
  return { server, observer, injector, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

async function seen(observer: XObserver, count: number): Promise<readonly string[]> {
  await until(() => observer.collect().length >= count, `${count} events have come`);
  return observer.events;
}

test("the pointer moves to a pixel and by a distance", async () => {
  await using subject = await openSubject();
  const { observer, injector } = subject;
  injector.moveAbsolute(300, 200);
  injector.moveRelative(-20, 5);
  injector.moveAbsolute(0, 599);
  injector.flush();
  assert.deepEqual(await seen(observer, 3), ["move 300,200", "move 280,205", "move 0,599"]);
});

test("a move beyond the screen or beyond 16 bits stops at its edge", async () => {
  await using subject = await openSubject();
  const { observer, injector } = subject;
  injector.moveAbsolute(1e9, -1e9);
  injector.flush();
  await seen(observer, 1);
  assert.deepEqual(queryPointer(observer.connection), { x: 799, y: 0, mask: 0 });
});

test("smooth scrolling becomes clicks of the wheel and the rest is kept", async () => {
  await using subject = await openSubject();
  const { observer, injector } = subject;
  for (let i = 0; i < 5; i++) injector.scroll(0, 30);
  injector.scroll(0, -150);
  injector.scroll(240, 0);
  injector.scroll(-120, 0);
  injector.flush();
  const clicks = [4, 5, 7, 7, 6];
  assert.deepEqual(
    await seen(observer, 10),
    clicks.flatMap((button) => [`button ${button} down`, `button ${button} up`]),
  );
});

test("input goes from a sender through datagrams to the display", async () => {
  await using subject = await openSubject();
  const { observer, injector } = subject;
  const [sender, receiver] = [new InputSender(), new InputReceiver()];
  const sink = injectorSink(injector, () => [{ x: 100, y: 50, width: 640, height: 480 }]);
  sender.pointerAbsolute(pixelToFraction(10, 640), pixelToFraction(20, 480));
  sender.button(1, true);
  sender.pointerAbsolute(pixelToFraction(11, 640), pixelToFraction(20, 480));
  sender.button(1, false);
  sender.pointerAbsolute(5, 5, 3);
  sender.key(0x04, true);
  sender.key(0x04, false);
  receiver.receive(sender.poll(0) ?? new Uint8Array(), 0, sink);
  injector.flush();
  assert.deepEqual(await seen(observer, 6), [
    "move 110,70",
    "button 1 down",
    "move 111,70",
    "button 1 up",
    "key 38 down",
    "key 38 up",
  ]);
});

test("a display that dies shows as an error of the next flush and never ends the process", async () => {
  await using subject = await openSubject();
  const { server, injector } = subject;
  injector.key(0x04, true);
  injector.flush();
  await server.kill();
  const dead = () => {
    injector.moveRelative(1, 1);
    injector.flush();
  };
  assert.throws(dead, { name: "InputError", code: "display-closed" });
  assert.throws(dead, { name: "InputError", code: "display-closed" });
  injector.releaseAll();
  await injector.close();
});

test("no display and an unknown back-end are clear errors", async () => {
  await assert.rejects(openInjector({ display: ":4095" }), {
    name: "InputError",
    code: "no-display",
    message: /no X server answers at :4095/,
  });
  for (const backend of ["send-input", "cg-event"] as const)
    await assert.rejects(openInjector({ backend }), { code: "not-supported" });
});
