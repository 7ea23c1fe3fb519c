import assert from "node:assert/strict";
import { test } from "node:test";
import {
  createInputState,
  InputReceiver,
  InputSender,
  type InputState,
  writeInputDatagram,
} from "../../src/input/index.ts";
import { RecordingSink } from "./simulation.ts";

const MS = 1000;
const names = (sink: RecordingSink) => sink.transitions.map((entry) => entry.split(" ")[0]);

function bytesOf(change: (state: InputState) => void): Uint8Array {
  const state = createInputState();
  change(state);
  const bytes = new Uint8Array(400);
  return bytes.subarray(0, writeInputDatagram(bytes, 0, state));
}

test("an old datagram never undoes newer state, and is acknowledged again", () => {
  const [sender, receiver, sink] = [new InputSender(), new InputReceiver(), new RecordingSink()];
  sender.key(4, true);
  const old = sender.poll(0)!.slice();
  sender.key(4, false);
  receiver.receive(sender.poll(1)!, 1, sink);
  assert.equal(receiver.pollAcknowledgement(1), 1);
  assert.equal(receiver.pollAcknowledgement(1), undefined);
  receiver.receive(old, 2, sink);
  assert.deepEqual(names(sink), ["+k4", "-k4"]);
  assert.equal(receiver.pollAcknowledgement(2), 1);
  assert.equal(receiver.counters.stale, 1);
});

test("what is held through 500 ms of silence is released, and pressed again when the client is back", () => {
  const [sender, receiver, sink] = [new InputSender(), new InputReceiver(), new RecordingSink()];
  sender.key(0x1a, true);
  sender.button(1, true);
  receiver.receive(sender.poll(0)!, 0, sink);
  sender.onAcknowledged(receiver.pollAcknowledgement(0)!);
  assert.equal(receiver.pollTimeout(), 500 * MS);
  receiver.handleTimeout(499 * MS, sink);
  assert.deepEqual([...sink.held].sort(), ["b1", "k26"]);
  receiver.handleTimeout(500 * MS, sink);
  assert.deepEqual([...sink.held], []);
  assert.equal(receiver.counters.expiries, 1);
  assert.equal(receiver.pollTimeout(), undefined);
  receiver.receive(sender.poll(600 * MS)!, 600 * MS, sink);
  assert.deepEqual([...sink.held].sort(), ["b1", "k26"]);
  receiver.releaseAll(sink);
  assert.deepEqual([...sink.held], []);
});

test("when more was lost than is repeated, the map settles what is held and the rest is played", () => {
  const [sender, receiver, sink] = [new InputSender(), new InputReceiver(), new RecordingSink()];
  sender.key(4, true);
  receiver.receive(sender.poll(0)!, 0, sink);
  sender.key(0xe1, true);
  sender.key(4, false);
  for (let i = 0; i < 12; i++) {
    sender.key(5, true);
    sender.key(5, false);
  }
  receiver.receive(sender.poll(1)!, 1, sink);
  assert.equal(receiver.counters.gaps, 1);
  assert.deepEqual(names(sink).slice(0, 5), ["+k4", "-k4", "+k225", "+k5", "-k5"]);
  assert.equal(sink.transitions.length, 3 + 24);
  assert.deepEqual([...sink.held], ["k225"]);
});

test("a drag whose press was lost begins where the button went down", () => {
  const [sender, receiver, sink] = [new InputSender(), new InputReceiver(), new RecordingSink()];
  sender.pointerAbsolute(100, 100);
  sender.button(1, true);
  sender.poll(0);
  sender.pointerAbsolute(900, 900);
  receiver.receive(sender.poll(1)!, 1, sink);
  assert.deepEqual(sink.transitions, ["+b1 100,100@0 0,0"]);
  assert.equal(sink.position, "900,900@0");
});

test("a click puts the pointer back where its client has it", () => {
  const [sender, receiver, sink] = [new InputSender(), new InputReceiver(), new RecordingSink()];
  sender.pointerAbsolute(100, 100);
  receiver.receive(sender.poll(0)!, 0, sink);
  sink.moveAbsolute(7, 7, 0);
  sender.button(1, true);
  receiver.receive(sender.poll(1)!, 1, sink);
  assert.deepEqual(sink.transitions, ["+b1 100,100@0 0,0"]);
});

test("a heartbeat leaves the pointer alone", () => {
  const [sender, receiver, sink] = [new InputSender(), new InputReceiver(), new RecordingSink()];
  sender.pointerAbsolute(100, 100);
  sender.key(4, true);
  receiver.receive(sender.poll(0)!, 0, sink);
  sink.moveAbsolute(7, 7, 0);
  receiver.receive(sender.poll(100 * MS)!, 100 * MS, sink);
  assert.equal(sink.position, "7,7@0");
});

test("motion is acknowledged every 5 ms, a press at once", () => {
  const [sender, receiver, sink] = [new InputSender(), new InputReceiver(), new RecordingSink()];
  const acknowledged: number[] = [];
  for (let now = 0; now < 20; now++) {
    sender.pointerRelative(1, 1);
    if (now === 12) sender.button(1, true);
    receiver.receive(sender.poll(now * MS)!, now * MS, sink);
    const sequence = receiver.pollAcknowledgement(now * MS);
    if (sequence !== undefined) {
      acknowledged.push(now);
      sender.onAcknowledged(sequence);
    }
  }
  assert.deepEqual(acknowledged, [0, 5, 10, 12, 17]);
});

test("a hostile jump moves and scrolls by a bounded amount", () => {
  const [receiver, sink] = [new InputReceiver(), new RecordingSink()];
  const jump = bytesOf((state) => {
    Object.assign(state, { motionX: 0x7fff_ffff, scrollX: 0x7fff_ffff, scrollY: -0x7fff_ffff });
  });
  receiver.receive(jump, 0, sink);
  assert.deepEqual(sink.motion, [32_767, 0]);
  assert.equal(Math.abs(sink.scrolled[0]) + Math.abs(sink.scrolled[1]), 120 * 128);
});

test("a map that contradicts the transitions decides", () => {
  const [receiver, sink] = [new InputReceiver(), new RecordingSink()];
  const liar = bytesOf((state) => {
    state.keys[0] = 1 << 5;
    state.transitionCount = 2;
    Object.assign(state.transitions[0]!, { code: 4, down: true });
    Object.assign(state.transitions[1]!, { code: 5, down: false });
  });
  receiver.receive(liar, 0, sink);
  assert.deepEqual([...sink.held], ["k5"]);
});

test("bytes that are no datagram change nothing", () => {
  const [receiver, sink] = [new InputReceiver(), new RecordingSink()];
  assert.throws(() => receiver.receive(new Uint8Array(70).fill(9), 0, sink), { name: "WireError" });
  assert.equal(receiver.pollAcknowledgement(0), undefined);
  assert.equal(receiver.pollTimeout(), undefined);
});
