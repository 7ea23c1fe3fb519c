import assert from "node:assert/strict";
import { test } from "node:test";
import { bindProof, enrolmentProof, relayHeartbeatProof, relayReportProof } from "@wavry/signaling";
import fc from "fast-check";

test("a proof is its label and fields, each after its length", () => {
  const proof = bindProof({ gateway: "https://g", nonce: "n", wavryId: "w", role: "host" });
  assert.equal(
    Buffer.from(proof).toString("latin1"),
    "\0\x17wavry signaling bind v1\0\x09https://g\0\x01n\0\x01w\0\x04host",
  );
});

test("other facts, and facts of another purpose, give other bytes", () => {
  const text = fc.string({ unit: fc.constantFrom("a", "b"), maxLength: 4 });
  const facts = fc.record({ gateway: text, nonce: text, wavryId: text, role: text });
  fc.assert(
    fc.property(facts, facts, (one, other) => {
      const same =
        JSON.stringify(Object.entries(one).sort()) === JSON.stringify(Object.entries(other).sort());
      const equal = Buffer.compare(bindProof(one), bindProof(other)) === 0;
      assert.equal(equal, same);
    }),
  );
  const bind = bindProof({ gateway: "g", nonce: "n", wavryId: "w", role: "r" });
  const enrolment = enrolmentProof({
    ...{ gateway: "g", userId: "n", challenge: "w", wavryId: "r", staticKey: "" },
  });
  assert.notDeepEqual(bind, enrolment);
});

test("what is not ASCII, or too long, is not signed", () => {
  const facts = { gateway: "g", nonce: "n", wavryId: "w", role: "r" };
  assert.throws(() => bindProof({ ...facts, gateway: "ü" }), RangeError);
  assert.throws(() => bindProof({ ...facts, nonce: "x".repeat(65_536) }), RangeError);
});

test("a report on a relay is signed over its numbers as its JSON has them", () => {
  const facts = {
    ...{ gateway: "https://g", session: "s", relay: "r", connected: true },
    ...{ rttMillis: null, lossPercent: 0.25, seconds: 60 },
  };
  assert.equal(
    Buffer.from(relayReportProof(facts)).toString("latin1"),
    "\0\x15wavry relay report v1\0\x09https://g\0\x01s\0\x01r\0\x04true\0\x04null\0\x040.25\0\x0260",
  );
  const zero = relayReportProof({ ...facts, rttMillis: 0 });
  assert.notDeepEqual(zero, relayReportProof(facts));
});

test("a heartbeat is signed for one gateway, over its exact bytes", () => {
  const body = Uint8Array.of(0x7b, 0xff, 0x7d);
  assert.equal(
    Buffer.from(relayHeartbeatProof("https://g", body)).toString("latin1"),
    "\0\x18wavry relay heartbeat v1\0\x09https://g{\xff}",
  );
});
