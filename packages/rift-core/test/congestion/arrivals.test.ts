import assert from "node:assert/strict";
import { test } from "node:test";
import {
  ARRIVALS_HEAD_BYTES,
  ArrivalLog,
  MAX_REPORTED_PACKETS,
  newArrivals,
  readArrivals,
  SentHistory,
  WireError,
  writeArrivals,
} from "@wavry/rift-core";
import { seededRandom } from "@wavry/rift-core/testing";
import fc from "fast-check";

test("arrival times survive the wire, and any bytes give a block or a WireError", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 2 ** 53 - 1 }),
      fc.nat(2 ** 50),
      fc.nat(0xffff_ffff),
      fc.uint16Array({ maxLength: MAX_REPORTED_PACKETS }),
      (firstPacketNumber, referenceMicros, markedPackets, entries) => {
        const sent = newArrivals();
        Object.assign(sent, { firstPacketNumber, referenceMicros, markedPackets });
        sent.count = entries.length;
        sent.entries.set(entries);
        const out = new Uint8Array(3 + ARRIVALS_HEAD_BYTES + 2 * entries.length);
        assert.equal(writeArrivals(out, 3, sent), out.length);
        const read = newArrivals();
        readArrivals(out, 3, read);
        assert.deepEqual(
          { ...read, entries: read.entries.slice(0, read.count) },
          { ...sent, entries },
        );
      },
    ),
  );
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 120 }), (bytes) => {
      try {
        readArrivals(bytes, 0, newArrivals());
      } catch (error) {
        assert.ok(error instanceof WireError);
      }
    }),
  );
});

test("a block that claims more packets than it may is a WireError", () => {
  const out = new Uint8Array(4000);
  writeArrivals(out, 0, newArrivals());
  out[20] = 0xff;
  assert.throws(() => readArrivals(out, 0, newArrivals()), WireError);
});

test("every packet that arrived is told its sender once, however every second report is lost", () => {
  const random = seededRandom(7);
  const log = new ArrivalLog();
  const history = new SentHistory();
  const arrivals = newArrivals();
  const told = new Map<number, number>();
  const arrivedAt = new Map<number, number>();
  let reports = 0;
  for (let number = 1; number <= 5_000; number++) {
    const now = number * 400;
    history.packetSent(number, 1_000, now);
    if (random() > 0.05) {
      log.add(number, false, now + 20_000);
      arrivedAt.set(number, now + 20_000);
    }
    if (number % 23 !== 0 || !log.report(arrivals)) continue;
    if (++reports % 2 === 0) continue;
    const feedback = history.take(arrivals, 0, now + 40_000);
    for (let index = 0; index < (feedback?.count ?? 0); index++) {
      const packet = feedback!.packetNumbers[index]!;
      assert.ok(!told.has(packet));
      told.set(packet, feedback!.arrivedAt[index]!);
    }
  }
  for (const [number, at] of arrivedAt) {
    if (number > 4_900) continue;
    assert.ok(Math.abs(told.get(number)! - at) <= 8, `packet ${number}`);
  }
  for (const number of told.keys()) assert.ok(arrivedAt.has(number));
});

test("what is under way is what was neither reported nor lost, and a packet long gone is given up", () => {
  const history = new SentHistory();
  const log = new ArrivalLog();
  const lost: number[] = [];
  history.onLost = (number) => lost.push(number);
  for (let number = 1; number <= 40; number++) history.packetSent(number, 100, number * 1_000);
  assert.equal(history.inFlightBytes, 4_000);
  for (let number = 1; number <= 30; number++)
    if (number !== 5 && number !== 29) log.add(number, false, 50_000 + number);
  const arrivals = newArrivals();
  log.report(arrivals);
  const feedback = history.take(arrivals, 2_000, 60_000)!;
  assert.equal(feedback.count, 28);
  assert.equal(feedback.rttMicros, 60_000 - 30_000 - 2_000);
  assert.deepEqual(lost, [5]);
  // 29 is young enough to be late only; 31 to 40 are not reported yet.
  assert.equal(history.inFlightBytes, 1_100);
  history.expire(36_000);
  assert.equal(history.oldestSentAt, 36_000);
  assert.deepEqual(lost, [5, 29, 31, 32, 33, 34, 35]);
});

test("a peer that reports what was never sent changes nothing", () => {
  const history = new SentHistory();
  history.packetSent(1, 100, 0);
  const arrivals = newArrivals();
  arrivals.firstPacketNumber = 2;
  arrivals.count = 400;
  arrivals.entries.fill(9);
  assert.equal(history.take(arrivals, 0, 1_000), undefined);
  assert.equal(history.inFlightBytes, 100);
  arrivals.firstPacketNumber = Number.MAX_SAFE_INTEGER - 500;
  assert.equal(history.take(arrivals, 0, 1_000), undefined);
});

test("marks are counted between reports, also where their counter wraps", () => {
  const history = new SentHistory();
  const arrivals = newArrivals();
  arrivals.count = 1;
  arrivals.entries[0] = 1;
  const take = (number: number, marked: number): number => {
    history.packetSent(number, 100, number);
    arrivals.firstPacketNumber = number;
    arrivals.markedPackets = marked;
    return history.take(arrivals, 0, number + 1)!.markedPackets;
  };
  assert.equal(take(1, 3), 3);
  assert.equal(take(2, 3), 0);
  assert.equal(take(3, 0x7fff_0000), 0x7fff_0000 - 3);
  assert.equal(take(4, 0xfffe_0000), 0x7fff_0000);
  assert.equal(take(5, 4), 0x2_0004);
  // Less than before is an overtaken report, not four thousand million marks.
  assert.equal(take(6, 3), 0);
});
