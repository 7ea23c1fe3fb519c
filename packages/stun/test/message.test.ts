import assert from "node:assert/strict";
import { test } from "node:test";
import { WireError } from "@wavry/rift-core";
import fc from "fast-check";
import {
  AttributeType,
  BINDING_METHOD,
  formatStunUrl,
  isStun,
  MAX_STUN_BYTES,
  parseStunUrl,
  readAddress,
  readChangeRequest,
  readErrorCode,
  readStun,
  readUnknownAttributes,
  readXorAddress,
  StunClass,
  type StunMessage,
  writeAddress,
  writeChangeRequest,
  writeErrorCode,
  writeStun,
  writeUnknownAttributes,
  writeXorAddress,
} from "../src/index.ts";
import { hex } from "./hex.ts";

const PLAIN = { noNullPrototype: true } as const;
const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const address = fc.oneof(
  fc.record({ address: fc.ipV4(), port: fc.nat(65_535) }, PLAIN),
  fc.record(
    { address: fc.constantFrom("2001:db8::1", "::", "fe80::1:2"), port: fc.nat(65_535) },
    PLAIN,
  ),
);
const message: fc.Arbitrary<StunMessage> = fc.record(
  {
    class: fc.constantFrom(...Object.values(StunClass)),
    method: fc.nat(0xfff),
    transactionId: bytes(12),
    attributes: fc.array(
      fc.record(
        {
          type: fc.nat(0xffff).filter((type) => type !== AttributeType.fingerprint),
          value: fc.uint8Array({ maxLength: 60 }),
        },
        PLAIN,
      ),
      { maxLength: 12 },
    ),
    fingerprint: fc.boolean(),
  },
  PLAIN,
);

test("every message is read as it was written", () => {
  fc.assert(
    fc.property(message, (one) => {
      const datagram = writeStun(one);
      assert.equal(datagram.length % 4, 0);
      assert.ok(isStun(datagram));
      assert.deepEqual(readStun(datagram), one);
    }),
  );
});

test("any bytes are a message or a WireError, also those that begin like one", () => {
  const random = fc.uint8Array({ maxLength: 120 });
  const begun = random.map((rest) => {
    const out = Uint8Array.from([...hex("0001 0000 2112a442"), ...rest]);
    out[3] = out.length - 20;
    return out;
  });
  const damaged = fc.tuple(message, fc.nat(200), fc.nat(255)).map(([one, at, value]) => {
    const out = writeStun(one);
    out[at % out.length] = value;
    return out;
  });
  fc.assert(
    fc.property(fc.oneof(random, begun, damaged), (input) => {
      const copy = input.slice();
      const read = tried(() => readStun(input));
      assert.deepEqual(input, copy);
      if (read === undefined) return;
      assert.ok(isStun(input));
      assert.deepEqual(readStun(writeStun(read)), read);
    }),
    { numRuns: 3_000 },
  );
});

test("any bytes are an attribute's value or a WireError", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), bytes(12), (value, id) => {
      for (const read of [readAddress, readErrorCode, readUnknownAttributes, readChangeRequest])
        tried(() => read(value));
      tried(() => readXorAddress(value, id));
    }),
    { numRuns: 2_000 },
  );
});

test("every value of an attribute is read as it was written", () => {
  fc.assert(
    fc.property(address, bytes(12), (one, id) => {
      assert.deepEqual(readAddress(writeAddress(one)), one);
      assert.deepEqual(readXorAddress(writeXorAddress(one, id), id), one);
    }),
  );
  fc.assert(
    fc.property(fc.integer({ min: 300, max: 699 }), fc.string({ maxLength: 100 }), (code, reason) =>
      assert.deepEqual(readErrorCode(writeErrorCode({ code, reason })), {
        ...{ code, reason: reason.toWellFormed() },
      }),
    ),
  );
  fc.assert(
    fc.property(fc.array(fc.nat(0xffff)), (types) =>
      assert.deepEqual(readUnknownAttributes(writeUnknownAttributes(types)), types),
    ),
  );
  for (const address of [true, false])
    for (const port of [true, false])
      assert.deepEqual(readChangeRequest(writeChangeRequest({ address, port })), { address, port });
});

test("a wrong fingerprint, one that is not at the end, and a message of RFC 3489 are no messages", () => {
  const good = writeStun({ ...EMPTY, fingerprint: true });
  readStun(good);
  for (let at = 0; at < good.length; at++) {
    // As another attribute it is one that may be ignored.
    if (at === 20 || at === 21) continue;
    const bad = good.slice();
    bad[at]! ^= 1;
    assert.throws(() => readStun(bad), WireError, `byte ${at}`);
  }
  const within = Uint8Array.from([...good, ...hex("80220000")]);
  within[3] = within.length - 20;
  assert.throws(() => readStun(within), /FINGERPRINT/);
  assert.throws(() => readStun(hex(`00010000 ${"07".repeat(16)}`)), /no STUN/);
});

test("lengths that do not agree with the datagram are refused", () => {
  const good = writeStun({ ...EMPTY, attributes: [{ type: 0x8022, value: hex("61626364") }] });
  for (const bad of [
    good.slice(0, 19),
    good.slice(0, -4),
    Uint8Array.from([...good, 0, 0, 0, 0]),
    good.with(3, good[3]! + 4),
    good.with(3, good[3]! - 4),
    good.with(3, good[3]! + 1),
    good.with(23, 5),
    new Uint8Array(MAX_STUN_BYTES + 1),
  ])
    assert.throws(() => readStun(bad), WireError);
});

test("what cannot be written is the caller's mistake", () => {
  const id = new Uint8Array(12);
  for (const wrong of [
    () => writeStun({ ...EMPTY, transactionId: new Uint8Array(16) }),
    () => writeStun({ ...EMPTY, method: 4096 }),
    () => writeStun({ ...EMPTY, attributes: [{ type: 0x8022, value: new Uint8Array(1480) }] }),
    () => writeXorAddress({ address: "stun.example", port: 1 }, id),
    () => writeAddress({ address: "192.0.2.1", port: 65_536 }),
    () => writeErrorCode({ code: 700, reason: "" }),
    () => writeErrorCode({ code: 400, reason: "x".repeat(764) }),
  ])
    assert.throws(wrong, RangeError);
});

test("a server's name is read with and without scheme and port, and written as a URL", () => {
  for (const [text, host, port, url] of [
    ["stun:stun.example:3479", "stun.example", 3479, "stun:stun.example:3479"],
    ["stun.example", "stun.example", 3478, "stun:stun.example:3478"],
    ["stun:[2001:db8::1]:5", "2001:db8::1", 5, "stun:[2001:db8::1]:5"],
    ["192.0.2.1:7", "192.0.2.1", 7, "stun:192.0.2.1:7"],
  ] as const) {
    assert.deepEqual(parseStunUrl(text), { host, port });
    assert.equal(formatStunUrl({ host, port }), url);
  }
  assert.equal(formatStunUrl({ host: "[::1]", port: 1 }), "stun:[::1]:1");
  for (const text of ["", "turn:a", "stun:", "a:0", "a:65536", "a:b", "::1", "a b", "a/b", "[a]"])
    assert.equal(parseStunUrl(text), undefined, text);
});

const EMPTY: StunMessage = {
  class: StunClass.request,
  method: BINDING_METHOD,
  transactionId: new Uint8Array(12),
  attributes: [],
  fingerprint: false,
};

function tried<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    assert.ok(error instanceof WireError, String(error));
    return undefined;
  }
}
