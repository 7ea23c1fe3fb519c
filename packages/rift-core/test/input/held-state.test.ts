import assert from "node:assert/strict";
import { test } from "node:test";
import { HeldState } from "../../src/input/index.ts";
import { RecordingSink } from "./simulation.ts";

test("a key that two clients hold goes up with the second release", () => {
  const sink = new RecordingSink();
  const held = new HeldState(sink);
  const [one, two] = [held.attach(), held.attach()];
  one.key(4, true);
  two.key(4, true);
  one.key(4, false);
  assert.deepEqual([...sink.held], ["k4"]);
  two.key(4, false);
  assert.deepEqual([...sink.held], []);
  assert.equal(sink.transitions.length, 2);
});

test("a client that goes releases its own keys and nobody else's", () => {
  const sink = new RecordingSink();
  const held = new HeldState(sink);
  const [one, two] = [held.attach(), held.attach()];
  one.key(4, true);
  one.button(16, true);
  one.key(255, true);
  two.key(5, true);
  two.key(4, true);
  one[Symbol.dispose]();
  one[Symbol.dispose]();
  assert.deepEqual([...sink.held].sort(), ["k4", "k5"]);
});

test("a client can neither release what it does not hold nor press twice", () => {
  const sink = new RecordingSink();
  const held = new HeldState(sink);
  const [one, two] = [held.attach(), held.attach()];
  one.key(4, true);
  one.key(4, true);
  two.key(4, false);
  two.key(300, true);
  assert.deepEqual([...sink.held], ["k4"]);
});
