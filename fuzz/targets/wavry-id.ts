import assert from "node:assert/strict";
import { decodeWavryId, encodeWavryId } from "@wavry/rift-crypto";
import type { FuzzTarget } from "../engine/target.ts";

const text = new TextDecoder();

export const wavryId: FuzzTarget = {
  name: "wavry-id",
  summary:
    "Wavry IDs: the one text of a key is the only one that is taken, but for capitals and blanks",
  maxBytes: 200,
  run(input) {
    const id = text.decode(input);
    const key = decodeWavryId(id);
    if (key === undefined) return;
    assert.equal(key.length, 32);
    assert.equal(encodeWavryId(key), id.trim().toLowerCase());
  },
  seeds: () =>
    [0, 1, 255].map((fill) =>
      new TextEncoder().encode(encodeWavryId(new Uint8Array(32).fill(fill))),
    ),
};
