import assert from "node:assert/strict";
import {
  groupSize,
  MAX_GROUP_FRAGMENTS,
  MAX_REPAIR_ROWS,
  newRepairHead,
  type RepairHead,
  readRepairHead,
  writeRepairHead,
} from "@wavry/rift-core";
import type { FuzzTarget } from "../engine/target.ts";
import { valueOrRefusal } from "./refusals.ts";

export const repair: FuzzTarget = {
  name: "repair",
  summary:
    "heads of repair packets: what is read fits an update that can be, and is written back alike",
  maxBytes: 1300,
  run(input) {
    const head = newRepairHead();
    const read = valueOrRefusal(() => {
      readRepairHead(input, input.length, head);
      return true;
    });
    if (read === undefined) return;
    assert.ok(head.count > 0 && head.row < MAX_REPAIR_ROWS && head.group < head.depth);
    assert.ok(groupSize(head.count, head.depth, head.group) <= MAX_GROUP_FRAGMENTS);
    assert.ok(head.lastPieceBytes > 0 && head.lastPieceBytes <= head.pieceBytes);
    const out = new Uint8Array(12);
    writeRepairHead(out, 0, head);
    const again = newRepairHead();
    readRepairHead(Uint8Array.from([...out, ...input.subarray(12)]), input.length, again);
    assert.deepEqual(again, head);
  },
  seeds: () => {
    const packet = (head: Partial<RepairHead>) => {
      const out = new Uint8Array(112);
      writeRepairHead(out, 0, { ...newRepairHead(), frameId: 3, pieceBytes: 100, ...head });
      return out;
    };
    return [
      packet({ count: 8, lastPieceBytes: 40, depth: 1 }),
      packet({ count: 200, lastPieceBytes: 100, depth: 4, group: 3, row: 2, keyframe: true }),
    ];
  },
};
