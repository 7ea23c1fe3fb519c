import assert from "node:assert/strict";
import { test } from "node:test";
import {
  DEADLINE_MICROS,
  LossPattern,
  MAX_FRAGMENT_BYTES,
  MAX_PAYLOAD_BYTES,
  type Micros,
  NACK_HEAD_BYTES,
  NackTracker,
  newNackEntry,
  RecoveryPlanner,
  RetransmitBuffer,
  readFragmentHead,
  readNackEntry,
  readNackHead,
  WireError,
} from "@wavry/rift-core";
import { LabLink, seededBytes } from "@wavry/rift-core/testing";
import fc from "fast-check";

/** What a request asks for, as "frame:index", "frame:all" for a whole update. */
function wanted(message: Uint8Array): string[] {
  const list: string[] = [];
  const entry = newNackEntry();
  let offset = NACK_HEAD_BYTES;
  for (let left = readNackHead(message); left > 0; left--) {
    offset = readNackEntry(message, offset, entry);
    if (entry.bitmap.length === 0) list.push(`${entry.frameId}:all`);
    for (const [place, byte] of entry.bitmap.entries())
      for (let bit = 0; bit < 8; bit++)
        if ((byte & (1 << bit)) !== 0)
          list.push(`${entry.frameId}:${entry.firstIndex + 8 * place + bit}`);
  }
  return list;
}

/** Plays fragments of one update at 1 ms each, without `lost`; gives what was asked for and when first. */
function play(options: { rttMicros: Micros; lost: readonly number[]; until: Micros }) {
  const tracker = new NackTracker();
  tracker.setRtt(options.rttMicros);
  const out = new Uint8Array(MAX_PAYLOAD_BYTES);
  const asked = new Map<string, Micros>();
  for (let now = 0; now <= options.until; now += 250) {
    const index = now / 1_000;
    if (Number.isInteger(index) && index < 20 && !options.lost.includes(index))
      tracker.fragmentReceived(
        { frameId: 1, index, count: 20, pieceBytes: 1_000, keyframe: false },
        now,
      );
    for (let length = tracker.poll(out, now); length > 0; length = tracker.poll(out, now))
      for (const what of wanted(out.subarray(0, length)))
        if (!asked.has(what)) asked.set(what, now);
  }
  return asked;
}

test("a missing fragment is asked for soon after newer ones came, and no other is", () => {
  const asked = play({ rttMicros: 20_000, lost: [4, 9], until: 30_000 });
  assert.deepEqual([...asked.keys()].sort(), ["1:4", "1:9"]);
  assert.ok(asked.get("1:4")! <= 9_000, `${asked.get("1:4")}`);
});

test("nothing is asked for where the answer could not come in time", () => {
  assert.equal(play({ rttMicros: DEADLINE_MICROS, lost: [4], until: 100_000 }).size, 0);
});

test("any bytes are a request or a WireError", () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 60 }), (bytes) => {
      try {
        wanted(bytes);
      } catch (error) {
        assert.ok(error instanceof WireError);
      }
    }),
  );
});

test("what is asked for is sent again, byte by byte, and nothing after its time", () => {
  const planner = new RecoveryPlanner();
  planner.setPath({ rttMicros: 10_000, redundancy: 0.1 });
  const buffer = new RetransmitBuffer(planner);
  const bytes = seededBytes(3)(10_000);
  const update = { frameId: 7, bytes, keyframe: false, depth: 1, rows: 0, latestAt: 49_000 };
  buffer.push(update, 0);
  for (let index = 0; index < 9; index++) buffer.fragmentSent(7, index);
  const request = Uint8Array.of(5, 1, 0, 0, 0, 7, 1, 1, 0, 2, 0b101);
  buffer.take(request, 12_000);
  const out = new Uint8Array(MAX_PAYLOAD_BYTES);
  const got: number[] = [];
  for (let now = 12_000; now < 30_000; now += 500)
    for (let length = buffer.poll(out, now); length > 0; length = buffer.poll(out, now)) {
      if (buffer.polled !== "fragment") continue;
      const head = { frameId: 0, index: 0, count: 0, pieceBytes: 0, keyframe: false };
      readFragmentHead(out, length, head);
      assert.equal(head.frameId, 7);
      const at = head.index * MAX_FRAGMENT_BYTES;
      assert.deepEqual(out.slice(12, length), bytes.slice(at, at + length - 12));
      got.push(head.index);
    }
  assert.deepEqual(got, [2, 4]);
  buffer.take(Uint8Array.of(5, 1, 0, 0, 0, 7, 2, 1, 0, 5, 1), 50_000);
  assert.equal(buffer.poll(out, 50_000), 0);
});

test("the pattern of losses is found: share and length of bursts", () => {
  for (const [ratio, burst] of [
    [0.02, 4],
    [0.05, 8],
  ] as const) {
    const link = new LabLink<number>({ seed: 4, loss: { kind: "gilbert-elliott", ratio, burst } });
    const pattern = new LossPattern();
    let next = 1;
    for (let number = 1; number <= 60_000; number++) {
      link.send(number, 1_200, number * 100);
      for (let got = link.receive(number * 100); got; got = link.receive(number * 100)) {
        while (next < got.item) pattern.lost(next++);
        pattern.arrived(next++);
      }
    }
    assert.ok(Math.abs(pattern.ratio / ratio - 1) < 0.35, `${pattern.ratio}`);
    assert.ok(Math.abs(pattern.burst / burst - 1) < 0.35, `${pattern.burst}`);
  }
});
