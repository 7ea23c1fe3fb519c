import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { readCandidate } from "../../src/sdp/candidate.ts";
import { WebRtcError } from "../../src/webrtc-error.ts";

test("a browser's candidate is read and rebuilt without what does not matter", () => {
  const candidate = readCandidate(
    "candidate:842163049 1 udp 1677729535 192.0.2.7 54321 typ srflx raddr 10.0.0.5 rport 54321 generation 0 ufrag abcd network-cost 999",
  );
  assert.deepEqual(candidate, {
    ...{ type: "srflx", transport: "udp", address: "192.0.2.7", port: 54_321, usable: true },
    text: "candidate:842163049 1 UDP 1677729535 192.0.2.7 54321 typ srflx",
  });
});

test("a candidate with a name, over TCP or of RTCP is none for us", () => {
  for (const text of [
    "candidate:1 1 udp 2122260223 0c5ad4f3-6f9b-4d3e-a58f-123456789abc.local 50000 typ host",
    "candidate:1 1 tcp 1518280447 192.0.2.7 9 typ host tcptype active",
    "candidate:1 2 udp 2122260222 192.0.2.7 50001 typ host",
    "candidate:1 1 udp 2122260222 192.0.2.7 0 typ host",
  ])
    assert.equal(readCandidate(text).usable, false, text);
  assert.equal(readCandidate("candidate:1 1 udp 1 2001:db8::1 50000 typ relay").usable, true);
});

test("any text gives a candidate or a WebRtcError", () => {
  const part = fc.oneof(
    fc.string({ maxLength: 20 }),
    fc.constantFrom("candidate:1", "1", "udp", "4294967296", "192.0.2.7", "99999", "typ", "host"),
  );
  const text = fc.oneof(
    fc.string({ maxLength: 600 }),
    fc.array(part, { maxLength: 12 }).map((parts) => parts.join(" ")),
  );
  fc.assert(
    fc.property(text, (candidate) => {
      try {
        assert.match(readCandidate(candidate).text, /^[\x21-\x7e ]+$/);
      } catch (error) {
        assert.ok(error instanceof WebRtcError);
      }
    }),
  );
});
