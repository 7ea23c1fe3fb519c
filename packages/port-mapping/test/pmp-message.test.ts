import assert from "node:assert/strict";
import { test } from "node:test";
import { readPmpResponse, writePmpAddressRequest, writePmpMapRequest } from "@wavry/port-mapping";

test("requests have the bytes of RFC 6886, sections 3.2 and 3.3", () => {
  assert.equal(writePmpAddressRequest().toHex(), "0000");
  assert.equal(writePmpMapRequest(4200, 5001, 3_600).toHex(), "000100001068138900000e10");
  assert.throws(() => writePmpMapRequest(70_000, 0, 0), RangeError);
  assert.throws(() => writePmpMapRequest(1, -1, 0), RangeError);
});

test("answers tell the address outside, the port and its time, or a refusal", () => {
  const read = (hex: string) => readPmpResponse(Uint8Array.fromHex(hex));
  assert.deepEqual(read("008000000000002acb007109"), {
    ...{ result: 0, kind: "address", address: "203.0.113.9" },
  });
  assert.deepEqual(read("008100000000002a1068138900000e10"), {
    ...{ result: 0, kind: "map", internalPort: 4200, externalPort: 5001, lifetimeSeconds: 3_600 },
  });
  assert.deepEqual(read("008100020000002a"), { result: 2, kind: "refusal" });
  for (const nothing of [
    "",
    "0081",
    "0281000000000000",
    "0001000010681389",
    "00820000",
    "00800000",
  ])
    assert.equal(read(nothing), undefined);
  assert.equal(read("008100000000002a1068138900000e"), undefined);
});
