import assert from "node:assert/strict";
import { test } from "node:test";
import { networkOf } from "../src/index.ts";

test("a network is an IPv4 address, also where it is mapped, or the first half of an IPv6 one, however it is written", () => {
  for (const [address, network] of [
    ["192.0.2.1", "192.0.2.1"],
    ["::ffff:192.0.2.1", "192.0.2.1"],
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2"],
    ["2001:db8::1", "2001:db8:0:0"],
    ["::1", "0:0:0:0"],
    ["2001:0db8:0001:2::", "2001:db8:1:2"],
  ] as const)
    assert.equal(networkOf(address), network);
});

test("the network of a connection's made-up address is that of the address it comes from", () => {
  for (const address of ["192.0.2.1", "2001:db8::1", "::ffff:192.0.2.1"])
    for (const made of [`tls/1/${address}`, `tls/987654321/${address}`])
      assert.equal(networkOf(made), networkOf(address));
});
