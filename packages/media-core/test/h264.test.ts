import assert from "node:assert/strict";
import { test } from "node:test";
import { WireError } from "@wavry/rift-core";
import fc from "fast-check";
import { findSps, h264CodecString, hasIdr, nalUnits, parseSps } from "../src/index.ts";

/** Writes bits the way ITU-T H.264 §7.2 and §9.1 read them. */
class BitWriter {
  #bits = "";
  bits(count: number, value: number): this {
    this.#bits += value.toString(2).padStart(count, "0");
    return this;
  }
  unsigned(value: number): this {
    const code = (value + 1).toString(2);
    this.#bits += "0".repeat(code.length - 1) + code;
    return this;
  }
  /** The unit with its stop bit and emulation prevention. */
  unit(): Uint8Array {
    const padded = `${this.#bits}1`.padEnd(Math.ceil((this.#bits.length + 1) / 8) * 8, "0");
    const out: number[] = [];
    for (let at = 0; at < padded.length; at += 8) {
      const byte = Number.parseInt(padded.slice(at, at + 8), 2);
      if (byte <= 3 && out.at(-1) === 0 && out.at(-2) === 0) out.push(3);
      out.push(byte);
    }
    return Uint8Array.from(out);
  }
}

function sps(options: { width: number; height: number; vui: boolean }): Uint8Array {
  const blocksX = Math.ceil(options.width / 16);
  const blocksY = Math.ceil(options.height / 16);
  const writer = new BitWriter().bits(8, 0x67).bits(8, 66).bits(8, 0xc0).bits(8, 31).unsigned(0);
  writer
    .unsigned(0)
    .unsigned(2)
    .unsigned(1)
    .bits(1, 0)
    .unsigned(blocksX - 1)
    .unsigned(blocksY - 1);
  writer.bits(1, 1).bits(1, 1);
  const cropX = (blocksX * 16 - options.width) / 2;
  const cropY = (blocksY * 16 - options.height) / 2;
  if (cropX + cropY === 0) writer.bits(1, 0);
  else writer.bits(1, 1).unsigned(0).unsigned(cropX).unsigned(0).unsigned(cropY);
  if (!options.vui) return writer.bits(1, 0).unit();
  writer.bits(1, 1).bits(1, 0).bits(1, 0);
  writer.bits(1, 1).bits(3, 5).bits(1, 1).bits(1, 1).bits(8, 5).bits(8, 6).bits(8, 5);
  writer
    .bits(1, 0)
    .bits(1, 1)
    .bits(32, 1)
    .bits(32, 120)
    .bits(1, 0)
    .bits(1, 0)
    .bits(1, 0)
    .bits(1, 0);
  writer.bits(1, 1).bits(1, 1).unsigned(0).unsigned(0).unsigned(10).unsigned(10);
  return writer.unsigned(0).unsigned(1).unit();
}

test("an SPS gives profile, level, cropped size, colour and reordering", () => {
  const info = parseSps(sps({ width: 1920, height: 1080, vui: true }));
  assert.deepEqual(info, {
    profile: 66,
    constraints: 0xc0,
    level: 31,
    width: 1920,
    height: 1080,
    chromaFormat: 1,
    refFrames: 1,
    reorderFrames: 0,
    decodedBuffer: 1,
    fullRange: true,
    matrix: 5,
  });
  assert.equal(h264CodecString(info), "avc1.42C01F");
});

test("an SPS of 4:4:4 gives its codec string", () => {
  // What libx264 says of a screen of 320 × 200 in yuv444p.
  const text = "0000000167f4000d91968141bf899b808682a0000003002000000791e28554";
  const info = findSps(Uint8Array.from(Buffer.from(text, "hex")));
  assert.ok(info !== undefined);
  const { chromaFormat, width, height, fullRange, matrix } = info;
  assert.deepEqual([chromaFormat, width, height, fullRange, matrix], [3, 320, 200, true, 5]);
  assert.equal(h264CodecString(info), "avc1.F4000D");
});

test("sizes survive for any even picture, with and without VUI", () => {
  const side = fc.integer({ min: 1, max: 2000 }).map((half) => half * 2);
  fc.assert(
    fc.property(side, side, fc.boolean(), (width, height, vui) => {
      const info = parseSps(sps({ width, height, vui }));
      assert.equal(info.width, width);
      assert.equal(info.height, height);
      assert.equal(info.reorderFrames, vui ? 0 : undefined);
    }),
  );
});

test("units are found behind three and four byte start codes, without trailing zeros", () => {
  const stream = Uint8Array.of(9, 0, 0, 0, 1, 0x67, 1, 2, 0, 0, 1, 0x68, 3, 0, 0, 0, 1, 0x65, 4, 0);
  const found = [...nalUnits(stream)].map(({ type, start, end }) => [type, start, end]);
  assert.deepEqual(found, [
    [7, 5, 8],
    [8, 11, 13],
    [5, 17, 19],
  ]);
  assert.ok(hasIdr(stream));
  assert.ok(!hasIdr(Uint8Array.of(0, 0, 1, 0x41, 7)));
});

test("any bytes give an SPS or a WireError, and any stream ends", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 120 }), (bytes) => {
      for (const unit of nalUnits(bytes))
        assert.ok(unit.start < unit.end && unit.end <= bytes.length);
      hasIdr(bytes);
      for (const read of [() => findSps(bytes), () => parseSps(Uint8Array.of(0x67, ...bytes))]) {
        try {
          read();
        } catch (error) {
          assert.ok(error instanceof WireError);
        }
      }
    }),
    { numRuns: 500 },
  );
});
