/** Control messages against a protobuf library: what it writes and reads, we write and read. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { WireError } from "@wavry/rift-core";
import { type ControlInit, encodeControl } from "@wavry/rift-core/control";
import fc from "fast-check";
import { CONTROL_BODIES } from "../../src/control/message-types.ts";
import { ControlSchema } from "./control_pb.ts";
import { differenceIn } from "./helpers/difference.ts";
import { messageValue, messageWire } from "./helpers/wire.ts";

/** Without the library's own fields and without fields that are undefined. */
function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return [...value];
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).filter(
    ([name, value]) => !name.startsWith("$") && value !== undefined,
  );
  return Object.fromEntries(entries.map(([name, value]) => [name, plain(value)]));
}

/** The body by its name, or undefined where the bytes are refused. */
function ours(bytes: Uint8Array): unknown {
  try {
    return plain(CONTROL_BODIES.decode(bytes));
  } catch (error) {
    assert.ok(error instanceof WireError, String(error));
    return undefined;
  }
}

function theirs(bytes: Uint8Array): unknown {
  try {
    const { body } = fromBinary(ControlSchema, bytes, { readUnknownFields: false });
    return plain(body.case === undefined ? {} : { [body.case]: body.value });
  } catch {
    return undefined;
  }
}

/** Both see the same in the bytes, unless they are read in different ways for a known reason, which is counted. */
function agree(bytes: Uint8Array, counts: Map<string, number>): void {
  const mine = ours(bytes);
  const difference = differenceIn(bytes, ControlSchema);
  const outcome = difference ?? (mine === undefined ? "refused" : "read");
  counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
  if (difference === undefined) assert.deepEqual(mine, theirs(bytes));
}

test("control messages are encoded to the very bytes of a protobuf library, and both read them alike", () => {
  fc.assert(
    fc.property(messageValue(ControlSchema), (value) => {
      const bytes = encodeControl(value as ControlInit);
      assert.deepEqual(bytes, toBinary(ControlSchema, create(ControlSchema, value)));
      assert.equal(differenceIn(bytes, ControlSchema), undefined);
      assert.deepEqual(ours(bytes), theirs(bytes));
      assert.ok(ours(bytes) !== undefined);
    }),
    { numRuns: 1000 },
  );
});

test("fields in any order, repeated, in parts or unknown are read as a protobuf library reads them", () => {
  const counts = new Map<string, number>();
  fc.assert(
    fc.property(messageWire(ControlSchema), (bytes) => agree(bytes, counts)),
    { numRuns: 3000 },
  );
  assert.ok(counts.get("read")! > 1000 && counts.get("refused")! > 20, String([...counts]));
});

test("damaged and arbitrary bytes are refused or read as a protobuf library does, but for named cases", () => {
  const counts = new Map<string, number>();
  const changes = fc.array(fc.tuple(fc.nat(400), fc.nat(255)), { minLength: 1, maxLength: 3 });
  fc.assert(
    fc.property(messageWire(ControlSchema), changes, fc.nat(400), (bytes, changes, length) => {
      const damaged = bytes.slice(0, length);
      if (damaged.length > 0)
        for (const [at, value] of changes) damaged[at % damaged.length] = value;
      agree(damaged, counts);
    }),
    { numRuns: 3000 },
  );
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => agree(bytes, counts)),
    { numRuns: 2000 },
  );
  assert.ok(counts.get("read")! > 200 && counts.get("refused")! > 1000, String([...counts]));
});
