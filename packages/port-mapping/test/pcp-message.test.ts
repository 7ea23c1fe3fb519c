import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type MapRequest,
  PCP_MAP_BYTES,
  PcpResult,
  readMapResponse,
  writeMapRequest,
} from "@wavry/port-mapping";

const nonce = Uint8Array.from({ length: 12 }, (_, i) => i + 1);
const request: MapRequest = {
  ...{ client: "192.168.1.23", internalPort: 4200, externalPort: 0, lifetimeSeconds: 3_600 },
  nonce,
};

/** A router's answer to `request`; parts of it changed. */
function answer(change: (bytes: Uint8Array) => void = () => {}): Uint8Array {
  const bytes = Uint8Array.fromHex(
    [
      ...["02810000", "00000e10", "0000002a", "000000000000000000000000"],
      ...["0102030405060708090a0b0c", "11000000", "1068", "1389"],
      "00000000000000000000ffffcb007109",
    ].join(""),
  );
  change(bytes);
  return bytes;
}

test("a request has the bytes of RFC 6887, sections 7.1 and 11.1", () => {
  const expected = [
    ...["02010000", "00000e10", "00000000000000000000ffffc0a80117"],
    ...["0102030405060708090a0b0c", "11000000", "1068", "0000"],
    "00000000000000000000ffff00000000",
  ].join("");
  assert.equal(writeMapRequest(request).toHex(), expected);
  assert.equal(expected.length / 2, PCP_MAP_BYTES);
});

test("what cannot be asked for is an error", () => {
  for (const bad of [
    { client: "fe80::1" },
    { client: "1.2.3" },
    { client: "1.2.3.256" },
    { internalPort: 70_000 },
    { externalPort: -1 },
    { nonce: nonce.subarray(1) },
  ])
    assert.throws(() => writeMapRequest({ ...request, ...bad }), RangeError);
});

test("an answer tells the port outside, its time, and what it answers", () => {
  assert.deepEqual(readMapResponse(answer()), {
    ...{ result: PcpResult.success, lifetimeSeconds: 3_600, internalPort: 4200 },
    ...{ externalAddress: "203.0.113.9", externalPort: 5001, nonce },
  });
});

test("options behind an answer are passed over", () => {
  const longer = new Uint8Array(PCP_MAP_BYTES + 8);
  longer.set(answer());
  assert.equal(readMapResponse(longer)?.result, PcpResult.success);
});

test("a refusal tells its code, also of a router that knows NAT-PMP only", () => {
  const refused = (code: number) => ({ result: code, lifetimeSeconds: 3_600, nonce: undefined });
  const code = PcpResult.notAuthorized;
  const bytes = answer((all) => all.set([code], 3));
  assert.deepEqual(readMapResponse(bytes), refused(code));
  assert.deepEqual(readMapResponse(bytes.subarray(0, 24)), refused(code));
  const pmp = Uint8Array.fromHex("0081000100000000");
  assert.equal(readMapResponse(pmp)?.result, PcpResult.unsupportedVersion);
});

test("what is no answer is nothing", () => {
  const nothing: Uint8Array[] = [
    answer((all) => all.set([0x01], 1)),
    answer((all) => all.set([0x82], 1)),
    answer((all) => all.set([3], 0)),
    answer((all) => all.set([6], 36)),
    answer((all) => void all.fill(0, 42, 44)),
    answer((all) => all.set([0x20], 44)),
    answer().subarray(0, 58),
    answer().subarray(0, 57),
    writeMapRequest(request),
    new Uint8Array(1_200),
  ];
  for (const bytes of nothing) assert.equal(readMapResponse(bytes), undefined);
});

test("arbitrary bytes are read as an answer or not at all", () => {
  let state = 12_345;
  const next = (): number => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return state >>> 16;
  };
  for (let turn = 0; turn < 20_000; turn++) {
    const bytes = answer((all) => {
      for (let i = 0; i < 4; i++) all[next() % all.length] = next() & 0xff;
    }).subarray(0, next() % (PCP_MAP_BYTES + 1));
    const read = readMapResponse(bytes);
    if (read?.nonce === undefined) continue;
    assert.ok(read.externalPort > 0 && read.nonce.length === 12);
    assert.match(read.externalAddress, /^\d+\.\d+\.\d+\.\d+$/);
  }
});
