import assert from "node:assert/strict";
import { test } from "node:test";
import { SECOND } from "@wavry/rift-core";
import { AddressLimits, networkOf } from "../src/address-limits.ts";
import { TokenBucket } from "../src/token-bucket.ts";

test("an IPv4 address is a network of its own, of an IPv6 address the first 64 bits are", () => {
  for (const [address, network] of [
    ["192.0.2.7", "192.0.2.7"],
    ["::ffff:192.0.2.7", "192.0.2.7"],
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2"],
    ["2001:db8:1:2::6", "2001:db8:1:2"],
    ["2001:0db8:0001:0002::", "2001:db8:1:2"],
    ["2001:db8::1:2:3:4:5", "2001:db8:0:1"],
    ["2001:db8::5", "2001:db8:0:0"],
    ["fe80::1%eth0", "fe80:0:0:0"],
    ["::1", "0:0:0:0"],
    ["::", "0:0:0:0"],
  ] as const)
    assert.equal(networkOf(address), network, address);
});

test("a bucket gives what it holds, and fills up with time to no more than its size", () => {
  const size = { burst: 3, perSecond: 2 };
  const bucket = new TokenBucket(size, 0);
  assert.ok(bucket.take(size, 0, 3));
  assert.ok(!bucket.take(size, 0));
  assert.ok(!bucket.take(size, SECOND / 4));
  assert.ok(bucket.take(size, SECOND / 2));
  assert.ok(!bucket.take(size, 100 * SECOND, 4));
  assert.ok(bucket.take(size, 100 * SECOND, 3));
});

test("a network that has used up its handshakes waits, and its neighbours do not", () => {
  const limits = new AddressLimits({ size: { burst: 2, perSecond: 1 }, maxNetworks: 8 });
  limits.charge("2001:db8::1", 0);
  assert.ok(limits.allows("2001:db8::2", 0));
  limits.charge("2001:db8::2", 0);
  assert.ok(!limits.allows("2001:db8::3", 0));
  assert.ok(limits.allows("2001:db8:0:1::3", 0));
  assert.ok(limits.allows("2001:db8::3", SECOND));
});

test("asking remembers nobody, and the table keeps those who were charged last", () => {
  const limits = new AddressLimits({ size: { burst: 1, perSecond: 0.001 }, maxNetworks: 4 });
  for (let i = 0; i < 1_000; i++) assert.ok(limits.allows(`10.0.${i >> 8}.${i & 255}`, 0));
  assert.equal(limits.networks, 0);
  for (let i = 0; i < 1_000; i++) limits.charge(`10.0.${i >> 8}.${i & 255}`, 0);
  assert.equal(limits.networks, 4);
  assert.ok(!limits.allows("10.0.3.231", 0));
  assert.ok(limits.allows("10.0.0.0", 0));
});
