import assert from "node:assert/strict";
import { test } from "node:test";
import { WireError } from "@wavry/rift-core";
import fc from "fast-check";
import { fromHttp3Code, toHttp3Code } from "../../src/http3/application-error.ts";
import { decodeCloseCapsule, encodeCloseCapsule } from "../../src/http3/capsule.ts";
import { encodeFrame, FrameReader } from "../../src/http3/frame-reader.ts";
import { decodeSettings, encodeSettings } from "../../src/http3/settings.ts";
import { readVarint, varintLength, writeVarint } from "../../src/http3/varint.ts";
import { VarintReader } from "../../src/http3/varint-reader.ts";

for (const [hex, value] of [
  ["25", 37],
  ["7bbd", 15_293],
  ["9d7f3e7d", 494_878_333],
  ["c2197c5eff14e88c", Number(151_288_809_941_952_652n)],
] as const)
  test(`the varint ${hex} of RFC 9000 is ${value}`, () => {
    const bytes = Uint8Array.fromHex(hex);
    assert.equal(readVarint(bytes, 0), value);
    const reader = new VarintReader();
    for (const byte of bytes) reader.read(Uint8Array.of(byte), 0);
    assert.ok(reader.isComplete && reader.value === value);
  });

test("all varints come back in the fewest bytes", () => {
  fc.assert(
    fc.property(fc.maxSafeNat(), (value) => {
      const bytes = new Uint8Array(8);
      const end = writeVarint(bytes, 0, value);
      assert.equal(end, varintLength(bytes[0]!));
      assert.equal(readVarint(bytes, 0), value);
      assert.throws(() => readVarint(bytes.subarray(0, end - 1), 0), WireError);
    }),
  );
});

test("application codes come back, and none is a reserved code of HTTP/3", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 0xffff_ffff }), (code) => {
      const http3Code = toHttp3Code(code);
      assert.notEqual((http3Code - 0x21) % 0x1f, 0);
      assert.equal(fromHttp3Code(http3Code), code);
    }),
  );
  assert.equal(toHttp3Code(0), 0x52e4a40fa8db);
  assert.equal(toHttp3Code(0xffff_ffff), 0x52e5ac983162);
  assert.equal(fromHttp3Code(0x52e4a40fa8da), undefined);
  assert.equal(fromHttp3Code(0x52e5ac983163), undefined);
});

test("close capsules come back; longer reasons are cut between characters", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 0xffff_ffff }),
      fc.string({ unit: "grapheme", maxLength: 400 }),
      (code, reason) => {
        const capsule = encodeCloseCapsule(code, reason);
        const payload = capsule.subarray(2 + varintLength(capsule[2]!));
        const back = decodeCloseCapsule(payload);
        assert.equal(back.code, code);
        assert.ok(reason.startsWith(back.reason));
        assert.ok(back.reason === reason || Buffer.byteLength(back.reason) > 1020);
      },
    ),
  );
});

test("settings come back", () => {
  const settings = new Map([
    [0x33, 1],
    [0x2b603742, 1],
    [0x01, 4096],
  ]);
  assert.deepEqual(decodeSettings(encodeSettings(settings)), settings);
});

test("frames come back whichever way the stream is cut", () => {
  const frames = fc.array(
    fc.record(
      { type: fc.nat(300), payload: fc.uint8Array({ maxLength: 80 }) },
      { noNullPrototype: true },
    ),
    { maxLength: 6 },
  );
  fc.assert(
    fc.property(frames, fc.integer({ min: 1, max: 40 }), (all, step) => {
      const got: { type: number; payload: Uint8Array }[] = [];
      let streamed: number[] = [];
      const reader = new FrameReader(
        {
          begin(type, length) {
            streamed = [];
            if (length === 0 && type % 2 === 1) got.push({ type, payload: new Uint8Array(0) });
            return type % 2 === 0 ? "collect" : "stream";
          },
          frame: (type, payload) => got.push({ type, payload }),
          piece(type, bytes) {
            if (streamed.length > 0) got.pop();
            streamed.push(...bytes);
            got.push({ type, payload: Uint8Array.from(streamed) });
          },
        },
        { maxBytes: 80 },
      );
      const bytes = Buffer.concat(all.map(({ type, payload }) => encodeFrame(type, payload)));
      for (let at = 0; at < bytes.length; at += step)
        reader.read(Uint8Array.from(bytes.subarray(at, at + step)));
      assert.deepEqual(got, all);
      assert.ok(reader.isBetweenFrames);
    }),
  );
});
