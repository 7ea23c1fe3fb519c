import assert from "node:assert/strict";
import {
  ControlKind,
  MAX_CLOSE_TEXT_BYTES,
  readClose,
  readControlAcknowledgement,
  readControlData,
  readRekey,
  writeClose,
  writeControlAcknowledgement,
  writeControlDataHead,
  writeRekey,
} from "@wavry/rift-core/control";
import type { FuzzTarget } from "../engine/target.ts";
import { valueOrRefusal } from "./refusals.ts";

const written = (write: (out: Uint8Array) => number): Uint8Array => {
  const out = new Uint8Array(256);
  return out.slice(0, write(out));
};

export const controlFrame: FuzzTarget = {
  name: "control-frame",
  summary:
    "packets of the control channel: acknowledged ranges ascend, texts have no control characters",
  maxBytes: 400,
  run(input) {
    const data = valueOrRefusal(() => readControlData(input));
    if (data !== undefined) assert.ok(Number.isSafeInteger(data.streamOffset + data.bytes.length));
    const acknowledged = valueOrRefusal(() => readControlAcknowledgement(input));
    if (acknowledged !== undefined) {
      let before = acknowledged.received;
      for (const { start, end } of acknowledged.ranges) {
        assert.ok(start > before && end > start);
        before = end;
      }
      assert.ok(acknowledged.allowed >= acknowledged.received);
    }
    const close = valueOrRefusal(() => readClose(input));
    if (close !== undefined) {
      assert.ok(close.reason > 0 && close.message.length <= MAX_CLOSE_TEXT_BYTES);
      assert.doesNotMatch(close.message, /\p{Cc}/u);
    }
    const rekey = valueOrRefusal(() => readRekey(input));
    if (rekey !== undefined) assert.ok(rekey.epoch > 0 && rekey.publicKey.length === 32);
  },
  seeds: () => [
    written((out) => writeControlDataHead(out, 0, 4096) + 3),
    written((out) =>
      writeControlAcknowledgement(out, 0, {
        ...{ received: 100, allowed: 5000 },
        ranges: [
          { start: 120, end: 130 },
          { start: 140, end: 200 },
        ],
      }),
    ),
    written((out) => writeClose(out, 0, 1, "bye, grüße")),
    written((out) =>
      writeRekey(out, 0, ControlKind.rekeyOffer, {
        epoch: 1,
        publicKey: new Uint8Array(32).fill(5),
      }),
    ),
  ],
};
