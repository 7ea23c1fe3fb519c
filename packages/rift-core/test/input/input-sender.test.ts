import assert from "node:assert/strict";
import { test } from "node:test";
import {
  createInputState,
  InputSender,
  type InputState,
  MAX_INPUT_TRANSITIONS,
  readInputDatagram,
} from "../../src/input/index.ts";

const MS = 1000;

function read(datagram: Uint8Array | undefined): InputState {
  assert.ok(datagram !== undefined, "a datagram is due");
  const state = createInputState();
  readInputDatagram(datagram, state);
  return state;
}

test("a sender with nothing to say stays silent", () => {
  const sender = new InputSender();
  assert.equal(sender.poll(0), undefined);
  assert.equal(sender.pollTimeout(), undefined);
});

test("a change goes out at once and is repeated ever more slowly until it is acknowledged", () => {
  const sender = new InputSender();
  sender.pointerAbsolute(1, 2);
  assert.equal(sender.pollTimeout(), Number.NEGATIVE_INFINITY);
  assert.equal(read(sender.poll(0)).sequence, 0);
  const repeats: number[] = [];
  for (let now = 0; now < 250; now++) if (sender.poll(now * MS) !== undefined) repeats.push(now);
  assert.deepEqual(repeats, [10, 30, 70, 120, 170, 220]);
  sender.onAcknowledged(0);
  assert.equal(sender.pollTimeout(), undefined);
});

test("while a key is held a heartbeat goes out every 100 ms, and none after its release", () => {
  const sender = new InputSender();
  sender.key(4, true);
  sender.onAcknowledged(read(sender.poll(0)).sequence);
  assert.equal(sender.pollTimeout(), 100 * MS);
  assert.equal(sender.poll(99 * MS), undefined);
  assert.equal(read(sender.poll(100 * MS)).transitionCount, 0);
  assert.equal(sender.pollTimeout(), 200 * MS);
  sender.key(4, false);
  sender.onAcknowledged(read(sender.poll(150 * MS)).sequence);
  assert.equal(sender.pollTimeout(), undefined);
});

test("auto-repeat, a second release and impossible codes change nothing", () => {
  const sender = new InputSender();
  sender.key(4, true);
  sender.key(4, true);
  assert.equal(read(sender.poll(0)).transitionCount, 1);
  sender.key(4, false);
  sender.key(4, false);
  assert.equal(read(sender.poll(0)).transitionCount, 2);
  for (const code of [-1, 0, 3, 256, Number.NaN]) sender.key(code, true);
  for (const code of [-1, 0, 17, Number.NaN]) sender.button(code, true);
  assert.equal(sender.poll(1), undefined);
});

test("an acknowledgement of a number that was never sent is ignored", () => {
  const sender = new InputSender();
  sender.key(4, true);
  sender.poll(0);
  sender.onAcknowledged(77);
  assert.equal(read(sender.poll(10 * MS)).transitionCount, 1);
});

test("an acknowledgement forgets only what that datagram carried", () => {
  const sender = new InputSender();
  sender.key(4, true);
  const { sequence } = read(sender.poll(0));
  sender.key(5, true);
  sender.onAcknowledged(sequence);
  const next = read(sender.poll(0));
  assert.equal(next.firstTransition, 1);
  assert.deepEqual(
    next.transitions.slice(0, next.transitionCount).map(({ code }) => code),
    [5],
  );
});

test("losing the focus releases everything, buttons first", () => {
  const sender = new InputSender();
  sender.key(0xe1, true);
  sender.button(1, true);
  sender.onAcknowledged(read(sender.poll(0)).sequence);
  sender.releaseAll();
  assert.equal(sender.holdsAnything, false);
  const state = read(sender.poll(1));
  assert.deepEqual(
    state.transitions
      .slice(0, state.transitionCount)
      .map(({ target, code, down }) => [target, code, down]),
    [
      [1, 1, false],
      [0, 0xe1, false],
    ],
  );
});

test("beyond what a datagram holds the newest transitions stay", () => {
  const sender = new InputSender();
  for (let i = 0; i < 40; i++) {
    sender.key(4, true);
    sender.key(4, false);
  }
  const state = read(sender.poll(0));
  assert.equal(state.transitionCount, MAX_INPUT_TRANSITIONS);
  assert.equal(state.firstTransition, 80 - MAX_INPUT_TRANSITIONS);
});

test("fractions of a pixel and of a scroll step add up", () => {
  const sender = new InputSender();
  for (let i = 0; i < 10; i++) {
    sender.pointerRelative(0.25, -0.25);
    sender.scroll(0.5, 0);
  }
  const { motionX, motionY, scrollX } = read(sender.poll(0));
  assert.deepEqual([motionX, motionY, scrollX], [2, -3, 5]);
});
