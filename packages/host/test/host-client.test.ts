import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { screenUpdateHeaderBytes, UpdateCodec, writeScreenUpdateHeader } from "@wavry/rift-core";
import type { ControlInit } from "@wavry/rift-core/control";
import fc from "fast-check";
import type { VideoTrack } from "../src/web/video-track.ts";
import { ClientSetup } from "./helpers/client-setup.ts";

const A = 4;
const SHIFT = 225;
const PATIENCE_MILLIS = 60_000;

function settings(value: {
  maxBitrateBps?: number;
  maxFps?: number;
  paused?: boolean;
  videoTrack?: boolean;
}): ControlInit {
  return { body: { case: "streamSettings", value } };
}

test("a hello is answered with the host's name, screen and rights, and then the screen is sent", () => {
  using setup = new ClientSetup();
  assert.equal(setup.client.name, "");
  setup.hello();
  assert.equal(setup.client.name, "laptop");
  assert.deepEqual(setup.asked, ["introduced laptop", "start"]);
  assert.deepEqual(setup.controls, [
    {
      body: {
        case: "hostHello",
        value: {
          protocolVersion: 1,
          deviceName: "den",
          monitors: [{ id: 0, name: "screen", x: 0, y: 0, width: 640, height: 480, primary: true }],
          codecs: ["h264", "patch"],
          features: ["text-input"],
          rights: {
            ...{ view: true, pointer: true, keyboard: true },
            ...{ gamepad: false, audio: false, clipboard: false, files: false },
          },
        },
      },
    },
  ]);
});

test("nothing is shown before a hello, and only the first one counts", () => {
  using setup = new ClientSetup();
  setup.control(settings({}));
  setup.control({ body: { case: undefined } });
  setup.control({ body: { case: "notice", value: { code: "x", text: "y" } } });
  assert.deepEqual(setup.asked, ["wishes"]);
  setup.hello(["h264"], "first");
  setup.hello(["h264", "patch"], "second");
  assert.equal(setup.client.name, "first");
  assert.equal(setup.client.patches, false);
  assert.equal(setup.controls.length, 1);
  assert.deepEqual(setup.asked, ["wishes", "introduced first", "start"]);
});

test("a client's name cannot drive the host's terminal", () => {
  using setup = new ClientSetup();
  setup.hello([], `\u001b]0;mine\u0007lap\ntop${"!".repeat(1_000)}`);
  assert.match(setup.client.name, /^\]0;minelap top!+$/);
  assert.equal(setup.client.name.length, 64);
});

test("a client's wishes are kept within bounds; zero is no wish", () => {
  using setup = new ClientSetup();
  setup.control(settings({ maxBitrateBps: 1, maxFps: 100_000 }));
  assert.deepEqual([setup.client.maxBitrateBps, setup.client.maxFps], [100_000, 240]);
  setup.control(settings({ maxBitrateBps: 5_000_000, maxFps: 30 }));
  assert.deepEqual([setup.client.maxBitrateBps, setup.client.maxFps], [5_000_000, 30]);
  setup.control(settings({}));
  assert.deepEqual([setup.client.maxBitrateBps, setup.client.maxFps], [undefined, undefined]);
  assert.deepEqual(setup.asked, ["wishes", "wishes", "wishes"]);
});

test("a paused client gets no screen until it goes on, even where it paused before its hello", () => {
  using setup = new ClientSetup();
  setup.control(settings({ paused: true }));
  setup.hello();
  assert.ok(!setup.asked.includes("start"));
  setup.asked.length = 0;
  setup.control(settings({}));
  setup.control(settings({}));
  setup.control(settings({ paused: true }));
  setup.control(settings({ paused: true }));
  setup.control(settings({}));
  assert.deepEqual(
    setup.asked.filter((what) => what !== "wishes"),
    ["start", "stop", "start"],
  );
});

test("updates, the cursor and the screen's size go to the client, and its wish for a keyframe to the host", () => {
  using setup = new ClientSetup();
  const position = { display: 0, x: 1, y: 2, visible: true, shapeId: 7 };
  const rgba = new Uint8Array(8).fill(255);
  setup.client.onUpdate(Uint8Array.of(1, 2, 3));
  setup.client.onCursorPosition(position);
  setup.client.onCursorShape(7, { width: 2, height: 1, hotX: 1, hotY: 0, serial: 1, rgba });
  setup.client.onResized({ width: 800, height: 600 });
  setup.requestKeyframe();
  assert.deepEqual(setup.updates, [Uint8Array.of(1, 2, 3)]);
  assert.deepEqual(setup.cursors, [position]);
  assert.deepEqual(
    setup.controls.map(({ body }) => body),
    [
      {
        case: "cursorShape",
        value: { id: 7, width: 2, height: 1, hotspotX: 1, hotspotY: 0, rgba },
      },
      { case: "screenChanged", value: { monitor: 0, width: 800, height: 600 } },
    ],
  );
  assert.deepEqual(setup.asked, ["keyframe"]);
});

test("input is played and acknowledged in the turn in which it comes, and a repeat only acknowledged", () => {
  using setup = new ClientSetup();
  setup.sender.pointerAbsolute(10, 20);
  setup.sender.button(1, true);
  const datagram = setup.sender.poll(0)!.slice();
  setup.input(datagram);
  assert.deepEqual(setup.played, ["move 10,20", "button 1 down"]);
  setup.input(datagram);
  assert.deepEqual(setup.played, ["move 10,20", "button 1 down"]);
  assert.deepEqual(setup.acknowledged, [0, 0]);
});

test("input that is none is dropped and counted, and what comes after it is played", () => {
  using setup = new ClientSetup();
  setup.sender.key(A, true);
  const good = setup.sender.poll(0)!.slice();
  for (let length = 0; length < good.length; length++) setup.input(good.subarray(0, length));
  setup.input(Uint8Array.of(good[0]! + 1, ...good.subarray(1)));
  assert.equal(setup.client.malformedInputs, good.length + 1);
  assert.deepEqual(setup.acknowledged, []);
  assert.deepEqual(setup.played, []);
  setup.input(good);
  assert.deepEqual(setup.played, [`key ${A} down`]);
});

test("no bytes whatever make a client throw, and at its end nothing is held", () => {
  using model = new ClientSetup();
  model.sender.key(A, true);
  model.sender.button(3, true);
  const good = model.sender.poll(0)!.slice();
  const damaged = fc
    .array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { maxLength: 8 })
    .map((changes) => {
      const bytes = good.slice();
      for (const [at, value] of changes) bytes[at] = value;
      return bytes;
    });
  const datagrams = fc.array(fc.oneof(damaged, fc.uint8Array({ maxLength: 200 })), {
    maxLength: 10,
  });
  fc.assert(
    fc.property(datagrams, (list) => {
      const setup = new ClientSetup();
      for (const datagram of list) setup.input(datagram);
      setup[Symbol.dispose]();
      const held = new Set<string>();
      for (const event of setup.played) {
        if (event.endsWith(" down")) held.add(event.slice(0, -5));
        if (event.endsWith(" up")) assert.ok(held.delete(event.slice(0, -3)));
      }
      assert.deepEqual([...held], []);
    }),
    { numRuns: 300 },
  );
});

test("a connection that falls silent releases what is held, and later input works again", () => {
  using setup = new ClientSetup();
  setup.sender.key(SHIFT, true);
  setup.sendInput();
  setup.suspend();
  assert.deepEqual(setup.played, [`key ${SHIFT} down`, `key ${SHIFT} up`]);
  setup.sender.key(SHIFT, false);
  setup.sender.key(A, true);
  setup.sendInput();
  assert.equal(setup.played.at(-1), `key ${A} down`);
});

test("a client whose input stops while a key is down lets go of it by itself", async () => {
  using setup = new ClientSetup();
  setup.sender.key(A, true);
  setup.sendInput();
  const giveUpAt = performance.now() + PATIENCE_MILLIS;
  while (setup.played.length < 2 && performance.now() < giveUpAt) await wait(5);
  assert.deepEqual(setup.played, [`key ${A} down`, `key ${A} up`]);
});

test("disposal releases what is held, stops the stream once and ends all input", () => {
  const setup = new ClientSetup();
  setup.hello();
  setup.sender.key(A, true);
  setup.sender.button(1, true);
  setup.sendInput();
  setup.asked.length = 0;
  setup.client[Symbol.dispose]();
  setup.client[Symbol.dispose]();
  assert.deepEqual(setup.asked, ["stop"]);
  assert.deepEqual(setup.played.slice(2).toSorted(), ["button 1 up", `key ${A} up`]);
  const { length } = setup.played;
  setup.sender.key(A, false);
  setup.sender.key(A, true);
  setup.sendInput();
  setup.suspend();
  setup.control(settings({}));
  assert.equal(setup.played.length, length);
  assert.deepEqual(setup.asked, ["stop"]);
});

test("a key that another client holds too stays down at this one's end", () => {
  using first = new ClientSetup();
  const second = first.held.attach();
  second.key(A, true);
  first.sender.key(A, true);
  first.sendInput();
  first.client[Symbol.dispose]();
  assert.deepEqual(first.played, [`key ${A} down`]);
  second[Symbol.dispose]();
});

test("who may only watch sees the screen, and its input is dropped, counted and told once", () => {
  using setup = new ClientSetup({ rights: ["view"] });
  setup.hello();
  setup.sender.key(A, true);
  const datagram = setup.sender.poll(0)!.slice();
  setup.input(datagram);
  setup.input(datagram);
  assert.deepEqual(setup.played, []);
  assert.equal(setup.client.deniedInputs, 2);
  assert.ok(setup.asked.includes("start"));
  const notices = setup.controls.filter(({ body }) => body?.case === "notice");
  assert.deepEqual(
    notices.map(({ body }) => (body?.value as { code: string } | undefined)?.code),
    ["not-allowed"],
  );
});

test("who may not watch gets no picture, and may control all the same", () => {
  using setup = new ClientSetup({ rights: ["control"] });
  setup.hello();
  setup.control({ body: { case: "streamSettings", value: { paused: false } } });
  assert.ok(!setup.asked.includes("start"));
  setup.sender.key(A, true);
  setup.sendInput();
  assert.deepEqual(setup.played, ["key 4 down"]);
});

test("rights for channels that are not there are refused whatever a grant says", () => {
  using setup = new ClientSetup();
  setup.hello();
  const { rights } = setup.controls[0]!.body!.value as { rights: Record<string, boolean> };
  for (const right of ["gamepad", "audio", "clipboard", "files"])
    assert.equal(rights[right], false, right);
});

test("a right that is taken back ends what it allowed at once: keys are released, the picture stops", () => {
  using setup = new ClientSetup();
  setup.hello();
  setup.sender.key(A, true);
  setup.sendInput();
  setup.client.setRights(new Set(["view"]));
  assert.deepEqual(setup.played, ["key 4 down", "key 4 up"]);
  setup.sender.key(A + 1, true);
  setup.sendInput();
  assert.equal(setup.played.length, 2);
  setup.client.setRights(new Set());
  assert.deepEqual(
    setup.asked.filter((what) => what === "start" || what === "stop"),
    ["start", "stop"],
  );
  const told = setup.controls.filter(({ body }) => body?.case === "rightsChanged");
  assert.equal(told.length, 2);
});

test("a guest who is asked about gets a notice and nothing else until the person agrees", () => {
  using setup = new ClientSetup({ ask: true });
  setup.hello();
  setup.sender.key(A, true);
  setup.sendInput();
  setup.control({ body: { case: "streamSettings", value: { maxFps: 30 } } });
  assert.deepEqual(setup.played, []);
  assert.ok(!setup.asked.includes("start"));
  assert.deepEqual(
    setup.controls.map(({ body }) => body?.case),
    ["notice"],
  );
  setup.client.agree();
  assert.ok(setup.asked.includes("start"));
  assert.equal(setup.controls[1]?.body?.case, "hostHello");
});

test("text is typed for a client that may control the host, and only for one", () => {
  const text = (text: string): ControlInit => ({ body: { case: "textInput", value: { text } } });
  {
    using setup = new ClientSetup();
    setup.hello();
    setup.sender.key(A, true);
    setup.sendInput();
    setup.control(text("你好\n"));
    setup.control(text("x".repeat(5000)));
    assert.deepEqual(setup.played, ["key 4 down", "type 你好\n", "type 4096"]);
  }
  for (const access of [{ rights: ["view"] as const }, { ask: true }]) {
    using setup = new ClientSetup(access);
    setup.hello();
    setup.control(text("no"));
    assert.deepEqual(setup.played, []);
    assert.equal(setup.client.deniedInputs, 1);
  }
});

/** A track that writes down what is sent on it. */
class FakeTrack implements VideoTrack {
  bitrateBps = 2_000_000;
  onKeyframeRequested: (() => void) | undefined;
  onBitrateChanged: (() => void) | undefined;
  readonly sent: [bytes: number[], capturedAt: number][] = [];

  send(accessUnit: Uint8Array, capturedAt: number): void {
    this.sent.push([[...accessUnit], capturedAt]);
  }
}

function update(codec: UpdateCodec, ...payload: number[]): Uint8Array {
  const head = screenUpdateHeaderBytes(1);
  const out = new Uint8Array(head + payload.length);
  writeScreenUpdateHeader(out, 0, {
    ...{ codec, keyframe: true, display: 0, screen: { width: 8, height: 8 } },
    rects: [{ x: 0, y: 0, width: 8, height: 8 }],
    ...{ capturedAt: 77, captureMicros: 0, convertMicros: 0, encodeMicros: 0 },
  });
  out.set(payload, head);
  return out;
}

test("a client that wants its video track gets pictures there and no patches, and packets again once the track ends", () => {
  using setup = new ClientSetup();
  const track = new FakeTrack();
  setup.hello();
  setup.client.setVideoTrack(track);
  assert.equal(setup.client.patches, true);
  setup.control(settings({ videoTrack: true, maxFps: 30 }));
  // The screen is sent anew, from a keyframe on.
  assert.deepEqual(setup.asked, ["introduced laptop", "start", "stop", "start", "wishes"]);
  assert.deepEqual(
    [setup.client.patches, setup.client.maxBitrateBps, setup.client.maxFps, setup.client.scale],
    [false, 1_900_000, 30, 1],
  );
  setup.client.onUpdate(update(UpdateCodec.h264, 1, 2, 3));
  setup.client.onUpdate(update(UpdateCodec.patch, 4));
  assert.deepEqual(track.sent, [[[1, 2, 3], 77]]);
  assert.equal(setup.updates.length, 0);
  setup.client.onCursorPosition({ display: 0, x: 1, y: 1, visible: true, shapeId: 1 });
  assert.equal(setup.cursors.length, 1);
  setup.client.setVideoTrack(undefined);
  assert.deepEqual(setup.asked.slice(5), ["stop", "start"]);
  assert.equal(setup.client.patches, true);
  setup.client.onUpdate(update(UpdateCodec.h264, 5));
  assert.deepEqual([setup.updates.length, track.sent.length], [1, 1]);
  assert.equal(track.onKeyframeRequested, undefined);
});

test("a track that asks for keyframes all the time is heeded now and then, and not when it is not watched", () => {
  using setup = new ClientSetup();
  const track = new FakeTrack();
  setup.hello();
  setup.client.setVideoTrack(track);
  track.onKeyframeRequested!();
  assert.equal(setup.asked.includes("keyframe"), false);
  setup.control(settings({ videoTrack: true }));
  for (let i = 0; i < 100; i++) track.onKeyframeRequested!();
  const count = setup.asked.filter((what) => what === "keyframe").length;
  assert.ok(count >= 1 && count < 10);
});

test("a client without the right to view gets nothing on a track either, nor does one that is asked about", () => {
  for (const access of [{ rights: ["control"] as const }, { ask: true }]) {
    using setup = new ClientSetup(access);
    setup.client.setVideoTrack(new FakeTrack());
    setup.hello();
    setup.control(settings({ videoTrack: true }));
    assert.equal(setup.asked.includes("start"), false);
  }
});
