import assert from "node:assert/strict";
import { test } from "node:test";
import { MILLISECOND, type Micros, SECOND } from "@wavry/rift-core";
import fc from "fast-check";
import {
  AttributeType,
  BINDING_METHOD,
  MAX_STUN_QUESTIONS,
  QUICK_STUN_TIMING,
  readStun,
  StunClass,
  StunClient,
  type StunEvent,
  StunServer,
  type StunTiming,
  type StunTransmit,
  type TransportAddress,
  writeAddress,
  writeErrorCode,
  writeStun,
  writeXorAddress,
} from "../src/index.ts";

const SERVER: TransportAddress = { address: "192.0.2.1", port: 3478 };
const OTHER: TransportAddress = { address: "2001:db8::1", port: 3478 };
const HERE: TransportAddress = { address: "198.51.100.7", port: 40_001 };

/** Transaction IDs that count up. */
function client(timing?: StunTiming): StunClient {
  let next = 0;
  return new StunClient({ randomBytes: (length) => new Uint8Array(length).fill(++next), timing });
}

function transmits(of: StunClient): StunTransmit[] {
  const all: StunTransmit[] = [];
  for (let next = of.pollTransmit(); next !== undefined; next = of.pollTransmit()) all.push(next);
  return all;
}

function events(of: StunClient): StunEvent[] {
  const all: StunEvent[] = [];
  for (let next = of.pollEvent(); next !== undefined; next = of.pollEvent()) all.push(next);
  return all;
}

/** The times at which requests left until nothing is left to wait for. */
function sendTimes(of: StunClient, start: Micros): { times: Micros[]; end: Micros } {
  const times: Micros[] = [];
  let now = start;
  for (;;) {
    times.push(...transmits(of).map(() => now));
    const next = of.pollTimeout();
    if (next === undefined) return { times, end: now };
    assert.ok(next > now);
    now = next;
    of.handleTimeout(now);
  }
}

function answer(transmit: StunTransmit, mapped = HERE): Uint8Array {
  const { transactionId } = readStun(transmit.bytes);
  const value = writeXorAddress(mapped, transactionId);
  return response(transmit, [{ type: AttributeType.xorMappedAddress, value }]);
}

function response(
  { bytes }: StunTransmit,
  attributes: { type: number; value: Uint8Array }[],
  kind: StunClass = StunClass.success,
): Uint8Array {
  const { transactionId } = readStun(bytes);
  return writeStun({
    ...{ class: kind, method: BINDING_METHOD, transactionId, attributes, fingerprint: false },
  });
}

test("a question that nobody answers is sent seven times, as the RFC has it, and given up after 39.5 s", () => {
  const one = client();
  one.query(SERVER, 5 * SECOND);
  const { times, end } = sendTimes(one, 5 * SECOND);
  const millis = times.map((time) => time / MILLISECOND - 5_000);
  assert.deepEqual(millis, [0, 500, 1_500, 3_500, 7_500, 15_500, 31_500]);
  assert.equal(end / MILLISECOND - 5_000, 39_500);
  assert.deepEqual(events(one), [
    { type: "failed", server: SERVER, reason: "timed-out", error: undefined },
  ]);
  assert.ok(one.isIdle);
});

test("a quick question is given up after a second and a half", () => {
  const one = client(QUICK_STUN_TIMING);
  one.query(SERVER, 0);
  const { times, end } = sendTimes(one, 0);
  assert.deepEqual(times, [0, 100_000, 300_000, 700_000]);
  assert.equal(end, 1_500_000);
});

test("it gets its address from a server, and all repeats are one transaction", () => {
  const server = new StunServer({ seed: 1 });
  const one = client();
  one.query(SERVER, 0);
  one.handleTimeout(500_000);
  const [first, again] = transmits(one);
  assert.deepEqual(first!.bytes, again!.bytes);
  assert.equal(first!.bytes.length, 20);
  const reply = server.receive(again!.bytes, HERE, 500_000)!;
  assert.equal(one.receive(reply, SERVER, 520_000), true);
  assert.deepEqual(events(one), [
    {
      ...{ type: "mapped", server: SERVER, mapped: HERE, from: SERVER },
      ...{ roundTrip: undefined, otherAddress: undefined },
    },
  ]);
  assert.equal(one.pollTimeout(), undefined);
  one.receive(reply, SERVER, 530_000);
  assert.deepEqual(events(one), []);
  assert.equal(one.counters.dropped, 1);
});

test("the round trip is that of the only request", () => {
  const one = client();
  one.query(SERVER, 1_000);
  const [first] = transmits(one);
  one.receive(answer(first!), SERVER, 13_000);
  const [event] = events(one);
  assert.equal(event?.type === "mapped" ? event.roundTrip : undefined, 12_000);
});

test("several servers are asked at once, each in a transaction of its own", () => {
  const one = client();
  one.query(SERVER, 0);
  one.query(OTHER, 0);
  const [first, second] = transmits(one);
  assert.deepEqual([first!.to, second!.to], [SERVER, OTHER]);
  one.receive(answer(second!), OTHER, 10);
  one.receive(answer(first!), SERVER, 20);
  assert.deepEqual(
    events(one).map(({ server }) => server),
    [OTHER, SERVER],
  );
  assert.ok(one.isIdle);
});

test("an answer of another transaction, from elsewhere, or that is no answer ends nothing", () => {
  const one = client();
  one.query(SERVER, 0);
  const [first] = transmits(one);
  const good = answer(first!);
  const strangers: readonly (readonly [Uint8Array, TransportAddress])[] = [
    [good.with(12, 99), SERVER],
    [good, { ...SERVER, port: 3479 }],
    [good, OTHER],
    [good.with(23, 9), SERVER],
    [first!.bytes, SERVER],
    [response(first!, [], StunClass.indication), SERVER],
  ];
  for (const [datagram, from] of strangers) assert.equal(one.receive(datagram, from, 10), true);
  for (const foreign of [new Uint8Array(40).fill(0xc3), good.slice(0, -4), good.with(4, 0)])
    assert.equal(one.receive(foreign, SERVER, 10), false);
  assert.deepEqual(events(one), []);
  assert.equal(one.counters.dropped, strangers.length);
  one.receive(good, { address: "::ffff:192.0.2.1", port: 3478 }, 20);
  assert.equal(events(one).length, 1);
});

test("a question that asks for an answer from elsewhere takes it from there", () => {
  const one = client();
  one.query(SERVER, 0, { change: { address: true, port: true } });
  const [first] = transmits(one);
  const types = readStun(first!.bytes).attributes.map(({ type }) => type);
  assert.deepEqual(types, [AttributeType.changeRequest]);
  one.receive(answer(first!), OTHER, 10);
  const [event] = events(one);
  assert.deepEqual(event?.type === "mapped" ? event.from : undefined, OTHER);
});

test("a refusal is told with its code; an answer without an address or with unknown demands is malformed", () => {
  const error = { code: 420, reason: "no" };
  const address = { type: AttributeType.mappedAddress, value: writeAddress(HERE) };
  const nowhere = { type: AttributeType.mappedAddress, value: writeAddress({ ...HERE, port: 0 }) };
  for (const [attributes, kind, expected] of [
    [
      [{ type: AttributeType.errorCode, value: writeErrorCode(error) }],
      ...[StunClass.error, { reason: "refused", error }],
    ],
    [[], StunClass.error, { reason: "malformed", error: undefined }],
    [[], StunClass.success, { reason: "malformed", error: undefined }],
    [[nowhere], StunClass.success, { reason: "malformed", error: undefined }],
    [
      [address, { type: 0x7000, value: new Uint8Array(4) }],
      ...[StunClass.success, { reason: "malformed", error: undefined }],
    ],
  ] as [{ type: number; value: Uint8Array }[], StunClass, object][]) {
    const one = client();
    one.query(SERVER, 0);
    one.receive(response(transmits(one)[0]!, attributes, kind), SERVER, 10);
    assert.deepEqual(events(one), [{ type: "failed", server: SERVER, ...expected }]);
    assert.ok(one.isIdle);
  }
});

test("servers of before are understood: MAPPED-ADDRESS alone, SOURCE- and CHANGED-ADDRESS, and what may be ignored", () => {
  const one = client();
  one.query(SERVER, 0);
  const value = writeAddress(HERE);
  const attributes = [0x0001, 0x0004, 0x0005, 0x8022, 0x802b].map((type) => ({ type, value }));
  attributes.push({ type: AttributeType.otherAddress, value: writeAddress(OTHER) });
  one.receive(response(transmits(one)[0]!, attributes), SERVER, 10);
  const [event] = events(one);
  assert.ok(event?.type === "mapped");
  assert.deepEqual([event.mapped, event.otherAddress], [HERE, OTHER]);
});

test("no bytes from a server throw, whatever transaction they name", () => {
  const one = client();
  one.query(SERVER, 0);
  const [first] = transmits(one);
  const value = fc.record({
    type: fc.oneof(fc.nat(0x30), fc.nat(0xffff)),
    value: fc.uint8Array({ maxLength: 30 }),
  });
  fc.assert(
    fc.property(
      fc.array(value, { maxLength: 6 }),
      fc.constantFrom(...Object.values(StunClass)),
      fc.nat(200),
      fc.nat(255),
      (attributes, kind, at, byte) => {
        if (one.isIdle) one.query(SERVER, 0);
        const request = transmits(one)[0] ?? first!;
        const datagram = response(request, attributes, kind);
        one.receive(datagram, SERVER, 10);
        datagram[at % datagram.length] = byte;
        one.receive(datagram, SERVER, 10);
        events(one);
      },
    ),
  );
});

test("questions at once are bounded, and a timing that never ends is refused", () => {
  const one = client();
  for (let i = 0; i < MAX_STUN_QUESTIONS; i++) one.query(SERVER, 0);
  assert.throws(() => one.query(SERVER, 0), RangeError);
  for (const timing of [
    { ...QUICK_STUN_TIMING, initialWait: 0 },
    { ...QUICK_STUN_TIMING, requests: 0 },
    { ...QUICK_STUN_TIMING, requests: 33 },
    { ...QUICK_STUN_TIMING, lastWaitFactor: Number.NaN },
  ])
    assert.throws(() => client(timing), RangeError);
});
