import assert from "node:assert/strict";
import { test } from "node:test";
import { WireError } from "@wavry/rift-core";
import fc from "fast-check";
import type { ReportBlock } from "../../src/rtcp/report-block.ts";
import { type RtcpMessage, readRtcpMessages } from "../../src/rtcp/rtcp-messages.ts";
import { writeRtcp } from "../helpers/write-rtcp.ts";

const u32 = fc.nat({ max: 2 ** 32 - 1 });
const reportBlock: fc.Arbitrary<ReportBlock> = fc.record({
  ssrc: u32,
  lostShare: fc.nat(255).map((units) => units / 256),
  lostPackets: fc.integer({ min: -0x80_0000, max: 0x7f_ffff }),
  highestSequence: u32,
  jitter: u32,
  lastSenderReport: u32,
  delaySinceLastSenderReport: u32,
});
const message: fc.Arbitrary<RtcpMessage> = fc.oneof(
  fc.record({
    kind: fc.constant("reports" as const),
    reports: fc.array(reportBlock, { minLength: 1, maxLength: 31 }),
  }),
  fc.record({ kind: fc.constant("pli" as const), ssrc: u32 }),
  fc.record({
    kind: fc.constant("fir" as const),
    ssrcs: fc.array(u32, { minLength: 1, maxLength: 20 }),
  }),
  fc.record({
    kind: fc.constant("nack" as const),
    ssrc: u32,
    lost: fc.array(fc.nat(65_535), { minLength: 1, maxLength: 20 }),
  }),
  fc.record({
    kind: fc.constant("remb" as const),
    bitrateBps: fc
      .tuple(fc.nat((1 << 18) - 1), fc.nat(20))
      .map(([mantissa, exponent]) => mantissa * 2 ** exponent),
    ssrcs: fc.array(u32, { maxLength: 20 }),
  }),
);

test("what was written is read again, message by message", () => {
  fc.assert(
    fc.property(fc.array(message, { maxLength: 8 }), (messages) => {
      // The generated objects have no prototype.
      assert.deepEqual(readRtcpMessages(writeRtcp(messages)), structuredClone(messages));
    }),
  );
});

test("any bytes give messages or a WireError", () => {
  const check = (bytes: Uint8Array): void => {
    try {
      readRtcpMessages(bytes);
    } catch (error) {
      assert.ok(error instanceof WireError);
    }
  };
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), check));
  // Bytes that get past the first check: a real packet with a few bytes changed, or cut short.
  const damaged = fc
    .tuple(
      fc.array(message, { minLength: 1, maxLength: 3 }),
      fc.array(fc.tuple(fc.nat(4_000), fc.nat(255))),
      fc.nat(4_000),
    )
    .map(([messages, changes, length]) => {
      const bytes = writeRtcp(messages);
      for (const [at, value] of changes) bytes[at % bytes.length] = value;
      return bytes.subarray(0, Math.max(1, length % (bytes.length + 1)));
    });
  fc.assert(fc.property(damaged, check), { numRuns: 500 });
});

test("a NACK names the packet and those that its mask has bits for", () => {
  const bytes = Uint8Array.of(0x81, 205, 0, 3, 0, 0, 0, 1, 0, 0, 0, 9, 0xff, 0xfe, 0x80, 0x03);
  assert.deepEqual(readRtcpMessages(bytes), [
    { kind: "nack", ssrc: 9, lost: [0xfffe, 0xffff, 0, 14] },
  ]);
});

test("padding is not read as content", () => {
  const bytes = Uint8Array.of(0xa1, 206, 0, 3, 0, 0, 0, 1, 0, 0, 0, 7, 0, 0, 0, 4);
  assert.deepEqual(readRtcpMessages(bytes), [{ kind: "pli", ssrc: 7 }]);
  bytes[15] = 200;
  assert.throws(() => readRtcpMessages(bytes), WireError);
});

test("messages of other kinds are left out", () => {
  const goodbye = Uint8Array.of(0x81, 203, 0, 1, 0, 0, 0, 1);
  const otherApplication = Uint8Array.of(0x8f, 206, 0, 2, 0, 0, 0, 1, 0, 0, 0, 7);
  assert.deepEqual(readRtcpMessages(Buffer.concat([goodbye, otherApplication])), []);
});
