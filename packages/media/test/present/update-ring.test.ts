import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  createRingMemory,
  UpdateRingReader,
  UpdateRingWriter,
} from "../../src/present/update-ring.ts";

test("what goes in comes out unchanged and in order, whatever the sizes and the interleaving", () => {
  fc.assert(
    fc.property(
      fc.array(fc.oneof(fc.integer({ min: 0, max: 400 }), fc.constant("read" as const)), {
        maxLength: 200,
      }),
      (steps) => {
        const memory = createRingMemory(1024);
        const writer = new UpdateRingWriter(memory);
        const reader = new UpdateRingReader(memory);
        const expected: { frameId: number; length: number }[] = [];
        let frameId = 2 ** 33;
        const readOne = (): void => {
          const next = expected.shift();
          const found = reader.peek();
          assert.equal(found?.frameId, next?.frameId);
          if (found === undefined || next === undefined) return;
          assert.equal(found.bytes.length, next.length);
          assert.ok(found.bytes.every((byte) => byte === (next.frameId & 255)));
          assert.equal(found.contiguous, next.frameId % 3 === 0);
          reader.release();
        };
        for (const step of steps)
          if (step === "read") readOne();
          else {
            frameId++;
            const bytes = new Uint8Array(step).fill(frameId & 255);
            const taken = writer.push(bytes, frameId, frameId % 3 === 0);
            if (taken) expected.push({ frameId, length: step });
            else assert.ok(expected.length > 0, "an empty ring takes half its size");
          }
        while (expected.length > 0) readOne();
        assert.equal(reader.peek(), undefined);
        assert.equal(reader.isEmpty, true);
      },
    ),
    { numRuns: 300 },
  );
});

test("a command is signalled once", () => {
  const memory = createRingMemory(1024);
  const writer = new UpdateRingWriter(memory);
  const reader = new UpdateRingReader(memory);
  assert.equal(reader.takeCommandSignal(), false);
  writer.announceCommand();
  reader.wait();
  assert.equal(reader.takeCommandSignal(), true);
  assert.equal(reader.takeCommandSignal(), false);
});
