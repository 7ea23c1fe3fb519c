import assert from "node:assert/strict";
import { CURSOR_POSITION_BYTES, readCursorPosition, writeCursorPosition } from "@wavry/rift-core";
import type { FuzzTarget } from "../engine/target.ts";
import { valueOrRefusal } from "./refusals.ts";

export const cursor: FuzzTarget = {
  name: "cursor",
  summary: "cursor positions: a writer writes what was read",
  maxBytes: 64,
  run(input) {
    const position = valueOrRefusal(() => readCursorPosition(input));
    if (position === undefined) return;
    const again = new Uint8Array(CURSOR_POSITION_BYTES);
    writeCursorPosition(again, 0, position.sequence, position);
    // Reserved bits are lost on the way.
    again[5] = input[5]!;
    assert.deepEqual(again, input.subarray(0, CURSOR_POSITION_BYTES).slice());
  },
  seeds: () => {
    const out = new Uint8Array(CURSOR_POSITION_BYTES);
    const position = { display: 1, x: -3, y: 700, visible: true, shapeId: 9 };
    writeCursorPosition(out, 0, 5, position);
    return [out];
  },
};
