import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type CompleteUpdate,
  MAX_FRAGMENT_BYTES,
  type Micros,
  REASSEMBLER_LIMITS,
  Reassembler,
  writeFragmentHead,
} from "@wavry/rift-core";
import { seededBytes, seededRandom } from "@wavry/rift-core/testing";
import fc from "fast-check";

/** The fragments of an update, as they are sent. */
function split(frameId: number, bytes: Uint8Array, keyframe = false): Uint8Array[] {
  const count = Math.ceil(bytes.length / MAX_FRAGMENT_BYTES);
  const pieceBytes = Math.min(MAX_FRAGMENT_BYTES, bytes.length);
  return Array.from({ length: count }, (_, index) => {
    const piece = bytes.subarray(index * pieceBytes, (index + 1) * pieceBytes);
    const out = new Uint8Array(12 + piece.length);
    writeFragmentHead(out, 0, { frameId, index, count, pieceBytes, keyframe });
    out.set(piece, 12);
    return out;
  });
}

function take(reassembler: Reassembler, fragment: Uint8Array, now: Micros): CompleteUpdate[] {
  reassembler.receive(fragment, fragment.length, now);
  return drain(reassembler, now);
}

function drain(reassembler: Reassembler, now: Micros): CompleteUpdate[] {
  const updates: CompleteUpdate[] = [];
  for (let update = reassembler.poll(now); update !== undefined; update = reassembler.poll(now))
    updates.push({ ...update, bytes: update.bytes.slice() });
  return updates;
}

test("whatever is lost, doubled and reordered: updates come whole, in order, and gaps are told", () => {
  fc.assert(
    fc.property(fc.nat(), fc.double({ min: 0, max: 0.3, noNaN: true }), (seed, loss) => {
      const random = seededRandom(seed);
      const frames = new Map<number, Uint8Array>();
      const arrivals: { at: Micros; fragment: Uint8Array }[] = [];
      for (let frameId = 1; frameId <= 30; frameId++) {
        const bytes = seededBytes(frameId)(1 + Math.floor(random() * 8_000));
        frames.set(frameId, bytes);
        split(frameId, bytes, random() < 0.1).forEach((fragment, i) => {
          for (let copy = random() < 0.1 ? 2 : 1; copy > 0; copy--)
            if (random() >= loss)
              arrivals.push({ at: frameId * 4_000 + i * 50 + random() * 3_000, fragment });
        });
      }
      arrivals.sort((a, b) => a.at - b.at);
      const reassembler = new Reassembler();
      const got: CompleteUpdate[] = [];
      for (const { at, fragment } of arrivals) {
        for (let due = reassembler.pollTimeout(); due !== undefined && due <= at; ) {
          got.push(...drain(reassembler, due));
          const next = reassembler.pollTimeout();
          assert.notEqual(next, due, "a timeout that is served does not stay");
          due = next;
        }
        got.push(...take(reassembler, fragment, at));
      }
      reassembler.noteSent(30, 200_000);
      got.push(...drain(reassembler, 300_000));
      let last = 0;
      for (const { frameId, bytes, contiguous } of got) {
        assert.ok(frameId > last);
        assert.deepEqual(bytes, frames.get(frameId));
        assert.equal(contiguous, frameId === last + 1);
        last = frameId;
      }
      assert.equal(reassembler.completed, got.length);
      assert.equal(reassembler.completed + reassembler.lost, 30);
      if (loss === 0) assert.ok(got.length > 0);
      assert.equal(reassembler.pollTimeout(), undefined);
    }),
    { numRuns: 100 },
  );
});

test("a gap is a loss only after newer packets and a moment, and at the latest after the limit", () => {
  const lost = split(1, new Uint8Array(3_000));
  const reassembler = new Reassembler();
  take(reassembler, lost[0]!, 0);
  let now = 1_000;
  assert.deepEqual(take(reassembler, split(2, new Uint8Array(10))[0]!, now), []);
  for (let frameId = 3; frameId <= 7; frameId++)
    assert.deepEqual(take(reassembler, split(frameId, new Uint8Array(10))[0]!, ++now), []);
  assert.equal(reassembler.pollTimeout(), 1_000 + REASSEMBLER_LIMITS.reorderMaxMicros);
  now = 1_000 + REASSEMBLER_LIMITS.reorderMinMicros;
  assert.deepEqual(take(reassembler, split(8, new Uint8Array(10))[0]!, now), []);
  const updates = take(reassembler, split(9, new Uint8Array(10))[0]!, now);
  assert.deepEqual(
    updates.map(({ frameId, contiguous }) => [frameId, contiguous]),
    [2, 3, 4, 5, 6, 7, 8, 9].map((frameId) => [frameId, frameId !== 2]),
  );
});

test("a gap that closes in time costs nothing", () => {
  const [a, b, c] = split(1, new Uint8Array(3_000)) as [Uint8Array, Uint8Array, Uint8Array];
  const reassembler = new Reassembler();
  take(reassembler, a, 0);
  take(reassembler, c, 10);
  assert.equal(reassembler.pollTimeout(), 10 + REASSEMBLER_LIMITS.reorderMaxMicros);
  const [update] = take(reassembler, b, 5_000);
  assert.equal(update?.contiguous, true);
  assert.equal(update?.receivedAt, 5_000);
  assert.equal(reassembler.pollTimeout(), undefined);
});

test("a whole keyframe does not wait for what is missing before it", () => {
  const reassembler = new Reassembler();
  take(reassembler, split(1, new Uint8Array(3_000))[0]!, 0);
  take(reassembler, split(2, new Uint8Array(3_000))[0]!, 1);
  const [update] = take(reassembler, split(3, new Uint8Array(100), true)[0]!, 2);
  assert.equal(update?.frameId, 3);
  assert.equal(update?.contiguous, false);
  assert.equal(reassembler.lost, 2);
  assert.equal(reassembler.receive(split(2, new Uint8Array(3_000))[1]!, 1168, 3), "late");
});

test("a doubled or a contradicting fragment is told apart and changes nothing", () => {
  const reassembler = new Reassembler();
  const [first, second] = split(1, new Uint8Array(2_000).fill(1)) as [Uint8Array, Uint8Array];
  assert.equal(reassembler.receive(first, first.length, 0), "kept");
  assert.equal(reassembler.receive(first, first.length, 0), "duplicate");
  const other = split(1, new Uint8Array(4_000).fill(2))[1]!;
  assert.equal(reassembler.receive(other, other.length, 0), "inconsistent");
  const [update] = take(reassembler, second, 1);
  assert.deepEqual(update?.bytes, new Uint8Array(2_000).fill(1));
});

test("an announced update that never shows up is a loss after the limit", () => {
  const reassembler = new Reassembler();
  take(reassembler, split(1, new Uint8Array(10))[0]!, 0);
  reassembler.noteSent(2, 100);
  assert.equal(reassembler.pollTimeout(), 100 + REASSEMBLER_LIMITS.reorderMaxMicros);
  assert.deepEqual(drain(reassembler, 100 + REASSEMBLER_LIMITS.reorderMaxMicros), []);
  assert.equal(reassembler.lost, 1);
  assert.equal(reassembler.largestLost, 2);
  assert.equal(take(reassembler, split(3, new Uint8Array(10))[0]!, 20_000)[0]?.contiguous, false);
});

test("updates that do not fit the memory limit are dropped without keeping anything", () => {
  const reassembler = new Reassembler({ maxBytes: 100_000 });
  const big = split(1, new Uint8Array(200_000));
  assert.equal(reassembler.receive(big[0]!, big[0]!.length, 0), "no-room");
  const next = split(2, new Uint8Array(50_000));
  const got = next.flatMap((fragment) => take(reassembler, fragment, 20_000));
  assert.equal(got[0]?.frameId, 2);
  assert.equal(got[0]?.contiguous, false);
});

test("more unfinished updates than there is room for push out the oldest", () => {
  const reassembler = new Reassembler({ maxFrames: 4 });
  for (let frameId = 1; frameId <= 9; frameId++)
    take(reassembler, split(frameId, new Uint8Array(3_000))[0]!, 0);
  assert.equal(reassembler.lost, 5);
});

test("a leap of the frame id to the end of its range is survived", () => {
  const reassembler = new Reassembler();
  take(reassembler, split(1, new Uint8Array(10))[0]!, 0);
  const got = take(reassembler, split(0xffff_ffff, new Uint8Array(10), true)[0]!, 1);
  assert.equal(got[0]?.contiguous, false);
});
