import assert from "node:assert/strict";
import { test } from "node:test";
import { WireError } from "@wavry/rift-core";
import fc from "fast-check";
import {
  type Av1Sequence,
  av1CodecString,
  av1Units,
  findAv1Sequence,
  ObuType,
  parseAv1Sequence,
} from "../src/index.ts";

const bytes = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, "hex"));

/** What precedes the first picture in keyframes of SVT-AV1 (FFmpeg's libsvtav1, low delay). */
const SVT_SMALL = bytes("12000a0e000000043cff1c4af91010d05840");
const SVT_HD = bytes("12000a0e00000042abbfc3712be440434161");
const SVT_4K_TEN_BITS = bytes("12000a0c00000072efbfe1bc4af94040");
/** The same of libaom, as Chromium uses it for I444. */
const AOM_444 = bytes("12000a0d200000043cff1c01a404341a40");

const SCREEN: Av1Sequence = {
  ...{ profile: 0, level: 0, highTier: false, depth: 8, width: 320, height: 200 },
  ...{ monochrome: false, halfColumns: true, halfRows: true, chromaPosition: 0 },
  ...{ primaries: 1, transfer: 13, matrix: 5, fullRange: true },
};

/** What is in a header besides what is read from it. */
interface Extras {
  readonly reduced: boolean;
  readonly timing: boolean;
  readonly equalIntervals: boolean;
  readonly delays: boolean;
  readonly displayDelay: boolean;
  readonly points: number;
  readonly frameIds: boolean;
  readonly orderHint: boolean;
  readonly screenContent: 0 | 1 | 2;
}

const PLAIN: Extras = {
  ...{ reduced: false, timing: false, equalIntervals: false, delays: false, displayDelay: false },
  ...{ points: 1, frameIds: false, orderHint: false, screenContent: 2 },
};

/** Writes a sequence header field by field, as AV1 §5.5 has them. */
function write(sequence: Av1Sequence, extras: Extras = PLAIN): Uint8Array {
  let text = "";
  const put = (count: number, value: number | boolean): void => {
    text += Number(value).toString(2).padStart(count, "0");
  };
  put(3, sequence.profile);
  put(1, extras.reduced);
  put(1, extras.reduced);
  if (extras.reduced) put(5, sequence.level);
  else {
    put(1, extras.timing);
    if (extras.timing) {
      put(32, 0xffff_ffff);
      put(32, 1);
      put(1, extras.equalIntervals);
      // uvlc() of 4.
      if (extras.equalIntervals) put(5, 0b00101);
      put(1, extras.delays);
      if (extras.delays) {
        put(5, 11);
        put(32, 7);
        put(10, 0x3ff);
      }
    }
    put(1, extras.displayDelay);
    put(5, extras.points - 1);
    for (let point = 0; point < extras.points; point++) {
      put(12, 0xaaa);
      const level = point === 0 ? sequence.level : 31;
      put(5, level);
      if (level > 7) put(1, point === 0 ? sequence.highTier : true);
      if (extras.timing && extras.delays) {
        put(1, point === 0);
        if (point === 0) put(25, 0x1fffffe);
      }
      if (extras.displayDelay) {
        put(1, 1);
        put(4, 9);
      }
    }
  }
  put(4, 15);
  put(4, 13);
  put(16, sequence.width - 1);
  put(14, sequence.height - 1);
  if (!extras.reduced) {
    put(1, extras.frameIds);
    if (extras.frameIds) put(7, 0x55);
  }
  put(3, 5);
  if (!extras.reduced) {
    put(4, 9);
    put(1, extras.orderHint);
    if (extras.orderHint) put(2, 1);
    put(1, extras.screenContent === 2);
    if (extras.screenContent !== 2) put(1, extras.screenContent);
    // A choice of its own of whole motion vectors, and it is not taken.
    if (extras.screenContent > 0) put(2, 0);
    if (extras.orderHint) put(3, 6);
  }
  put(3, 2);
  const { profile, depth, primaries, transfer, matrix, monochrome } = sequence;
  put(1, depth > 8);
  if (profile === 2 && depth > 8) put(1, depth === 12);
  if (profile !== 1) put(1, monochrome);
  const isDescribed = primaries !== 2 || transfer !== 2 || matrix !== 2;
  put(1, isDescribed);
  if (isDescribed) for (const value of [primaries, transfer, matrix]) put(8, value);
  const isRgb = primaries === 1 && transfer === 13 && matrix === 0;
  if (monochrome || !isRgb) put(1, sequence.fullRange);
  if (!monochrome && !isRgb && profile === 2 && depth === 12) {
    put(1, sequence.halfColumns);
    if (sequence.halfColumns) put(1, sequence.halfRows);
  }
  if (!monochrome && sequence.halfColumns && sequence.halfRows) put(2, sequence.chromaPosition);
  put(2, 0);
  const padded = `${text}1`.padEnd(Math.ceil((text.length + 1) / 8) * 8, "0");
  return Uint8Array.from(padded.match(/.{8}/g) ?? [], (byte) => Number.parseInt(byte, 2));
}

const number = (max: number, min = 0) => fc.integer({ min, max });

const extras: fc.Arbitrary<Extras> = fc.record({
  ...{ reduced: fc.boolean(), timing: fc.boolean(), equalIntervals: fc.boolean() },
  ...{ delays: fc.boolean(), displayDelay: fc.boolean(), points: number(4, 1) },
  ...{ frameIds: fc.boolean(), orderHint: fc.boolean() },
  screenContent: fc.constantFrom(0, 1, 2),
});

/** Sequences that AV1 §5.5.2 allows, with what follows from the profile. */
const sequence: fc.Arbitrary<Av1Sequence> = fc
  .record({
    ...{ profile: number(2), level: number(31), highTier: fc.boolean() },
    depth: fc.constantFrom(8, 10, 12),
    ...{ width: number(16_384, 1), height: number(16_384, 1) },
    ...{ monochrome: fc.boolean(), halfColumns: fc.boolean(), halfRows: fc.boolean() },
    ...{ chromaPosition: number(3), primaries: number(255), transfer: number(255) },
    ...{ matrix: number(255, 1), fullRange: fc.boolean() },
  })
  .map((any) => {
    const depth = any.profile === 2 ? any.depth : Math.min(10, any.depth);
    const monochrome = any.profile !== 1 && any.monochrome;
    const isFree = any.profile === 2 && depth === 12 && !monochrome;
    const halfColumns = isFree ? any.halfColumns : any.profile !== 1 || monochrome;
    const halfRows = isFree ? halfColumns && any.halfRows : any.profile === 0 || monochrome;
    const chromaPosition = halfColumns && halfRows && !monochrome ? any.chromaPosition : 0;
    const highTier = any.highTier && any.level > 7;
    return { ...any, depth, monochrome, halfColumns, halfRows, chromaPosition, highTier };
  });

test("sequence headers of an encoder give profile, level, size, depth and colours", () => {
  assert.deepEqual(findAv1Sequence(SVT_SMALL), SCREEN);
  assert.deepEqual(findAv1Sequence(SVT_HD), { ...SCREEN, level: 8, width: 1920, height: 1080 });
  assert.deepEqual(findAv1Sequence(SVT_4K_TEN_BITS), {
    ...{ ...SCREEN, level: 14, depth: 10, width: 3840, height: 2160 },
    ...{ primaries: 2, transfer: 2, matrix: 2, fullRange: false },
  });
  const whole = { profile: 1, halfColumns: false, halfRows: false, matrix: 6 };
  assert.deepEqual(findAv1Sequence(AOM_444), { ...SCREEN, ...whole });
});

test("a codec string has profile, level, tier, depth, chroma and colours", () => {
  assert.equal(av1CodecString(SCREEN), "av01.0.00M.08.0.110.01.13.05.1");
  const studio = { ...SCREEN, profile: 2, level: 16, highTier: true, depth: 12, matrix: 2 };
  const chroma = { halfRows: false, chromaPosition: 0, fullRange: false };
  assert.equal(av1CodecString({ ...studio, ...chroma }), "av01.2.16H.12.0.100.01.13.02.0");
  const grey = { ...SCREEN, monochrome: true, chromaPosition: 2 };
  assert.equal(av1CodecString(grey), "av01.0.00M.08.1.112.01.13.05.1");
});

test("RGB is 4:4:4 at full range without saying so", () => {
  const rgb = { ...SCREEN, profile: 1, halfColumns: false, halfRows: false, matrix: 0 };
  assert.deepEqual(parseAv1Sequence(write(rgb)), rgb);
  assert.equal(av1CodecString(rgb), "av01.1.00M.08.0.000.01.13.00.1");
  assert.throws(() => parseAv1Sequence(write({ ...SCREEN, matrix: 0 })), { code: "malformed" });
});

test("a header is read whatever else is in it", () => {
  fc.assert(
    fc.property(sequence, extras, (wanted, extras) => {
      const found = parseAv1Sequence(write(wanted, extras));
      // The short form has no tier.
      assert.deepEqual(found, { ...wanted, highTier: wanted.highTier && !extras.reduced });
    }),
    { numRuns: 500 },
  );
});

test("a unit begins with its sequence header, or has none", () => {
  const [delimiter, header] = [...av1Units(SVT_SMALL)];
  assert.equal(delimiter?.type, ObuType.temporalDelimiter);
  assert.deepEqual(header, { type: ObuType.sequenceHeader, start: 4, end: 18 });
  const frame = Uint8Array.of(0x32, 1, 0);
  const joined = (...parts: Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(parts));
  assert.deepEqual(findAv1Sequence(joined(SVT_SMALL.subarray(2), frame)), SCREEN);
  assert.equal(findAv1Sequence(joined(frame, SVT_SMALL)), undefined);
  assert.equal(findAv1Sequence(new Uint8Array()), undefined);
  // With an extension, and a size in more bytes than it needs.
  const long = joined(bytes("0e088e8000"), SVT_SMALL.subarray(4));
  assert.deepEqual(findAv1Sequence(long), SCREEN);
});

test("OBUs without a size, beyond the unit or with the forbidden bit are refused", () => {
  for (const [text, code] of [
    ["1000", "malformed"],
    ["9200", "malformed"],
    ["12", "truncated"],
    ["16", "truncated"],
    ["0a0f00", "truncated"],
    ["0affffffffffffffffff", "malformed"],
    ["0affffffffffffff7f", "truncated"],
  ] as const)
    assert.throws(() => findAv1Sequence(bytes(text)), { code }, text);
  for (let length = 1; length < 13; length++)
    assert.throws(() => parseAv1Sequence(SVT_SMALL.subarray(4, 4 + length)), WireError);
  const huge = { ...SCREEN, width: 16_385 };
  assert.throws(() => parseAv1Sequence(write(huge)), { code: "limit" });
  assert.throws(() => parseAv1Sequence(write({ ...SCREEN, profile: 3 })), { code: "unsupported" });
});

test("any bytes give a sequence, none or a WireError", () => {
  const near = fc
    .tuple(fc.constantFrom(SVT_SMALL, SVT_HD), fc.array(fc.tuple(fc.nat(17), fc.nat(255))))
    .map(([good, changes]) => {
      const bad = good.slice();
      for (const [at, byte] of changes) bad[at] = byte;
      return bad;
    });
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array({ maxLength: 80 }), near), (unit) => {
      for (const read of [() => findAv1Sequence(unit), () => parseAv1Sequence(unit)]) {
        try {
          const found = read();
          if (found !== undefined)
            assert.match(av1CodecString(found), /^av01\.[012]\.\d\d[MH]\.\d\d(\.\d+){6}$/);
        } catch (error) {
          assert.ok(error instanceof WireError);
        }
      }
    }),
    { numRuns: 1000 },
  );
});
