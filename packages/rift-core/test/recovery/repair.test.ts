import assert from "node:assert/strict";
import { test } from "node:test";
import {
  createPlainXorKernel,
  createXorKernel,
  FecDecoder,
  FecEncoder,
  FRAGMENT_HEAD_BYTES,
  MAX_FRAGMENT_BYTES,
  MAX_PAYLOAD_BYTES,
  newRepairHead,
  Reassembler,
  readRepairHead,
  WireError,
  writeFragmentHead,
} from "@wavry/rift-core";
import { seededBytes, seededRandom } from "@wavry/rift-core/testing";
import fc from "fast-check";

/** The fragments and the repair packets of an update. */
function packetsOf(
  bytes: Uint8Array,
  frameId: number,
  plan: { depth: number; rows: number },
): { fragments: Uint8Array[]; repairs: Uint8Array[] } {
  const count = Math.ceil(bytes.length / MAX_FRAGMENT_BYTES);
  const pieceBytes = Math.min(MAX_FRAGMENT_BYTES, bytes.length);
  const fragments = Array.from({ length: count }, (_, index) => {
    const piece = bytes.subarray(index * pieceBytes, (index + 1) * pieceBytes);
    const out = new Uint8Array(FRAGMENT_HEAD_BYTES + piece.length);
    writeFragmentHead(out, 0, { frameId, index, count, pieceBytes, keyframe: false });
    out.set(piece, FRAGMENT_HEAD_BYTES);
    return out;
  });
  const encoder = new FecEncoder();
  encoder.start({ frameId, bytes, keyframe: false }, plan);
  const repairs: Uint8Array[] = [];
  const out = new Uint8Array(MAX_PAYLOAD_BYTES);
  for (let length = encoder.poll(out); length > 0; length = encoder.poll(out))
    repairs.push(out.slice(0, length));
  return { fragments, repairs };
}

class Receiver {
  readonly reassembler = new Reassembler();
  readonly decoder = new FecDecoder(this.reassembler);

  fragment(bytes: Uint8Array): void {
    if (this.reassembler.receive(bytes, bytes.length, 0) === "kept")
      this.decoder.fragmentKept(this.reassembler.lastHead, 0);
  }

  repair(bytes: Uint8Array): string {
    return this.decoder.receive(bytes, bytes.length, 0);
  }

  take(): Uint8Array | undefined {
    return this.reassembler.poll(0)?.bytes.slice();
  }
}

test("the WASM kernel agrees with the plain one", () => {
  const [wasm, plain] = [createXorKernel(4096), createPlainXorKernel(4096)];
  const random = seededRandom(1);
  wasm.memory.set(seededBytes(2)(4096));
  plain.memory.set(wasm.memory);
  for (let round = 0; round < 300; round++) {
    const bytes = Math.floor(random() * 1200);
    const target = Math.floor(random() * 800);
    const source = 2048 + Math.floor(random() * 800);
    const factor = Math.floor(random() * 256);
    for (const kernel of [wasm, plain])
      if (round % 2 === 0) kernel.xor(target, source, bytes);
      else kernel.multiplyXor(target, source, bytes, factor);
  }
  assert.deepEqual(wasm.memory, plain.memory);
});

test("two kernels share their code and not their memory, whatever their sizes", () => {
  const kernels = [createXorKernel(64), createXorKernel(100_000), createXorKernel(64)];
  for (const [at, { memory }] of kernels.entries()) memory.fill(at + 1);
  kernels[1]!.multiplyXor(0, 99_000, 32, 1);
  assert.deepEqual(
    kernels.map(({ memory }) => [memory.length, memory[0], memory.at(-1)]),
    [
      [64, 1, 1],
      [100_000, 0, 2],
      [64, 3, 3],
    ],
  );
});

test("as many lost fragments of a group as it has repair packets are rebuilt, whichever they are", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 40_000 }),
      fc.integer({ min: 1, max: 4 }),
      fc.integer({ min: 1, max: 3 }),
      fc.nat(),
      (size, rows, wantedDepth, seed) => {
        const bytes = seededBytes(seed)(size);
        const count = Math.ceil(size / MAX_FRAGMENT_BYTES);
        const depth = Math.min(wantedDepth, count);
        const random = seededRandom(seed);
        const { fragments, repairs } = packetsOf(bytes, 1, { depth, rows });
        assert.equal(repairs.length, rows * depth);
        const left = new Array<number>(depth).fill(rows);
        const kept = fragments.filter((_, index) => {
          if (left[index % depth]! === 0 || random() < 0.5) return true;
          left[index % depth]!--;
          return false;
        });
        const receiver = new Receiver();
        const sending = [
          ...kept.map((packet) => () => receiver.fragment(packet)),
          ...repairs.map((packet) => () => void receiver.repair(packet)),
        ];
        // In any order.
        for (; sending.length > 0; ) sending.splice(Math.floor(random() * sending.length), 1)[0]!();
        assert.deepEqual(receiver.take(), bytes);
      },
    ),
    { numRuns: 60 },
  );
});

test("more losses than repair packets leave the update open, and a late fragment closes it", () => {
  const bytes = seededBytes(5)(20_000);
  const { fragments, repairs } = packetsOf(bytes, 1, { depth: 1, rows: 2 });
  const receiver = new Receiver();
  for (const fragment of fragments.slice(3)) receiver.fragment(fragment);
  for (const repair of repairs) assert.equal(receiver.repair(repair), "kept");
  assert.equal(receiver.take(), undefined);
  receiver.fragment(fragments[1]!);
  assert.deepEqual(receiver.take(), bytes);
  assert.equal(receiver.decoder.recovered, 2);
});

test("any bytes are a repair head or a WireError", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
      try {
        readRepairHead(bytes, bytes.length, newRepairHead());
      } catch (error) {
        assert.ok(error instanceof WireError);
      }
    }),
  );
});

test("hostile repair packets neither throw anything but WireError nor change a byte of what comes whole", () => {
  const random = seededRandom(9);
  const bytes = seededBytes(6)(15_000);
  const { fragments, repairs } = packetsOf(bytes, 1, { depth: 2, rows: 2 });
  for (let round = 0; round < 300; round++) {
    const receiver = new Receiver();
    const sending: (() => void)[] = fragments.map((packet) => () => receiver.fragment(packet));
    for (let hostile = 0; hostile < 6; hostile++) {
      const packet = repairs[Math.floor(random() * repairs.length)]!.slice();
      // The head is changed, not the parity: a peer that lies about its own pixels only harms its own picture.
      packet[Math.floor(random() * 12)] = Math.floor(random() * 256);
      sending.push(() => {
        try {
          receiver.repair(packet);
        } catch (error) {
          assert.ok(error instanceof WireError);
        }
      });
    }
    for (; sending.length > 0; ) sending.splice(Math.floor(random() * sending.length), 1)[0]!();
    const got = receiver.take();
    if (got !== undefined) assert.ok(got.length <= 1 << 20);
  }
});
