import assert from "node:assert/strict";
import {
  MAX_UPDATE_RECTS,
  readScreenUpdate,
  screenUpdateHeaderBytes,
  UpdateCodec,
  writeScreenUpdateHeader,
} from "@wavry/rift-core";
import type { FuzzTarget } from "../engine/target.ts";
import { valueOrRefusal } from "./refusals.ts";

export const screenUpdate: FuzzTarget = {
  name: "screen-update",
  summary:
    "heads of screen updates: rectangles lie within the screen, and a writer writes the same",
  maxBytes: 1024,
  run(input) {
    const update = valueOrRefusal(() => readScreenUpdate(input));
    if (update === undefined) return;
    assert.ok(update.rects.length >= 1 && update.rects.length <= MAX_UPDATE_RECTS);
    for (const { x, y, width, height } of update.rects) {
      assert.ok(width > 0 && height > 0);
      assert.ok(x + width <= update.screen.width && y + height <= update.screen.height);
    }
    const head = new Uint8Array(screenUpdateHeaderBytes(update.rects.length));
    writeScreenUpdateHeader(head, 0, update);
    // A reserved bit is lost on the way.
    head[1] = input[1]!;
    assert.deepEqual(head, input.subarray(0, head.length).slice());
    assert.equal(update.payload.length, input.length - head.length);
  },
  seeds: () => {
    const update = (codec: UpdateCodec, count: number): Uint8Array => {
      const rects = Array.from({ length: count }, (_, i) => ({ x: i, y: 2, width: 9, height: 8 }));
      const keyframe = count === 1;
      if (keyframe) rects[0] = { x: 0, y: 0, width: 64, height: 48 };
      const out = new Uint8Array(screenUpdateHeaderBytes(count) + 5).fill(9);
      writeScreenUpdateHeader(out, 0, {
        ...{ codec, keyframe, display: 1, screen: { width: 64, height: 48 }, rects },
        ...{ capturedAt: 5_000_000, captureMicros: 1, convertMicros: 2, encodeMicros: 3 },
      });
      return out;
    };
    return [
      update(UpdateCodec.h264, 1),
      update(UpdateCodec.patch, 3),
      update(UpdateCodec.patch, 20),
    ];
  },
};
