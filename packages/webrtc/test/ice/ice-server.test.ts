import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { iceServerAddresses, MAX_ICE_URLS } from "../../src/ice/ice-server.ts";
import { WebRtcError } from "../../src/webrtc-error.ts";

const login = { username: "1700000000:ada", credential: "p:w@/?" };

test("each form of URL says host, port and how to get there", () => {
  const read = (urls: string) => {
    const [address] = iceServerAddresses([{ urls, ...login }]);
    return address && [address.kind, address.transport, address.host, address.port];
  };
  assert.deepEqual(read("stun:gateway.example"), ["stun", "udp", "gateway.example", 3478]);
  assert.deepEqual(read("turn:192.0.2.7:4478"), ["turn", "udp", "192.0.2.7", 4478]);
  assert.deepEqual(read("turn:[2001:db8::7]:4478?transport=tcp"), [
    ...["turn", "tcp", "2001:db8::7", 4478],
  ]);
  assert.deepEqual(read("turns:t.example"), ["turn", "tls", "t.example", 5349]);
  assert.deepEqual(read("turns:t.example:443?transport=tcp"), ["turn", "tls", "t.example", 443]);
  assert.equal(read("stuns:t.example"), undefined);
});

test("a user name and credential of any letters reach the address unchanged", () => {
  const [address] = iceServerAddresses([{ urls: ["turn:t.example"], ...login }]);
  assert.equal(address?.username, login.username);
  assert.equal(address?.credential, login.credential);
});

test("TURN without credentials and URLs that are none are refused, without the credential in the message", () => {
  for (const urls of [
    "turn:t.example",
    "http://t.example",
    "stun:",
    "stun:a:0",
    "stun:a:65536",
    "",
  ])
    assert.throws(
      () => iceServerAddresses([{ urls, credential: "hush" }]),
      (error) => error instanceof WebRtcError && !error.message.includes("hush"),
    );
});

test("any URL gives an address, nothing or a WebRtcError, and never more than a few", () => {
  fc.assert(
    fc.property(fc.array(fc.string({ maxLength: 60 }), { maxLength: 20 }), (urls) => {
      try {
        iceServerAddresses([{ urls, ...login }]);
      } catch (error) {
        assert.ok(error instanceof WebRtcError);
      }
    }),
  );
  const many = Array.from({ length: 40 }, (_, index) => `stun:s${index}.example`);
  assert.equal(iceServerAddresses([{ urls: many }]).length, MAX_ICE_URLS);
});
