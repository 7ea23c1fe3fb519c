import assert from "node:assert/strict";
import { test } from "node:test";
import {
  FRAGMENT_HEAD_BYTES,
  JitterBuffer,
  MAX_HOLD_MICROS,
  PassageMeter,
  readSentStamp,
  SECOND,
  writeFragmentHead,
  writeSentStamp,
} from "@wavry/rift-core";
import { seededRandom } from "@wavry/rift-core/testing";

const INTERVAL = 16_667;

/** Lets a packet of each of so many frames come in; gives how long each was held. */
function play(
  buffer: JitterBuffer,
  frames: number,
  lateMicros: (frame: number) => number,
): number[] {
  return Array.from({ length: frames }, (_, frame) => {
    const passage = 20_000 + lateMicros(frame);
    buffer.packetArrived(passage, frame * INTERVAL + passage);
    return buffer.holdAfter(passage);
  });
}

test("a steady path is not held back, nor one with 1.9 ms of jitter", () => {
  const random = seededRandom(1);
  assert.ok(play(new JitterBuffer(), 600, () => 0).every((held) => held === 0));
  assert.ok(play(new JitterBuffer(), 600, () => random() * 1_900).every((held) => held === 0));
});

test("jitter of 8 ms is evened out to a fraction, and nothing is held over 10 ms", () => {
  const random = seededRandom(2);
  const late = Array.from({ length: 600 }, () => random() * 8_000);
  const held = play(new JitterBuffer(), 600, (frame) => late[frame]!);
  const shown = held.map((hold, frame) => hold + late[frame]!).slice(100);
  shown.sort((a, b) => a - b);
  assert.ok(held.every((hold) => hold >= 0 && hold <= MAX_HOLD_MICROS));
  assert.ok(shown[475]! - shown[25]! < 1_500, `${shown[25]} to ${shown[475]}`);
});

test("the hold fades where the path becomes steady, and a packet that is late alone, or far too late, changes nothing", () => {
  const buffer = new JitterBuffer();
  play(buffer, 60, (frame) => (frame % 4) * 2_500);
  assert.ok(buffer.holdMicros > 6_000);
  const held = play(buffer, 1_200, () => 0);
  assert.equal(held.at(-1), 0);
  for (const late of [9_000, 40_000]) {
    const isLate = (frame: number): boolean => [50, 52, 250, 400, 401].includes(frame);
    const after = play(new JitterBuffer(), 600, (frame) => (isLate(frame) ? late : 0));
    assert.ok(after.every((hold) => hold === 0));
  }
});

test("what waited behind another packet is no jitter", () => {
  const buffer = new JitterBuffer();
  for (let frame = 0; frame < 100; frame++)
    for (let packet = 0; packet < 6; packet++) {
      const passage = 20_000 + packet * 1_900;
      buffer.packetArrived(passage, frame * INTERVAL + passage);
      assert.equal(buffer.holdAfter(passage), 0);
    }
});

test("between neighbours nothing is held, as what is late there waited for a processor", () => {
  const buffer = new JitterBuffer();
  buffer.roundTrip(3_000, 400);
  assert.ok(play(buffer, 100, (frame) => (frame % 4) * 2_500).every((hold) => hold === 0));
  buffer.roundTrip(3_000, 1_000);
  assert.ok(play(buffer, 100, (frame) => (frame % 4) * 2_500).some((hold) => hold > 0));
});

test("a pause as long as clocks take to drift apart is no jitter", () => {
  const buffer = new JitterBuffer();
  play(buffer, 100, () => 0);
  const at = 600 * SECOND;
  buffer.packetArrived(26_000, at);
  assert.equal(buffer.holdMicros, 0);
});

test("after a jump of the round trip an update or two are not held", () => {
  for (const [jump, skips] of [
    [25_000, 0],
    [35_000, 1],
    [55_000, 2],
  ] as const) {
    const buffer = new JitterBuffer();
    buffer.roundTrip(20_000);
    assert.equal(buffer.takeSkip(), false);
    buffer.roundTrip(20_000 + jump);
    const taken = [buffer.takeSkip(), buffer.takeSkip(), buffer.takeSkip()];
    assert.equal(taken.filter(Boolean).length, skips);
  }
});

test("passages follow from stamps to half a millisecond, over many rounds of the stamp, whatever the clocks show", () => {
  for (const offset of [0, -3 * SECOND, 7_777_777_777]) {
    const meter = new PassageMeter();
    const random = seededRandom(3);
    const head = new Uint8Array(FRAGMENT_HEAD_BYTES);
    writeFragmentHead(head, 0, { frameId: 1, index: 0, count: 2, pieceBytes: 9, keyframe: false });
    assert.equal(readSentStamp(head), 0);
    let first: number | undefined;
    for (let sentAt = 10 * SECOND; sentAt < 12 * SECOND; sentAt += 1_000 + random() * 200_000) {
      const late = random() * 30_000;
      writeSentStamp(head, 0, sentAt);
      const stamp = readSentStamp(head);
      assert.ok(stamp >= 1 && stamp <= 255);
      const passage = meter.passage(stamp, sentAt + offset + late);
      first ??= passage - late;
      assert.ok(Math.abs(passage - late - first) <= 512, `${passage - late - first}`);
    }
  }
});
