import assert from "node:assert/strict";
import { mock, test } from "node:test";
import {
  createInputState,
  type InputState,
  readInputDatagram,
  TransitionTarget,
} from "@wavry/rift-core";
import { InputUplink } from "../src/input-uplink.ts";

const A = 4;
const SHIFT = 225;

/** An uplink over a path that writes down what it is given, with timers and a clock that `pass` moves. */
function startUplink() {
  mock.timers.enable({ apis: ["setTimeout"] });
  let nowMillis = 1_000;
  const sent: { readonly atMillis: number; readonly state: InputState }[] = [];
  const uplink = new InputUplink(
    {
      sendInput(datagram) {
        const state = createInputState();
        readInputDatagram(datagram, state);
        sent.push({ atMillis: nowMillis - 1_000, state });
      },
    },
    () => nowMillis * 1_000,
  );
  return {
    uplink,
    sent,
    pass(millis: number): void {
      for (let step = 0; step < millis; step++) {
        nowMillis++;
        mock.timers.tick(1);
      }
    },
    [Symbol.dispose](): void {
      uplink[Symbol.dispose]();
      mock.timers.reset();
    },
  };
}

function isDown({ keys }: InputState, usage: number): boolean {
  return ((keys[usage >> 3]! >> (usage & 7)) & 1) === 1;
}

test("input leaves in the turn in which the window told of it, all of it in one datagram", () => {
  using setup = startUplink();
  const { uplink, sent } = setup;
  uplink.handle([
    { type: "pointer", x: 100, y: 200 },
    { type: "key", usage: SHIFT, down: true },
    { type: "button", button: 2, down: true },
    { type: "wheel", dx: 0, dy: -120 },
  ]);
  assert.equal(sent.length, 1);
  const { state } = sent[0]!;
  assert.deepEqual([state.absolute, state.x, state.y, state.scrollY], [true, 100, 200, -120]);
  assert.ok(isDown(state, SHIFT));
  assert.equal(state.buttons[0], 0b10);
  const [key, button] = state.transitions;
  assert.equal(state.transitionCount, 2);
  assert.deepEqual([key?.target, key?.code], [TransitionTarget.key, SHIFT]);
  assert.deepEqual([button?.target, button?.code], [TransitionTarget.button, 2]);
});

test("relative motion adds up over datagrams", () => {
  using setup = startUplink();
  const { uplink, sent } = setup;
  uplink.handle([{ type: "motion", dx: 3, dy: -2 }]);
  uplink.handle([{ type: "motion", dx: 4, dy: 0.5 }]);
  const { state } = sent.at(-1)!;
  assert.deepEqual([state.absolute, state.motionX, state.motionY], [false, 7, -2]);
});

test("a press is repeated ever more slowly until it is acknowledged; then only a heartbeat is left", () => {
  using setup = startUplink();
  const { uplink, sent, pass } = setup;
  uplink.handle([{ type: "key", usage: A, down: true }]);
  pass(200);
  assert.deepEqual(
    sent.map(({ atMillis }) => atMillis),
    [0, 10, 30, 70, 120, 170],
  );
  for (const { state } of sent) assert.equal(state.transitionCount, 1);
  uplink.onAcknowledged(sent.at(-1)!.state.sequence);
  sent.length = 0;
  pass(500);
  assert.deepEqual(
    sent.map(({ atMillis }) => atMillis),
    [270, 370, 470, 570, 670],
  );
  for (const { state } of sent) {
    assert.equal(state.transitionCount, 0);
    assert.ok(isDown(state, A));
  }
});

test("with everything released and acknowledged nothing more is sent", () => {
  using setup = startUplink();
  const { uplink, sent, pass } = setup;
  uplink.handle([{ type: "key", usage: A, down: true }]);
  uplink.handle([{ type: "key", usage: A, down: false }]);
  uplink.onAcknowledged(sent.at(-1)!.state.sequence);
  const before = sent.length;
  pass(2_000);
  assert.equal(sent.length, before);
});

test("an acknowledgement of what was never sent, or of something older, stops no repeat", () => {
  using setup = startUplink();
  const { uplink, sent, pass } = setup;
  uplink.handle([{ type: "key", usage: A, down: true }]);
  const older = sent[0]!.state.sequence;
  uplink.handle([{ type: "key", usage: A, down: false }]);
  uplink.onAcknowledged(sent.at(-1)!.state.sequence + 1_000);
  uplink.onAcknowledged(older);
  pass(11);
  const { state } = sent.at(-1)!;
  assert.equal(sent.length, 3);
  assert.equal(state.transitionCount, 1);
  assert.equal(state.transitions[0]?.down, false);
});

test("a change during the wait for a slow repeat brings the quick one back", () => {
  using setup = startUplink();
  const { uplink, sent, pass } = setup;
  uplink.handle([{ type: "key", usage: A, down: true }]);
  pass(125);
  sent.length = 0;
  uplink.handle([{ type: "key", usage: A, down: false }]);
  pass(12);
  assert.deepEqual(
    sent.map(({ atMillis }) => atMillis),
    [125, 135],
  );
});

test("the loss of focus releases everything, and getting it back presses nothing", () => {
  using setup = startUplink();
  const { uplink, sent } = setup;
  uplink.handle([
    { type: "key", usage: SHIFT, down: true },
    { type: "button", button: 1, down: true },
  ]);
  uplink.handle([{ type: "focus", focused: false }]);
  const released = sent.at(-1)!.state;
  assert.ok(!isDown(released, SHIFT));
  assert.equal(released.buttons[0], 0);
  assert.equal(released.transitionCount, 4);
  uplink.handle([{ type: "focus", focused: true }]);
  assert.equal(sent.length, 2);
});

test("releaseAll releases at once and is repeated like any release", () => {
  using setup = startUplink();
  const { uplink, sent, pass } = setup;
  uplink.handle([{ type: "key", usage: A, down: true }]);
  uplink.releaseAll();
  assert.ok(!isDown(sent.at(-1)!.state, A));
  const before = sent.length;
  pass(10);
  assert.equal(sent.length, before + 1);
});

test("after its disposal nothing is sent, by no call and no timer", () => {
  using setup = startUplink();
  const { uplink, sent, pass } = setup;
  uplink.handle([{ type: "key", usage: A, down: true }]);
  uplink[Symbol.dispose]();
  uplink[Symbol.dispose]();
  uplink.handle([{ type: "key", usage: A, down: false }]);
  uplink.releaseAll();
  pass(1_000);
  assert.equal(sent.length, 1);
});
