import assert from "node:assert/strict";
import { test } from "node:test";
import { EmulatedLink, type LinkConditions } from "@wavry/rift-core/testing";

/** What arrives when, of `count` items sent 100 µs apart. */
function run(conditions: Partial<LinkConditions>, seed: number, count = 2_000): [number, number][] {
  const link = new EmulatedLink<number>(conditions, seed);
  for (let i = 0; i < count; i++) link.send(i, i * 100);
  const got: [number, number][] = [];
  for (;;) {
    const at = link.nextArrival();
    if (at === undefined) return got;
    assert.equal(link.receive(at - 1), undefined);
    got.push([at, link.receive(at)!]);
  }
}

test("a link without faults delivers everything in order after its delay", () => {
  const got = run({ delayMicros: 7_000 }, 1);
  assert.deepEqual(
    got,
    Array.from({ length: 2_000 }, (_, i) => [i * 100 + 7_000, i]),
  );
});

test("the same seed replays a run exactly, and another one does not", () => {
  const faults = { lossRatio: 0.1, jitterMicros: 5_000, duplicateRatio: 0.1, reorderRatio: 0.1 };
  assert.deepEqual(run(faults, 3), run(faults, 3));
  assert.notDeepEqual(run(faults, 3), run(faults, 4));
});

test("loss, duplication and reordering happen about as often as asked", () => {
  const near = (value: number, wanted: number): void => assert.ok(Math.abs(value - wanted) < 0.03);
  near(1 - run({ lossRatio: 0.2 }, 5).length / 2_000, 0.2);
  near(run({ duplicateRatio: 0.2 }, 5).length / 2_000 - 1, 0.2);
  const late = run({ reorderRatio: 0.2, reorderMicros: 90 }, 5).filter(
    ([at, i]) => at > i * 100 + 1_000,
  );
  near(late.length / 2_000, 0.2);
});
