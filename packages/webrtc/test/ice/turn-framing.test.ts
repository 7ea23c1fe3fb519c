import assert from "node:assert/strict";
import { test } from "node:test";
import { WireError } from "@wavry/rift-core";
import fc from "fast-check";
import {
  frameForStream,
  MAX_TURN_MESSAGE_BYTES,
  TurnStreamReader,
} from "../../src/ice/turn-framing.ts";

/** A message as a datagram holds it. */
const turnMessage: fc.Arbitrary<Uint8Array> = fc
  .tuple(fc.boolean(), fc.uint8Array({ maxLength: 1_300 }))
  .map(([isStun, body]) => {
    const content = isStun ? body.subarray(0, body.length & ~3) : body;
    const head = new Uint8Array(isStun ? 20 : 4);
    head[0] = isStun ? 0 : 0x40;
    head[2] = content.length >> 8;
    head[3] = content.length;
    return Buffer.concat([head, content]);
  });

test("messages come off a stream as they went on it, however the stream is cut", () => {
  fc.assert(
    fc.property(
      fc.array(turnMessage, { maxLength: 6 }),
      fc.array(fc.integer({ min: 1, max: 700 }), { minLength: 1 }),
      (messages, cuts) => {
        const stream = Buffer.concat(messages.map(frameForStream));
        const got: Uint8Array[] = [];
        const reader = new TurnStreamReader((message) => got.push(Uint8Array.from(message)));
        for (let at = 0, turn = 0; at < stream.length; turn++) {
          const next = at + cuts[turn % cuts.length]!;
          reader.push(stream.subarray(at, next));
          at = next;
        }
        assert.deepEqual(
          got,
          messages.map((message) => Uint8Array.from(message)),
        );
      },
    ),
  );
});

test("any bytes give messages or a WireError", () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 10 }), (chunks) => {
      const reader = new TurnStreamReader((message) =>
        assert.ok(message.length <= MAX_TURN_MESSAGE_BYTES),
      );
      try {
        for (const chunk of chunks) reader.push(chunk);
      } catch (error) {
        assert.ok(error instanceof WireError);
      }
    }),
  );
});

test("a message that says that it is longer than any is refused before it is kept", () => {
  const reader = new TurnStreamReader(() => assert.fail("no message"));
  assert.throws(
    () => reader.push(Uint8Array.of(0x40, 0, 0xff, 0xff)),
    (error) => error instanceof WireError && error.code === "limit",
  );
});
