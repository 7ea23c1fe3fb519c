import assert from "node:assert/strict";
import { test } from "node:test";
import { natMapping, type StunEvent, type TransportAddress } from "../src/index.ts";

const A = { address: "192.0.2.1", port: 3478 };
const B = { address: "192.0.2.2", port: 3478 };
const SIX = { address: "2001:db8::1", port: 3478 };
const US = { address: "198.51.100.7", port: 40_000 };

function mapped(server: TransportAddress, to: TransportAddress): StunEvent {
  return {
    ...{ type: "mapped", server, mapped: to, from: server },
    ...{ roundTrip: 1, otherAddress: undefined },
  };
}

test("a NAT that shows every server the same address is told from one that does not", () => {
  assert.equal(natMapping([mapped(A, US), mapped(B, US)]), "endpoint-independent");
  const moved = { ...US, port: 40_001 };
  assert.equal(natMapping([mapped(A, US), mapped(B, moved)]), "endpoint-dependent");
  const otherPort = { ...A, port: 3479 };
  assert.equal(natMapping([mapped(A, US), mapped(otherPort, moved)]), "endpoint-dependent");
});

test("one server, or one of each family, says nothing of how a NAT maps", () => {
  const failed: StunEvent = { type: "failed", server: B, reason: "timed-out", error: undefined };
  const six = mapped(SIX, { address: "2001:db8::7", port: 9 });
  for (const events of [[], [mapped(A, US)], [mapped(A, US), failed], [mapped(A, US), six]])
    assert.equal(natMapping(events), undefined);
  assert.equal(natMapping([mapped(A, US), mapped({ ...A }, US)]), undefined);
});
