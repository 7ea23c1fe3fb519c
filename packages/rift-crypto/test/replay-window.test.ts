import assert from "node:assert/strict";
import { test } from "node:test";
import { REPLAY_WINDOW_PACKETS, ReplayWindow } from "@wavry/rift-crypto";
import fc from "fast-check";

/** The slow twin: remembers every number. */
class RememberAll {
  readonly #seen = new Set<number>();
  #highest = -1;

  isFresh(packetNumber: number): boolean {
    return !this.#seen.has(packetNumber) && this.#highest - packetNumber < REPLAY_WINDOW_PACKETS;
  }

  mark(packetNumber: number): void {
    this.#seen.add(packetNumber);
    this.#highest = Math.max(this.#highest, packetNumber);
  }
}

test("the window is at least 1024 packets wide", () => {
  assert.ok(REPLAY_WINDOW_PACKETS >= 1024);
});

test("each number passes once, in whatever order within the window", () => {
  const step = fc.oneof(
    fc.integer({ min: -REPLAY_WINDOW_PACKETS - 40, max: 80 }),
    fc.integer({ min: -40, max: 4 }),
    fc.constantFrom(31, 32, 33, REPLAY_WINDOW_PACKETS, 3 * REPLAY_WINDOW_PACKETS),
  );
  const start = fc.constantFrom(0, 1, 4_294_967_290, 2 ** 53 - 200_000);
  fc.assert(
    fc.property(start, fc.array(step, { maxLength: 400 }), (first, steps) => {
      const window = new ReplayWindow();
      const twin = new RememberAll();
      let newest = first;
      for (const by of steps) {
        const number = Math.min(Math.max(0, newest + by), Number.MAX_SAFE_INTEGER);
        assert.equal(window.isFresh(number), twin.isFresh(number), `number ${number}`);
        if (twin.isFresh(number)) {
          window.mark(number);
          twin.mark(number);
          newest = Math.max(newest, number);
        }
        assert.equal(window.isFresh(number), false);
      }
    }),
    { numRuns: 300 },
  );
});

test("asking does not mark", () => {
  const window = new ReplayWindow();
  assert.equal(window.isFresh(5), true);
  assert.equal(window.isFresh(5), true);
  assert.equal(window.highest, -1);
});

test("a jump to the highest number there is forgets everything behind the window", () => {
  const window = new ReplayWindow();
  for (let number = 0; number < 2 * REPLAY_WINDOW_PACKETS; number++) window.mark(number);
  window.mark(Number.MAX_SAFE_INTEGER);
  assert.equal(window.isFresh(2 * REPLAY_WINDOW_PACKETS), false);
  assert.equal(window.isFresh(Number.MAX_SAFE_INTEGER), false);
  for (let behind = 1; behind < REPLAY_WINDOW_PACKETS; behind++)
    assert.equal(window.isFresh(Number.MAX_SAFE_INTEGER - behind), true);
  assert.equal(window.isFresh(Number.MAX_SAFE_INTEGER - REPLAY_WINDOW_PACKETS), false);
});
