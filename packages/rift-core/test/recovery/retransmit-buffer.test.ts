import assert from "node:assert/strict";
import { test } from "node:test";
import {
  MAX_FRAGMENT_BYTES,
  MAX_PAYLOAD_BYTES,
  type Micros,
  newRepairHead,
  RecoveryPlanner,
  RetransmitBuffer,
  readFragmentHead,
  readRepairHead,
  WireError,
  writeNackEntry,
  writeNackHead,
} from "@wavry/rift-core";
import { seededBytes } from "@wavry/rift-core/testing";

const LATEST: Micros = 49_000;

function request(frameId: number, round: number, first: number, bitmap: number[]): Uint8Array {
  const out = new Uint8Array(10 + bitmap.length);
  const at = writeNackEntry(
    out,
    writeNackHead(out, 0, 1),
    { frameId, round, firstIndex: first },
    bitmap.length,
  );
  out.set(bitmap, at);
  return out;
}

/** A buffer with one update of ten fragments that has left, on a path that loses 5 % in bursts of four. */
function lossyBuffer(rttMicros: Micros, redundancy = 0.2) {
  const planner = new RecoveryPlanner();
  for (let number = 1; number <= 8_000; number++)
    if (number % 80 < 4) planner.pattern.lost(number);
    else planner.pattern.arrived(number);
  planner.setPath({ rttMicros, redundancy });
  planner.budget.earn(1_000_000);
  const buffer = new RetransmitBuffer(planner);
  push(buffer, 1, 10);
  for (let index = 0; index < 10; index++) buffer.fragmentSent(1, index);
  return { planner, buffer };
}

function push(buffer: RetransmitBuffer, frameId: number, fragments: number): void {
  const bytes = seededBytes(frameId)(fragments * MAX_FRAGMENT_BYTES);
  const update = { frameId, bytes, keyframe: false, depth: 1, rows: 0, latestAt: LATEST };
  buffer.push(update, 0);
}

/** All that leaves from `from` on, as "index" or "row N", with its time. */
function drain(buffer: RetransmitBuffer, from: Micros): { at: Micros; what: string }[] {
  const out = new Uint8Array(MAX_PAYLOAD_BYTES);
  const left: { at: Micros; what: string }[] = [];
  for (let now = from; now < 60_000; ) {
    for (let length = buffer.poll(out, now); length > 0; length = buffer.poll(out, now)) {
      const fragment = { frameId: 0, index: 0, count: 0, pieceBytes: 0, keyframe: false };
      const repair = newRepairHead();
      if (buffer.polled === "fragment") readFragmentHead(out, length, fragment);
      else readRepairHead(out, length, repair);
      const what = buffer.polled === "fragment" ? `${fragment.index}` : `row ${repair.row}`;
      left.push({ at: now, what });
    }
    const due = buffer.pollTimeout(now);
    now = Math.max(now + 1, Math.min(Math.ceil(due), 60_000));
  }
  return left;
}

test("while another round fits, what is asked for leaves once and at once", () => {
  const { buffer } = lossyBuffer(5_000);
  buffer.take(request(1, 1, 2, [0b1011]), 10_000);
  assert.deepEqual(drain(buffer, 10_000), [
    { at: 10_000, what: "2" },
    { at: 10_000, what: "3" },
    { at: 10_000, what: "5" },
  ]);
});

test("a round that was served is not served again, the next one is", () => {
  const { buffer } = lossyBuffer(5_000);
  for (let told = 0; told < 3; told++) buffer.take(request(1, 1, 2, [1]), 10_000);
  assert.equal(drain(buffer, 10_000).length, 1);
  buffer.take(request(1, 2, 2, [1]), 18_000);
  assert.deepEqual(drain(buffer, 18_000), [{ at: 18_000, what: "2" }]);
});

test("in the last round repairs follow, apart from each other and all before the last moment", () => {
  const { buffer, planner } = lossyBuffer(30_000);
  buffer.take(request(1, 1, 2, [0b11]), 32_000);
  const left = drain(buffer, 32_000);
  const repairs = left.filter(({ what }) => what.startsWith("row"));
  assert.deepEqual(
    left.filter(({ what }) => !what.startsWith("row")).map(({ what }) => what),
    ["2", "3"],
  );
  assert.equal(repairs.length, planner.repairsWithLast(2));
  assert.deepEqual(
    repairs.map(({ what }) => what),
    repairs.map((_, row) => `row ${row}`),
  );
  assert.ok(left.every(({ at }) => at <= LATEST));
  assert.ok(repairs.at(-1)!.at >= 40_000, "the last one waits for another state of the path");
});

test("without a budget the fragments leave and no repair does", () => {
  const { buffer, planner } = lossyBuffer(30_000);
  planner.budget.spend(10_000_000);
  buffer.take(request(1, 1, 2, [1]), 32_000);
  assert.deepEqual(
    drain(buffer, 32_000).map(({ what }) => what),
    ["2"],
  );
});

test("a new update has every other packet, unless it lets its turn pass", () => {
  const { buffer } = lossyBuffer(5_000);
  push(buffer, 2, 3);
  buffer.take(request(1, 1, 0, [0b111]), 10_000);
  const out = new Uint8Array(MAX_PAYLOAD_BYTES);
  assert.ok(buffer.poll(out, 10_000) > 0);
  assert.equal(buffer.poll(out, 10_000), 0);
  buffer.fragmentSent(2, 0);
  assert.ok(buffer.poll(out, 10_000) > 0);
  assert.equal(buffer.poll(out, 10_000), 0);
  assert.equal(buffer.pollTimeout(10_000), 11_000);
  assert.ok(buffer.poll(out, 11_000) > 0);
});

test("requests for what is not there, has not left or is too old are ignored", () => {
  const { buffer } = lossyBuffer(5_000);
  push(buffer, 2, 3);
  for (const message of [request(9, 1, 0, [1]), request(2, 1, 0, [7]), request(1, 1, 10, [255])])
    buffer.take(message, 10_000);
  buffer.take(request(1, 1, 8_191, [255]), 10_000);
  buffer.take(request(1, 1, 0, [1]), LATEST + 1);
  assert.deepEqual(drain(buffer, 10_000), []);
});

test("a whole update is sent again, but not to who asks before any of it can have arrived", () => {
  const { buffer } = lossyBuffer(20_000);
  buffer.take(request(1, 1, 0, []), 10_000);
  assert.deepEqual(drain(buffer, 10_000), []);
  const { buffer: other } = lossyBuffer(20_000);
  other.take(request(1, 1, 0, []), 21_000);
  assert.equal(drain(other, 21_000).filter(({ what }) => !what.startsWith("row")).length, 10);
});

test("the entries before a malformed one hold, and it is a WireError", () => {
  const { buffer } = lossyBuffer(5_000);
  const good = request(1, 1, 4, [1]);
  const message = Uint8Array.of(...good, 0, 0, 0, 0, 1, 0, 0, 0);
  message[1] = 2;
  assert.throws(() => buffer.take(message, 10_000), WireError);
  assert.deepEqual(
    drain(buffer, 10_000).map(({ what }) => what),
    ["4"],
  );
});

test("no more updates and bytes are held than the limits say", () => {
  const planner = new RecoveryPlanner();
  planner.setPath({ rttMicros: 5_000, redundancy: 0.1 });
  const buffer = new RetransmitBuffer(planner, undefined, { maxUpdates: 3, maxBytes: 10_000 });
  for (let frameId = 1; frameId <= 5; frameId++) {
    push(buffer, frameId, 2);
    for (const index of [0, 1]) buffer.fragmentSent(frameId, index);
  }
  for (let frameId = 1; frameId <= 5; frameId++) buffer.take(request(frameId, 1, 0, [1]), 10_000);
  assert.equal(drain(buffer, 10_000).length, 3);
  push(buffer, 6, 9);
  buffer.take(request(5, 1, 1, [1]), 10_000);
  assert.equal(drain(buffer, 10_000).length, 0);
});
