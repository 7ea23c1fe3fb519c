import assert from "node:assert/strict";
import { test } from "node:test";
import {
  createPairingSecret,
  encodePairingLink,
  encodeWavryId,
  formatHostAddress,
  type HostAddress,
  MAX_LINK_ADDRESSES,
  PAIRING_SECRET_BYTES,
  pairingPsk,
  parseHostAddress,
  parsePairingLink,
} from "@wavry/rift-crypto";
import { nodeSuite as suite } from "@wavry/rift-crypto/node";
import fc from "fast-check";

const PLAIN_OBJECTS = { noNullPrototype: true };

const address: fc.Arbitrary<HostAddress> = fc.record(
  {
    address: fc.oneof(
      fc.ipV4(),
      fc.ipV6(),
      fc.domain(),
      fc.constantFrom("localhost", "fe80::1%eth0", "fe80::1%br-1a2b", "::ffff:192.0.2.1"),
    ),
    port: fc.integer({ min: 1, max: 65_535 }),
  },
  PLAIN_OBJECTS,
);
const link = fc.record(
  {
    wavryId: fc.uint8Array({ minLength: 32, maxLength: 32 }).map(encodeWavryId),
    secret: fc.uint8Array({ minLength: PAIRING_SECRET_BYTES, maxLength: PAIRING_SECRET_BYTES }),
    addresses: fc.array(address, { minLength: 1, maxLength: MAX_LINK_ADDRESSES }),
  },
  PLAIN_OBJECTS,
);

const EXAMPLE = {
  wavryId: encodeWavryId(new Uint8Array(32)),
  secret: new Uint8Array(PAIRING_SECRET_BYTES).fill(0xff),
  addresses: [
    { address: "192.0.2.1", port: 4200 },
    { address: "2001:db8::1", port: 65_535 },
  ],
};

test("a link reads back as what it was made of", () => {
  fc.assert(
    fc.property(link, (original) => {
      const total = original.addresses.reduce((sum, at) => sum + at.address.length, 0);
      fc.pre(total < 700);
      assert.deepEqual(parsePairingLink(encodePairingLink(original)), original);
    }),
  );
});

test("a link looks as the specification says", () => {
  assert.equal(
    encodePairingLink(EXAMPLE),
    `wavry://pair/${EXAMPLE.wavryId}?s=_____________________w&a=192.0.2.1:4200&a=[2001:db8::1]:65535`,
  );
});

test("any text is a link or undefined", () => {
  const good = encodePairingLink(EXAMPLE);
  const damaged = fc
    .tuple(fc.nat(good.length), fc.nat(10), fc.string({ unit: "binary", maxLength: 10 }))
    .map(([at, drop, insert]) => good.slice(0, at) + insert + good.slice(at + drop));
  const text = fc.oneof(fc.string({ unit: "binary", maxLength: 2000 }), damaged);
  fc.assert(
    fc.property(text, (candidate) => {
      const parsed = parsePairingLink(candidate);
      if (parsed === undefined) return;
      assert.equal(parsed.secret.length, PAIRING_SECRET_BYTES);
      assert.deepEqual(parsePairingLink(encodePairingLink(parsed)), parsed);
    }),
    { numRuns: 500 },
  );
});

test("spaces around a link and parameters of the future do not matter", () => {
  assert.deepEqual(parsePairingLink(`  ${encodePairingLink(EXAMPLE)}&x=new\r\n`), EXAMPLE);
});

test("the Wavry ID of a link is read in its usual form, whatever way it was written", () => {
  const good = encodePairingLink(EXAMPLE);
  for (const written of [EXAMPLE.wavryId.toUpperCase(), ` ${EXAMPLE.wavryId} `])
    assert.deepEqual(parsePairingLink(good.replace(EXAMPLE.wavryId, written)), EXAMPLE);
});

test("a link that lacks a part, has a damaged one or is too long is none", () => {
  const good = encodePairingLink(EXAMPLE);
  const bad = [
    "",
    good.replace("wavry://", "https://"),
    good.replace("/pair/", "/join/"),
    good.replace(EXAMPLE.wavryId, EXAMPLE.wavryId.slice(0, -1)),
    good.replace("s=", "t="),
    good.replace("_w&", "_&"),
    good.replace("_w&", "_x&"),
    good.replace("_w&", "_w&s=AwMDAwMDAwMDAwMDAwMDAw&"),
    good.replace("_w&", "_w&s=&"),
    `${good}?x=1`,
    `${good}#x`,
    good.replace(/&a=.*/, ""),
    good.replace(":4200", ":0"),
    good.replace(":4200", ":65536"),
    good.replace(":4200", ""),
    good.replace("192.0.2.1", "192.0.2.1/24"),
    good + "&a=192.0.2.1:1".repeat(MAX_LINK_ADDRESSES),
    `${good}&x=${"x".repeat(1024)}`,
  ];
  for (const text of bad) assert.equal(parsePairingLink(text), undefined, text);
});

test("what no link can say is not written", () => {
  const addresses = Array(MAX_LINK_ADDRESSES + 1).fill(EXAMPLE.addresses[0]);
  assert.throws(() => encodePairingLink({ ...EXAMPLE, addresses }), RangeError);
  assert.throws(() => encodePairingLink({ ...EXAMPLE, wavryId: "wavry1" }), RangeError);
  for (const wrong of [
    [],
    [{ address: "a&b", port: 1 }],
    [{ address: "", port: 1 }],
    [{ address: "192.0.2.1", port: 0 }],
    [{ address: "192.0.2.1", port: 1.5 }],
    Array(MAX_LINK_ADDRESSES).fill({ address: "x".repeat(200), port: 1 }),
  ])
    assert.throws(() => encodePairingLink({ ...EXAMPLE, addresses: wrong }), RangeError);
  assert.throws(() => encodePairingLink({ ...EXAMPLE, secret: new Uint8Array(15) }), RangeError);
});

test("an address reads back, and takes the default port where it has none", () => {
  fc.assert(
    fc.property(address, (original) => {
      assert.deepEqual(parseHostAddress(formatHostAddress(original)), original);
    }),
  );
  assert.deepEqual(parseHostAddress("host.example", 4200), { address: "host.example", port: 4200 });
  assert.deepEqual(parseHostAddress("[::1]", 4200), { address: "::1", port: 4200 });
  for (const wrong of ["", ":1", "a b:1", "[::1", "[x]:1", "a:99999", "a:-1", "a:1:2", "a:0"])
    assert.equal(parseHostAddress(wrong, 4200), undefined, wrong);
});

test("secrets are fresh, and each stands for a key of its own", () => {
  const [first, second] = [createPairingSecret(suite), createPairingSecret(suite)];
  assert.equal(first.length, PAIRING_SECRET_BYTES);
  assert.notDeepEqual(first, second);
  assert.equal(pairingPsk(suite, first).length, 32);
  assert.notDeepEqual(pairingPsk(suite, first), pairingPsk(suite, second));
});
