import assert from "node:assert/strict";
import { writeU32 } from "@wavry/rift-core";
import { decodeControl, encodeControl, MAX_CONTROL_BYTES } from "@wavry/rift-core/control";
import { ControlReceiver } from "../../packages/rift-session/src/control-receiver.ts";
import type { FuzzTarget } from "../engine/target.ts";
import { joinPieces, type Piece, pieces } from "./pieces.ts";
import { valueOrRefusal } from "./refusals.ts";

/** A message with its length in front. */
function framed(message: Parameters<typeof encodeControl>[0]): Uint8Array {
  const bytes = encodeControl(message);
  const out = new Uint8Array(4 + bytes.length);
  out.set(bytes, writeU32(out, 0, bytes.length));
  return out;
}

/** Kind 0 follows on; 1 to 127 leave a gap of so many bytes; above, the piece starts so many bytes earlier. */
export const controlStream: FuzzTarget = {
  name: "control-stream",
  summary: "the control stream in pieces, with gaps and overlaps, and the messages in it",
  maxBytes: 2048,
  run(input) {
    const receiver = new ControlReceiver();
    let next = 0;
    let messages = 0;
    for (const { kind, bytes } of pieces(input)) {
      const at = Math.max(0, next + (kind < 128 ? kind : 128 - kind));
      next = Math.max(next, at + bytes.length);
      if (valueOrRefusal(() => receiver.receive(at, bytes) ?? true) === undefined) return;
      const { received, allowed, ranges } = receiver.acknowledgement();
      assert.ok(received <= next && allowed > received && ranges.length <= 64);
      for (let message = receiver.poll(); message !== undefined; message = receiver.poll()) {
        assert.ok(message.length <= MAX_CONTROL_BYTES);
        assert.ok(++messages <= input.length, "more messages than bytes");
        const control = valueOrRefusal(() => decodeControl(message!));
        if (control !== undefined) encodeControl(control);
      }
    }
  },
  seeds: () => {
    const hello = framed({ body: { case: "hello", value: { deviceName: "den" } } });
    const shape = framed({
      body: {
        case: "cursorShape",
        value: { id: 1, width: 2, height: 2, hotspotX: 1, hotspotY: 1, rgba: new Uint8Array(16) },
      },
    });
    const notice = framed({ body: { case: "notice", value: { text: "hi" } } });
    const piece = (kind: number, bytes: Uint8Array): Piece => ({ kind, bytes });
    return [
      joinPieces([piece(0, hello), piece(0, notice)]),
      joinPieces([piece(0, shape.subarray(0, 9)), piece(0, shape.subarray(9))]),
      joinPieces([
        piece(0, hello.subarray(0, 3)),
        piece(4, hello.subarray(7)),
        piece(128 + hello.length, hello),
      ]),
    ];
  },
};
