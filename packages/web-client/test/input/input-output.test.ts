import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import {
  type GamepadState,
  InputReceiver,
  type InputSink,
  NEUTRAL_GAMEPAD,
} from "@wavry/rift-core/input";
import { collectInput, type InputEvent } from "../../src/input/browser-input-sink.ts";
import { InputOutput } from "../../src/input/input-output.ts";
import { InputUplink } from "../../src/input/input-uplink.ts";

const A = 4;

function recorder() {
  const told: string[] = [];
  const sink = collectInput(
    (events) =>
      told.push(
        ...events.map((event) => {
          if (event.type === "key") return `key ${event.usage} ${event.down ? "down" : "up"}`;
          if (event.type === "button")
            return `button ${event.button} ${event.down ? "down" : "up"}`;
          return event.type;
        }),
      ),
    { text: true },
  );
  return { told, sink };
}

test("a key that two sources hold is down until both let go", () => {
  const { told, sink } = recorder();
  const output = new InputOutput(sink);
  const [one, other] = [output.addSource(), output.addSource()];
  one.key(A, true);
  other.key(A, true);
  one.releaseAll();
  output.flush();
  assert.deepEqual(told, ["key 4 down"]);
  other.key(A, false);
  one.key(A, true);
  output.flush();
  assert.deepEqual(told, ["key 4 down", "key 4 up", "key 4 down"]);
});

test("while nothing may be done nothing goes out, and what was held is released before", () => {
  const { told, sink } = recorder();
  const output = new InputOutput(sink);
  const source = output.addSource();
  source.key(A, true);
  source.button(1, true);
  output.allowed = false;
  assert.deepEqual(told, ["key 4 down", "button 1 down", "button 1 up", "key 4 up"]);
  source.key(A, true);
  source.moveAbsolute(1, 2, 0);
  source.moveRelative(1, 2);
  source.scroll(1, 2);
  output.text("no");
  output.flush();
  assert.equal(told.length, 4);
  assert.equal(output.takesText, false);
  output.allowed = true;
  source.key(A, false);
  output.flush();
  assert.equal(told.length, 4);
});

test("another sink begins with nothing held, and the old one is left with nothing held", () => {
  const [first, second] = [recorder(), recorder()];
  const output = new InputOutput(first.sink);
  const source = output.addSource();
  source.key(A, true);
  output.sink = second.sink;
  source.key(A, false);
  source.key(A, true);
  output.flush();
  assert.deepEqual(first.told, ["key 4 down", "key 4 up"]);
  assert.deepEqual(second.told, ["key 4 down"]);
  output.sink = undefined;
  assert.deepEqual(second.told, ["key 4 down", "key 4 up"]);
  source.key(A, true);
  output.flush();
  assert.equal(output.isOpen, false);
});

test("a sink says what the host takes", () => {
  const none = collectInput(() => {});
  assert.equal(none.text, undefined);
  assert.equal(none.gamepad, undefined);
  const both = new InputOutput(collectInput(() => {}, { text: true, gamepad: true }));
  assert.deepEqual([both.takesText, both.takesGamepads], [true, true]);
});

test("controllers may be allowed apart from the rest, and one that is gone is always told", () => {
  const told: InputEvent[] = [];
  const output = new InputOutput(
    collectInput((events) => void told.push(...events), { gamepad: true }),
  );
  const play = (state: GamepadState | undefined): InputEvent[] => {
    output.gamepad(1, state);
    output.addSource().key(A, true);
    output.releaseAll();
    return told.splice(0);
  };
  output.allowed = false;
  assert.deepEqual([output.takesGamepads, play(NEUTRAL_GAMEPAD)], [false, []]);
  output.allowsGamepads = true;
  assert.equal(output.takesGamepads, true);
  assert.deepEqual(play(NEUTRAL_GAMEPAD), [{ type: "gamepad", index: 1, state: NEUTRAL_GAMEPAD }]);
  output.allowed = true;
  output.allowsGamepads = false;
  assert.equal(output.takesGamepads, false);
  assert.ok(play(NEUTRAL_GAMEPAD).every(({ type }) => type === "key"));
  assert.deepEqual(play(undefined)[0], { type: "gamepad", index: 1, state: undefined });
});

test("an uplink repeats what a controller did until the host has it", async () => {
  const played: string[] = [];
  const receiver = new InputReceiver();
  const now = (): number => performance.now() * 1000;
  const sink: InputSink = {
    ...{ key: () => {}, button: () => {}, moveAbsolute: () => {}, moveRelative: () => {} },
    scroll: () => {},
    gamepad: (index, state) => played.push(`${index} ${state?.buttons ?? "gone"}`),
  };
  let isLost = true;
  using uplink = new InputUplink(
    {
      sendInput: (datagram) => {
        if (!isLost) receiver.receive(datagram, now(), sink);
        const sequence = receiver.pollAcknowledgement(now());
        if (sequence !== undefined) uplink.onAcknowledged(sequence);
      },
    },
    now,
  );
  const pad = (buttons: number): InputEvent => ({
    ...{ type: "gamepad", index: 0, state: { ...NEUTRAL_GAMEPAD, buttons } },
  });
  uplink.handle([pad(0)]);
  uplink.handle([pad(1)]);
  uplink.handle([pad(0)]);
  isLost = false;
  const deadline = performance.now() + 60_000;
  while (played.length < 3 && performance.now() < deadline) await sleep(5);
  assert.deepEqual(played, ["0 0", "0 1", "0 0"]);
  uplink.handle([pad(4)]);
  uplink.releaseAll();
  assert.deepEqual(played.slice(3), ["0 4", "0 0"]);
});

test("events become datagrams that a host plays, are repeated until acknowledged, and text goes beside them", async () => {
  const played: string[] = [];
  const receiver = new InputReceiver();
  const now = (): number => performance.now() * 1000;
  const log: string[] = [];
  let datagrams = 0;
  using uplink = new InputUplink(
    {
      sendInput: (datagram) => {
        datagrams++;
        receiver.receive(datagram, now(), {
          key: (usage, down) => played.push(`key ${usage} ${down}`),
          button: (button, down) => played.push(`button ${button} ${down}`),
          moveAbsolute: (x, y) => played.push(`at ${x},${y}`),
          moveRelative: (dx, dy) => played.push(`by ${dx},${dy}`),
          scroll: (dx, dy) => played.push(`scroll ${dx},${dy}`),
        });
        log.push("input");
      },
      sendText: (text) => log.push(text),
    },
    now,
  );
  const events: InputEvent[] = [
    { type: "position", x: 7, y: 9, display: 0 },
    { type: "button", button: 1, down: true },
    { type: "button", button: 1, down: false },
    { type: "scroll", dx: 0, dy: -120 },
    { type: "key", usage: A, down: true },
    { type: "text", text: "你" },
    { type: "key", usage: A, down: false },
  ];
  uplink.handle(events);
  assert.deepEqual(log, ["input", "你", "input"]);
  assert.deepEqual(played, [
    ...["at 7,9", "button 1 true", "at 7,9", "button 1 false", "scroll 0,-120"],
    ...["key 4 true", "key 4 false"],
  ]);
  for (const start = performance.now(); datagrams < 3; await sleep(2))
    assert.ok(performance.now() - start < 20_000, "nothing was repeated");
  uplink.onAcknowledged(datagrams - 1);
  uplink[Symbol.dispose]();
  const count = datagrams;
  uplink.handle([{ type: "key", usage: A, down: true }]);
  assert.equal(datagrams, count);
});
