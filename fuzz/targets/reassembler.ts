import assert from "node:assert/strict";
import {
  FRAGMENT_HEAD_BYTES,
  REASSEMBLER_LIMITS,
  Reassembler,
  readU32,
  writeFragmentHead,
} from "@wavry/rift-core";
import type { FuzzTarget } from "../engine/target.ts";
import { joinPieces, pieces } from "./pieces.ts";
import { valueOrRefusal } from "./refusals.ts";

const MILLISECOND = 1_000;
/** Kinds up to here: a fragment, and so many milliseconds later. Above: the sender names its last update. */
const LAST_FRAGMENT_KIND = 199;

export const reassembler: FuzzTarget = {
  name: "reassembler",
  summary: "video fragments in any order: updates come out in order, each once, in bounded memory",
  maxBytes: 2048,
  run(input) {
    const updates = new Reassembler();
    let now = 1_000_000;
    let last = 0;
    let fragments = 0;
    for (const { kind, bytes } of pieces(input)) {
      if (kind <= LAST_FRAGMENT_KIND) {
        now += kind * MILLISECOND;
        fragments++;
        valueOrRefusal(() => updates.receive(bytes, bytes.length, now));
      } else if (bytes.length >= 4) updates.noteSent(readU32(bytes, 0), now);
      for (let update = updates.poll(now); update !== undefined; update = updates.poll(now)) {
        assert.ok(update.frameId > last, "an update came out of order or twice");
        assert.ok(update.bytes.length >= 1 && update.bytes.length <= fragments * 243);
        last = update.frameId;
      }
      const due = updates.pollTimeout();
      assert.ok(due === undefined || due <= now + REASSEMBLER_LIMITS.reorderMaxMicros);
    }
  },
  seeds: () => {
    const fragment = (frameId: number, index: number, count: number, keyframe = false) => {
      const pieceBytes = 6;
      const bytes = new Uint8Array(FRAGMENT_HEAD_BYTES + pieceBytes).fill(index);
      writeFragmentHead(bytes, 0, { frameId, index, count, pieceBytes, keyframe });
      return { kind: 1, bytes };
    };
    const named = (frameId: number) => ({
      kind: 255,
      bytes: Uint8Array.of(0, 0, frameId >> 8, frameId),
    });
    return [
      joinPieces([fragment(1, 0, 1, true), fragment(2, 0, 2), fragment(2, 1, 2)]),
      joinPieces([fragment(2, 1, 3), fragment(1, 0, 1), fragment(2, 0, 3), fragment(2, 2, 3)]),
      joinPieces([fragment(1, 0, 2), named(3), { ...fragment(4, 0, 1, true), kind: 20 }]),
      joinPieces([
        fragment(1, 0, 2),
        ...Array.from({ length: 20 }, (_, i) => fragment(i + 2, 1, 2)),
      ]),
    ];
  },
};
