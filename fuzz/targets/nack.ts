import assert from "node:assert/strict";
import { MAX_FRAGMENTS, newNackEntry, readNackEntry, readNackHead } from "@wavry/rift-core";
import type { FuzzTarget } from "../engine/target.ts";
import { valueOrRefusal } from "./refusals.ts";

const entry = (frameId: number, round: number, firstIndex: number, bitmap: readonly number[]) => [
  ...[frameId >>> 24, (frameId >>> 16) & 255, (frameId >>> 8) & 255, frameId & 255],
  ...[round, bitmap.length, firstIndex >>> 8, firstIndex & 255],
  ...bitmap,
];

export const nack: FuzzTarget = {
  name: "nack",
  summary: "requests for fragments: every entry names an update, a round and fragments that can be",
  maxBytes: 600,
  run(input) {
    const entries = valueOrRefusal(() => readNackHead(input));
    if (entries === undefined) return;
    const into = newNackEntry();
    let at = 2;
    for (let i = 0; i < entries; i++) {
      const next = valueOrRefusal(() => readNackEntry(input, at, into));
      if (next === undefined) return;
      assert.ok(next > at && next <= input.length);
      assert.ok(into.frameId > 0 && into.round > 0 && into.firstIndex < MAX_FRAGMENTS);
      at = next;
    }
  },
  seeds: () => [
    Uint8Array.from([5, 1, ...entry(7, 1, 0, [])]),
    Uint8Array.from([5, 2, ...entry(70_000, 1, 12, [0x81]), ...entry(9, 255, 300, [1, 0, 255])]),
  ],
};
