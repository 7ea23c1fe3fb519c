import assert from "node:assert/strict";
import { av1CodecString, av1Units, findAv1Sequence, parseAv1Sequence } from "@wavry/media-core";
import type { FuzzTarget } from "../engine/target.ts";
import { valueOrRefusal } from "./refusals.ts";

/** Keyframes of SVT-AV1 and libaom up to their first picture, in 4:2:0, ten bits and 4:4:4. */
const UNITS: readonly string[] = [
  "12000a0e000000043cff1c4af91010d05840",
  "12000a0c00000072efbfe1bc4af94040320100",
  "12000a0d200000043cff1c01a404341a40",
  "000000043cff1c4af91010d05840",
];

export const av1: FuzzTarget = {
  name: "av1",
  summary: "AV1 temporal units: OBUs lie within them, and a sequence header names a possible size",
  maxBytes: 256,
  dictionary: [Uint8Array.of(0x12, 0), Uint8Array.of(0x0a, 14), Uint8Array.of(0x0e, 8, 14)],
  run(input) {
    valueOrRefusal(() => {
      let after = 0;
      for (const { start, end } of av1Units(input)) {
        assert.ok(start > after && end >= start && end <= input.length);
        after = end;
      }
    });
    for (const parse of [findAv1Sequence, parseAv1Sequence]) {
      const sequence = valueOrRefusal(() => parse(input));
      if (sequence === undefined) continue;
      assert.ok(sequence.width >= 1 && sequence.width <= 16_384);
      assert.ok(sequence.height >= 1 && sequence.height <= 16_384);
      assert.match(av1CodecString(sequence), /^av01\.[012]\.\d\d[MH]\.(08|10|12)(\.\d{1,3}){6}$/);
    }
  },
  seeds: () => UNITS.map((hex) => Uint8Array.fromHex(hex)),
};
