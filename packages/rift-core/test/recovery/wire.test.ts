import assert from "node:assert/strict";
import { test } from "node:test";
import {
  equalPieceBytes,
  FecDecoder,
  FRAGMENT_HEAD_BYTES,
  fragmentCount,
  MAX_FRAGMENT_BYTES,
  MAX_PAYLOAD_BYTES,
  NACK_HEAD_BYTES,
  newNackEntry,
  newRepairHead,
  REPAIR_HEAD_BYTES,
  Reassembler,
  RepairWriter,
  readNackEntry,
  readNackHead,
  readRepairHead,
  WireError,
  writeFragmentHead,
  writeNackEntry,
  writeNackHead,
  writeRepairHead,
} from "@wavry/rift-core";
import { seededBytes } from "@wavry/rift-core/testing";
import fc from "fast-check";

test("a repair head survives", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 0xffff_ffff }),
      fc.integer({ min: 2, max: 64 }),
      fc.integer({ min: 1, max: 128 }),
      fc.nat(),
      fc.nat(127),
      fc.integer({ min: 1, max: MAX_FRAGMENT_BYTES }),
      fc.nat(),
      fc.boolean(),
      (frameId, members, depth, group, row, pieceBytes, last, keyframe) => {
        const head = {
          ...{ frameId, count: members * depth, keyframe, pieceBytes, depth, row },
          ...{ lastPieceBytes: 1 + (last % pieceBytes), group: group % depth },
        };
        const out = new Uint8Array(REPAIR_HEAD_BYTES + pieceBytes);
        assert.equal(writeRepairHead(out, 0, head), REPAIR_HEAD_BYTES);
        const into = newRepairHead();
        readRepairHead(out, out.length, into);
        assert.deepEqual(into, head);
      },
    ),
  );
});

test("each wrong field of a repair head is a WireError", () => {
  const good = {
    ...{ frameId: 1, count: 20, keyframe: false, pieceBytes: 100 },
    ...{ lastPieceBytes: 50, depth: 2, group: 1, row: 3 },
  };
  const out = new Uint8Array(REPAIR_HEAD_BYTES + 100);
  for (const change of [
    { frameId: 0 },
    { count: 0 },
    { count: 8_193 },
    { count: 131 },
    { lastPieceBytes: 0 },
    { lastPieceBytes: 101 },
    { depth: 0 },
    { depth: 21 },
    { group: 2 },
    { row: 128 },
    { count: 1, depth: 1, group: 0 },
  ]) {
    writeRepairHead(out, 0, { ...good, ...change });
    assert.throws(() => readRepairHead(out, out.length, newRepairHead()), WireError);
  }
  writeRepairHead(out, 0, good);
  assert.throws(() => readRepairHead(out, REPAIR_HEAD_BYTES, newRepairHead()), WireError);
  const long = new Uint8Array(REPAIR_HEAD_BYTES + MAX_FRAGMENT_BYTES + 1);
  writeRepairHead(long, 0, good);
  assert.throws(() => readRepairHead(long, long.length, newRepairHead()), WireError);
});

test("a request survives", () => {
  const entry = fc.record({
    frameId: fc.integer({ min: 1, max: 0xffff_ffff }),
    round: fc.integer({ min: 1, max: 255 }),
    firstIndex: fc.nat(8_191),
    bitmap: fc.uint8Array({ minLength: 1, maxLength: 40 }),
  });
  fc.assert(
    fc.property(fc.array(entry, { minLength: 1, maxLength: 10 }), (entries) => {
      const out = new Uint8Array(MAX_PAYLOAD_BYTES);
      let at = writeNackHead(out, 0, entries.length);
      for (const one of entries) {
        at = writeNackEntry(out, at, one, one.bitmap.length);
        out.set(one.bitmap, at);
        at += one.bitmap.length;
      }
      const message = out.subarray(0, at);
      assert.equal(readNackHead(message), entries.length);
      let offset = NACK_HEAD_BYTES;
      for (const one of entries) {
        const into = newNackEntry();
        offset = readNackEntry(message, offset, into);
        assert.deepEqual(into, { ...one });
      }
      assert.equal(offset, at);
      assert.throws(() => readNackEntry(message, at, newNackEntry()), WireError);
    }),
  );
});

test("each single loss of an update is rebuilt from one repair packet of its group, the last piece too", () => {
  const writer = new RepairWriter();
  const out = new Uint8Array(MAX_PAYLOAD_BYTES);
  for (const [size, depth, equal] of [
    [1, 1, false],
    [1_156, 1, false],
    [1_157, 1, false],
    [9_000, 3, false],
    [20_833, 4, true],
    [60_000, 2, true],
  ] as const) {
    const bytes = seededBytes(size)(size);
    const pieceBytes = equal ? equalPieceBytes(size) : Math.min(size, MAX_FRAGMENT_BYTES);
    const count = Math.ceil(size / pieceBytes);
    for (let lost = 0; lost < count; lost++) {
      const reassembler = new Reassembler();
      const decoder = new FecDecoder(reassembler);
      const recovered: number[] = [];
      decoder.onRecovered = (_, index) => recovered.push(index);
      for (let index = 0; index < count; index++) {
        if (index === lost) continue;
        const piece = bytes.subarray(index * pieceBytes, (index + 1) * pieceBytes);
        const packet = new Uint8Array(FRAGMENT_HEAD_BYTES + piece.length);
        writeFragmentHead(packet, 0, { frameId: 1, index, count, pieceBytes, keyframe: true });
        packet.set(piece, FRAGMENT_HEAD_BYTES);
        assert.equal(reassembler.receive(packet, packet.length, 0), "kept");
      }
      const row = lost % 128;
      const update = { frameId: 1, bytes, keyframe: true, pieceBytes };
      const length = writer.write(out, update, depth, lost % depth, row);
      assert.equal(decoder.receive(out, length, 5), "kept");
      assert.deepEqual(reassembler.poll(5)?.bytes, bytes);
      assert.deepEqual(recovered, [lost]);
    }
  }
});

test("a writer that served other updates, small and large, writes what a new one does", () => {
  const writer = new RepairWriter();
  const [used, fresh] = [new Uint8Array(MAX_PAYLOAD_BYTES), new Uint8Array(MAX_PAYLOAD_BYTES)];
  // Below, between and above the sizes of which all is kept at once.
  const updates = [900, 60_000, 5_000, 200_000, 262_144, 262_145, 400_000].map((size, i) => ({
    frameId: i + 1,
    bytes: seededBytes(size)(size),
    keyframe: false,
    pieceBytes: equalPieceBytes(size),
  }));
  for (const step of [1, 3, 1])
    for (let turn = 0; turn < updates.length; turn++) {
      const update = updates[(turn * step) % updates.length]!;
      const depth = Math.ceil(fragmentCount(update.bytes.length) / 32);
      for (const [group, row] of [
        [0, 0],
        [depth - 1, 0],
        [depth >> 1, 5],
      ] as const) {
        const length = writer.write(used, update, depth, group, row);
        assert.equal(new RepairWriter().write(fresh, update, depth, group, row), length);
        assert.deepEqual(used.subarray(0, length), fresh.subarray(0, length));
      }
    }
});

test("repair packets of many updates stay within the decoder's memory", () => {
  const reassembler = new Reassembler();
  const decoder = new FecDecoder(reassembler, { maxPackets: 4 });
  const writer = new RepairWriter();
  const out = new Uint8Array(MAX_PAYLOAD_BYTES);
  for (let frameId = 1; frameId <= 12; frameId++)
    for (let row = 0; row < 3; row++) {
      const update = { frameId, bytes: seededBytes(frameId)(5_000), keyframe: false };
      const fate = decoder.receive(out, writer.write(out, update, 1, 0, row), frameId);
      assert.ok(fate === "kept" || fate === "no-room", fate);
    }
});

test("equal pieces are as many as full ones, or fewer, and no longer", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 3_000_000 }), (bytes) => {
      const piece = equalPieceBytes(bytes);
      assert.ok(piece >= 1 && piece <= MAX_FRAGMENT_BYTES);
      assert.ok(Math.ceil(bytes / piece) <= Math.ceil(bytes / MAX_FRAGMENT_BYTES));
    }),
  );
});
