import assert from "node:assert/strict";
import { test } from "node:test";
import { MILLISECOND, type Micros, SECOND } from "@wavry/rift-core";
import fc from "fast-check";
import {
  AttributeType,
  BINDING_METHOD,
  findAttribute,
  MAX_REPLY_SURPLUS_BYTES,
  type ReplyLimits,
  readErrorCode,
  readStun,
  readUnknownAttributes,
  readXorAddress,
  StunClass,
  type StunMessage,
  StunServer,
  type TransportAddress,
  writeChangeRequest,
  writeStun,
} from "../src/index.ts";

const ID = Uint8Array.from({ length: 12 }, (_, i) => i + 1);
const ADA: TransportAddress = { address: "192.0.2.1", port: 40_000 };
const BOB: TransportAddress = { address: "2001:db8::b", port: 50_000 };
const NOBODY: StunMessage = {
  ...{ class: StunClass.request, method: BINDING_METHOD, transactionId: ID },
  ...{ attributes: [], fingerprint: false },
};

function request(over: Partial<StunMessage> = {}): Uint8Array {
  return writeStun({ ...NOBODY, ...over });
}

function server(limits?: Partial<ReplyLimits>): StunServer {
  return new StunServer({ seed: 7, limits });
}

test("a request is told from where it came, in either family, by the bytes of the address and nothing more", () => {
  const stun = server();
  for (const [from, length] of [
    [ADA, 32],
    [BOB, 44],
  ] as const) {
    const reply = stun.receive(request(), from, 0)!;
    assert.equal(reply.length, length);
    const message = readStun(reply);
    assert.deepEqual([message.class, message.method], [StunClass.success, BINDING_METHOD]);
    assert.deepEqual(message.transactionId, ID);
    assert.equal(message.attributes.length, 1);
    const value = findAttribute(message, AttributeType.xorMappedAddress)!;
    assert.deepEqual(readXorAddress(value, ID), from);
  }
  assert.equal(stun.counters.answered, 2);
});

test("who comes over IPv4 to a socket for both families is told the IPv4 address", () => {
  const reply = server().receive(request(), { address: "::ffff:192.0.2.1", port: 40_000 }, 0)!;
  const value = findAttribute(readStun(reply), AttributeType.xorMappedAddress)!;
  assert.deepEqual(readXorAddress(value, ID), ADA);
});

test("only a request with a fingerprint is answered with one", () => {
  const stun = server();
  for (const fingerprint of [true, false]) {
    const reply = readStun(stun.receive(request({ fingerprint }), ADA, 0)!);
    assert.equal(reply.fingerprint, fingerprint);
  }
});

test("who says who he is is answered as anybody, as the server asks nobody", () => {
  const attributes = [0x0006, 0x0008, 0x0014, 0x0015, 0x001c].map((type) => ({
    ...{ type, value: new Uint8Array(8) },
  }));
  const stun = server();
  const reply = readStun(stun.receive(request({ attributes }), ADA, 0)!);
  assert.deepEqual([reply.class, reply.attributes.length], [StunClass.success, 1]);
});

test("attributes that must be understood and are not get 420 and their types, others are passed over", () => {
  const stun = server();
  const change = { type: 0x0003, value: writeChangeRequest({ address: true, port: true }) };
  const unknown = { type: 0x7abc, value: new Uint8Array(3) };
  const optional = { type: 0xc001, value: new Uint8Array(3) };
  const reply = readStun(
    stun.receive(request({ attributes: [change, optional, unknown, change] }), ADA, 0)!,
  );
  assert.equal(reply.class, StunClass.error);
  assert.deepEqual(readErrorCode(findAttribute(reply, AttributeType.errorCode)!), {
    ...{ code: 420, reason: "" },
  });
  assert.deepEqual(
    readUnknownAttributes(findAttribute(reply, AttributeType.unknownAttributes)!),
    [0x0003, 0x7abc],
  );
  assert.equal(
    readStun(stun.receive(request({ attributes: [optional] }), ADA, 0)!).class,
    StunClass.success,
  );
  assert.equal(stun.counters.refused, 1);
});

test("what is no request for Binding gets no answer: responses, indications, TURN, port 0, RFC 3489, other protocols", () => {
  const stun = server();
  const silent: readonly (readonly [Uint8Array, TransportAddress])[] = [
    [request({ class: StunClass.indication }), ADA],
    [request({ class: StunClass.success }), ADA],
    [request({ class: StunClass.error }), ADA],
    [request({ method: 0x003 }), ADA],
    [request(), { ...ADA, port: 0 }],
    [request(), { address: "nonsense", port: 1 }],
    [request().slice(0, 19), ADA],
    [request().with(4, 0), ADA],
    [request({ fingerprint: true }).with(27, 0), ADA],
    [new Uint8Array(0), ADA],
    [new Uint8Array(1400).fill(0x17), ADA],
  ];
  for (const [datagram, from] of silent) assert.equal(stun.receive(datagram, from, 0), undefined);
  const { received, answered, refused, malformed, ignored } = stun.counters;
  assert.deepEqual([received, answered, refused], [silent.length, 0, 0]);
  assert.deepEqual([malformed, ignored], [7, 4]);
});

test("a server's own answers make no other server answer, so that two never talk for ever", () => {
  const stun = server();
  const answers = [
    stun.receive(request(), ADA, 0)!,
    stun.receive(request({ attributes: [{ type: 0x7000, value: new Uint8Array(4) }] }), ADA, 0)!,
  ];
  for (const answer of answers) assert.equal(server().receive(answer, BOB, 0), undefined);
});

test("whatever comes in, an answer is at most an address longer, and is a message for that transaction", () => {
  const attribute = fc.record({
    type: fc.oneof(fc.nat(0x30), fc.nat(0xffff)).filter((type) => type !== 0x8028),
    value: fc.uint8Array({ maxLength: 8 }),
  });
  const asked = fc
    .record({ attributes: fc.array(attribute, { maxLength: 40 }), fingerprint: fc.boolean() })
    .map(request);
  const stun = server({ perNetworkPerSecond: 1e9, totalPerSecond: 1e9 });
  let now = 0;
  fc.assert(
    fc.property(fc.oneof(asked, fc.uint8Array()), fc.constantFrom(ADA, BOB), (datagram, from) => {
      now += SECOND;
      const reply = stun.receive(datagram, from, now);
      if (reply === undefined) return;
      assert.ok(reply.length <= datagram.length + MAX_REPLY_SURPLUS_BYTES);
      assert.deepEqual(readStun(reply).transactionId, readStun(datagram).transactionId);
    }),
    { numRuns: 2_000 },
  );
  assert.ok(stun.counters.answered > 0 && stun.counters.refused > 0);
});

/** How many of `count` requests, evenly over a time, are answered. */
function answeredOf(
  stun: StunServer,
  count: number,
  {
    from,
    during,
    start = 0,
  }: { from: (i: number) => TransportAddress; during: Micros; start?: Micros },
): number {
  let answered = 0;
  for (let i = 0; i < count; i++)
    if (stun.receive(request(), from(i), start + (i * during) / count) !== undefined) answered++;
  return answered;
}

test("one network is answered a burst and then at its rate, and anew after a rest", () => {
  const stun = server({ perNetworkPerSecond: 10, perNetworkBurst: 20 });
  const from = () => ADA;
  assert.equal(answeredOf(stun, 1_000, { from, during: 0 }), 20);
  assert.equal(stun.receive(request(), ADA, 50 * MILLISECOND), undefined);
  assert.notEqual(stun.receive(request(), ADA, 110 * MILLISECOND), undefined);
  const later = answeredOf(stun, 10_000, { from, during: 10 * SECOND, start: SECOND });
  assert.ok(later >= 99 && later <= 110, `${later} answers in 10 s`);
  assert.equal(answeredOf(stun, 1_000, { from, during: 0, start: 60 * SECOND }), 20);
  assert.equal(stun.counters.limitedByNetwork > 10_000, true);
});

test("a network is an IPv4 address whatever the port, and the /64 of an IPv6 one; others are untouched", () => {
  const stun = server({ perNetworkPerSecond: 1, perNetworkBurst: 10 });
  const ports = (i: number) => ({ ...ADA, port: 1 + i });
  assert.equal(answeredOf(stun, 100, { from: ports, during: 0 }), 10);
  const hosts = (i: number) => ({ address: `2001:db8:0:1::${(i + 1).toString(16)}`, port: 9 });
  assert.equal(answeredOf(stun, 100, { from: hosts, during: 0 }), 10);
  for (const address of ["192.0.2.2", "2001:db8:0:2::1"])
    assert.notEqual(stun.receive(request(), { address, port: 9 }, 0), undefined);
  assert.equal(stun.receive(request(), { address: "::ffff:192.0.2.1", port: 9 }, 0), undefined);
});

test("all together are answered at the total rate, and a flood of one network does not use it up", () => {
  const limits = { perNetworkPerSecond: 5, perNetworkBurst: 5, totalPerSecond: 100 };
  const stun = server({ ...limits, totalBurst: 100 });
  assert.equal(answeredOf(stun, 10_000, { from: () => ADA, during: 0 }), 5);
  const everybody = (i: number) => ({ address: `10.${i >>> 8}.${i & 255}.1`, port: 9 });
  const first = answeredOf(stun, 1_000, { from: everybody, during: 0 });
  assert.equal(first, 95);
  assert.equal(stun.counters.limitedInTotal, 905);
  const later = answeredOf(stun, 1_000, { from: everybody, during: SECOND, start: SECOND });
  assert.ok(later <= 201, `${later} answers in a second`);
});

test("a flood from made-up addresses neither forgets nor resets the limit of a network", () => {
  const stun = server({
    perNetworkPerSecond: 1,
    perNetworkBurst: 3,
    totalPerSecond: 1e6,
    totalBurst: 1e6,
  });
  assert.equal(answeredOf(stun, 10, { from: () => ADA, during: 0 }), 3);
  const made = (i: number) => ({
    address: `10.${(i >>> 16) & 255}.${(i >>> 8) & 255}.${i & 255}`,
    port: 9,
  });
  answeredOf(stun, 200_000, { from: made, during: 0 });
  assert.equal(stun.receive(request(), ADA, 0), undefined);
});

test("a limit below one is refused", () => {
  for (const limits of [
    { perNetworkPerSecond: 0 },
    { totalBurst: 0.5 },
    { totalPerSecond: Number.NaN },
  ])
    assert.throws(() => server(limits), RangeError);
});
