import assert from "node:assert/strict";
import { isIP, isIPv4 } from "node:net";
import { networkInterfaces } from "node:os";
import { test } from "node:test";
import { MAX_LINK_ADDRESSES } from "@wavry/rift-crypto";
import { reachableAddresses } from "../src/local-addresses.ts";

const PORT = 4321;

test("a socket bound to one address is reached there and nowhere else", () => {
  for (const address of ["192.0.2.7", "::1", "127.0.0.1"])
    assert.deepEqual(reachableAddresses({ address, port: PORT }), [{ address, port: PORT }]);
});

test("a socket that listens everywhere is reached by the machine's own addresses, IPv4 first, loopback last", () => {
  const own = Object.values(networkInterfaces()).flatMap((entries) => entries ?? []);
  const internal = new Set(own.filter((entry) => entry.internal).map(({ address }) => address));
  const found = reachableAddresses({ address: "::", port: PORT });
  assert.ok(found.length >= 1 && found.length <= MAX_LINK_ADDRESSES);
  const ranks = found.map(({ address, port }) => {
    assert.equal(port, PORT);
    assert.notEqual(isIP(address), 0);
    assert.ok(own.length === 0 || own.some((entry) => entry.address === address));
    assert.doesNotMatch(address, /^fe80:/);
    return (internal.has(address) ? 2 : 0) + (isIPv4(address) ? 0 : 1);
  });
  assert.deepEqual(
    ranks,
    ranks.toSorted((a, b) => a - b),
  );
});

test("a socket for IPv4 alone names no IPv6 address", () => {
  for (const { address } of reachableAddresses({ address: "0.0.0.0", port: PORT }))
    assert.ok(isIPv4(address));
});
