import assert from "node:assert/strict";
import { findSps, hasIdr, nalUnits, parseSps } from "@wavry/media-core";
import type { FuzzTarget } from "../engine/target.ts";
import { valueOrRefusal } from "./refusals.ts";

/** Sequence parameter sets as x264 and others write them; with start codes. */
const STREAMS: readonly string[] = [
  "0000000167640028acd940780227e5c05a808080a0000003002000000781e30632c0",
  "00000001674d401f9a6402802dd8088000000300800000190720",
  "0000000167420029f40780227e5c05a80808080a00000300020000030079",
  "00000001 65b80004 00000300 00".replaceAll(" ", ""),
];

export const sps: FuzzTarget = {
  name: "sps",
  summary: "H.264 streams: units lie within the stream, and a parameter set names a possible size",
  maxBytes: 512,
  dictionary: [Uint8Array.of(0, 0, 1, 0x67), Uint8Array.of(0, 0, 3), Uint8Array.of(255, 255)],
  run(input) {
    let after = 0;
    for (const { start, end } of nalUnits(input)) {
      assert.ok(start >= after && end >= start && end <= input.length);
      after = end;
    }
    hasIdr(input);
    for (const parse of [findSps, parseSps]) {
      const info = valueOrRefusal(() => parse(input));
      if (info === undefined) continue;
      assert.ok(info.width >= 1 && info.width <= 16_384);
      assert.ok(info.height >= 1 && info.height <= 16_384);
    }
  },
  seeds: () => STREAMS.map((hex) => Uint8Array.fromHex(hex)),
};
