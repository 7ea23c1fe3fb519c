import assert from "node:assert/strict";
import { test } from "node:test";
import { SECOND } from "@wavry/rift-core";
import fc from "fast-check";
import {
  AttributeType,
  BINDING_METHOD,
  findAttribute,
  MAX_DISCOVERY_SURPLUS_BYTES,
  readAddress,
  readErrorCode,
  readStun,
  readXorAddress,
  StunClass,
  type StunCorners,
  StunServer,
  type TransportAddress,
  writeChangeRequest,
  writeStun,
} from "../src/index.ts";

const ID = Uint8Array.from({ length: 12 }, (_, i) => i + 1);
const ADA: TransportAddress = { address: "192.0.2.1", port: 40_000 };
const PAIR: StunCorners = [
  { address: "198.51.100.1", port: 3478 },
  { address: "198.51.100.1", port: 3479 },
];
const SQUARE: StunCorners = [
  ...PAIR,
  { address: "198.51.100.2", port: 3478 },
  { address: "198.51.100.2", port: 3479 },
];
const ANYWHERE: StunCorners = [
  { address: "::", port: 3478 },
  { address: "::", port: 3479 },
];

function request(change?: { address: boolean; port: boolean }): Uint8Array {
  const attributes =
    change === undefined
      ? []
      : [{ type: AttributeType.changeRequest, value: writeChangeRequest(change) }];
  return writeStun({
    ...{ class: StunClass.request, method: BINDING_METHOD, transactionId: ID },
    ...{ attributes, fingerprint: false },
  });
}

function answer(
  corners: StunCorners,
  corner: number,
  change?: { address: boolean; port: boolean },
): { corner: number; length: number; message: ReturnType<typeof readStun> } {
  const server = new StunServer({ seed: 7 });
  const reply = server.receiveAt({ datagram: request(change), from: ADA, corners, corner }, 0)!;
  return {
    corner: reply.corner,
    length: reply.bytes.length,
    message: readStun(reply.bytes),
  };
}

function addressIn(message: ReturnType<typeof readStun>, type: number): TransportAddress | null {
  const value = findAttribute(message, type);
  return value === undefined ? null : readAddress(value);
}

test("with four corners each answer leaves from the one that was asked for, and names it and the opposite one", () => {
  for (const [corner, here] of SQUARE.entries())
    for (const address of [false, true])
      for (const port of [false, true]) {
        const reply = answer(SQUARE, corner, { address, port });
        const expected = SQUARE.findIndex(
          (each) =>
            (each.address === here.address) === !address && (each.port === here.port) === !port,
        );
        assert.equal(reply.corner, expected);
        const { message } = reply;
        assert.deepEqual(addressIn(message, AttributeType.responseOrigin), SQUARE[expected]);
        const other = addressIn(message, AttributeType.otherAddress)!;
        assert.ok(other.address !== here.address && other.port !== here.port);
        const mapped = findAttribute(message, AttributeType.xorMappedAddress)!;
        assert.deepEqual(readXorAddress(mapped, ID), ADA);
      }
});

test("with one address another port is given, another address is refused, and no other address is named", () => {
  const moved = answer(PAIR, 0, { address: false, port: true });
  assert.equal(moved.corner, 1);
  assert.deepEqual(addressIn(moved.message, AttributeType.responseOrigin), PAIR[1]);
  assert.equal(addressIn(moved.message, AttributeType.otherAddress), null);
  for (const port of [false, true]) {
    const refused = answer(PAIR, 1, { address: true, port });
    assert.equal(refused.corner, 1);
    assert.equal(refused.message.class, StunClass.error);
    const code = findAttribute(refused.message, AttributeType.errorCode)!;
    assert.equal(readErrorCode(code).code, 420);
  }
});

test("with one address a bare request is answered by its address alone, as by a server with one port", () => {
  const { message, length, corner } = answer(PAIR, 1);
  assert.deepEqual([message.attributes.length, length, corner], [1, 32, 1]);
});

test("sockets on all addresses do not claim to know from which one they answer", () => {
  const { message, corner } = answer(ANYWHERE, 0, { address: false, port: true });
  assert.deepEqual([message.attributes.length, corner], [1, 1]);
});

test("a malformed wish is refused, and answered from where it came in", () => {
  const server = new StunServer({ seed: 7 });
  const datagram = writeStun({
    ...{ class: StunClass.request, method: BINDING_METHOD, transactionId: ID },
    attributes: [{ type: AttributeType.changeRequest, value: new Uint8Array(3) }],
    fingerprint: false,
  });
  const reply = server.receiveAt({ datagram, from: ADA, corners: SQUARE, corner: 2 }, 0)!;
  assert.equal(readStun(reply.bytes).class, StunClass.error);
  assert.equal(reply.corner, 2);
});

test("answers from elsewhere count towards the same limit, whichever corner is asked", () => {
  const limits = { perNetworkPerSecond: 1, perNetworkBurst: 8 };
  const server = new StunServer({ seed: 7, limits });
  let answered = 0;
  for (let i = 0; i < 100; i++) {
    const datagram = request({ address: i % 3 === 0, port: i % 2 === 0 });
    const arrival = { datagram, from: ADA, corners: SQUARE, corner: i % 4 };
    if (server.receiveAt(arrival, 0) !== undefined) answered++;
  }
  assert.equal(answered, 8);
});

test("whatever comes in, an answer is at most three addresses longer, and from a corner that is there", () => {
  const attribute = fc.record({
    type: fc.oneof(fc.constant(3), fc.nat(0x30), fc.nat(0xffff)).filter((type) => type !== 0x8028),
    value: fc.uint8Array({ maxLength: 8 }),
  });
  const asked = fc
    .record({ attributes: fc.array(attribute, { maxLength: 40 }), fingerprint: fc.boolean() })
    .map((over) =>
      writeStun({
        ...{ class: StunClass.request, method: BINDING_METHOD, transactionId: ID, ...over },
      }),
    );
  const v6 = SQUARE.map(({ port }, i) => ({
    address: `2001:db8::${1 + (i >> 1)}`,
    port,
  })) as unknown as StunCorners;
  const server = new StunServer({ seed: 7 });
  let now = 0;
  fc.assert(
    fc.property(
      fc.oneof(asked, fc.uint8Array()),
      fc.constantFrom(PAIR, SQUARE, ANYWHERE, v6),
      fc.nat(3),
      (datagram, corners, any) => {
        now += SECOND;
        const corner = any % corners.length;
        const from = corners === v6 ? { address: "2001:db8::a", port: 1 } : ADA;
        const reply = server.receiveAt({ datagram, from, corners, corner }, now);
        if (reply === undefined) return;
        assert.ok(reply.corner >= 0 && reply.corner < corners.length);
        assert.ok(reply.bytes.length <= datagram.length + MAX_DISCOVERY_SURPLUS_BYTES);
        assert.deepEqual(readStun(reply.bytes).transactionId, readStun(datagram).transactionId);
      },
    ),
    { numRuns: 2_000 },
  );
  assert.ok(server.counters.answered > 0 && server.counters.refused > 0);
});
