import assert from "node:assert/strict";
import { test } from "node:test";
import { type NumberedClientMessage, Outbox } from "@wavry/signaling";
import fc from "fast-check";

const SESSION = "abcdefghijklmnopqrstuv";
const message = { type: "session-started", session: SESSION } as const;
const numbers = (texts: readonly string[]) =>
  texts.map((text) => (JSON.parse(text) as { seq: number }).seq);

test("an outbox numbers messages from 1 and keeps those that were not acknowledged", () => {
  fc.assert(
    fc.property(
      fc.array(fc.oneof(fc.constant("push"), fc.nat(200)), { maxLength: 300 }),
      (steps) => {
        let outbox = new Outbox<NumberedClientMessage>();
        let last = 0;
        let known = 0;
        for (const step of steps) {
          if (step === "push") {
            const text = outbox.push(message);
            assert.equal(text === undefined, last - known === 128);
            if (text !== undefined) assert.equal(JSON.parse(text).seq, ++last);
          } else {
            assert.equal(outbox.acknowledge(step as number), (step as number) <= last);
            if ((step as number) <= last) known = Math.max(known, step as number);
          }
          const expected = Array.from({ length: last - known }, (_, index) => known + 1 + index);
          assert.deepEqual(numbers(outbox.waiting()), expected);
          // Another process goes on as this one would.
          outbox = Outbox.restore(JSON.parse(JSON.stringify(outbox.save())));
        }
      },
    ),
    { numRuns: 50 },
  );
});

test("an outbox is full by length too, and takes more once something is acknowledged", () => {
  const outbox = new Outbox<NumberedClientMessage>();
  const web = { type: "web", session: SESSION, kind: "offer", body: "x".repeat(30_000) } as const;
  let count = 0;
  while (outbox.push(web) !== undefined) count++;
  assert.equal(count, 8);
  assert.equal(outbox.acknowledge(1), true);
  assert.notEqual(outbox.push(web), undefined);
});
