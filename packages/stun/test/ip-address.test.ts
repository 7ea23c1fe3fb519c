import assert from "node:assert/strict";
import { isIP } from "node:net";
import { test } from "node:test";
import fc from "fast-check";
import { formatIp, parseIp, sameTransportAddress } from "../src/index.ts";

const ipv6Bytes = fc.array(fc.oneof(fc.constant(0), fc.nat(255)), {
  ...{ minLength: 16, maxLength: 16 },
});

test("an IPv6 address is written as a browser's URL writes it, and read back", () => {
  fc.assert(
    fc.property(ipv6Bytes, (list) => {
      const bytes = Uint8Array.from(list);
      if (parseIp(formatIp(bytes))!.length === 4) return;
      const groups = Array.from({ length: 8 }, (_, i) =>
        ((bytes[2 * i]! << 8) | bytes[2 * i + 1]!).toString(16),
      );
      const text = formatIp(bytes);
      assert.equal(`[${text}]`, new URL(`http://[${groups.join(":")}]`).hostname);
      assert.deepEqual(parseIp(text), bytes);
      assert.deepEqual(parseIp(groups.join(":")), bytes);
    }),
  );
});

test("an IPv4 address is the same whether it wears IPv6's clothes or not", () => {
  fc.assert(
    fc.property(fc.ipV4(), (text) => {
      const bytes = Uint8Array.from(text.split("."), Number);
      assert.deepEqual(parseIp(text), bytes);
      assert.deepEqual(parseIp(`::ffff:${text}`), bytes);
      assert.equal(formatIp(bytes), text);
      assert.equal(formatIp(Uint8Array.from([...Array(10).fill(0), 255, 255, ...bytes])), text);
    }),
  );
});

test("what Node takes for an address is one here, and nothing else is", () => {
  const piece = fc.constantFrom(
    ":",
    "::",
    ".",
    "0",
    "1",
    "ff",
    "12345",
    "256",
    "g",
    "%",
    "a.b",
    "01",
  );
  const made = fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join(""));
  fc.assert(
    fc.property(fc.oneof(made, fc.ipV6(), fc.ipV4(), fc.string()), (text) => {
      // Node's opinion of zones differs from system to system.
      if (text.includes("%")) return;
      assert.equal(parseIp(text) !== undefined, isIP(text) !== 0, text);
    }),
    { numRuns: 2_000 },
  );
});

test("one place is the same however its address is written", () => {
  const at = (address: string, port = 1) => ({ address, port });
  assert.ok(sameTransportAddress(at("2001:db8::1"), at("2001:DB8:0:0::0:1")));
  assert.ok(sameTransportAddress(at("::ffff:192.0.2.1"), at("192.0.2.1")));
  assert.ok(sameTransportAddress(at("fe80::1%eth0"), at("fe80::1")));
  assert.ok(!sameTransportAddress(at("192.0.2.1"), at("192.0.2.1", 2)));
  assert.ok(!sameTransportAddress(at("192.0.2.1"), at("192.0.2.2")));
  assert.ok(!sameTransportAddress(at("nonsense"), at("rubbish")));
});
