import assert from "node:assert/strict";
import { createHash, createHmac } from "node:crypto";
import { test } from "node:test";
import {
  AttributeType,
  BINDING_METHOD,
  findAttribute,
  readStun,
  readXorAddress,
  StunClass,
  type StunMessage,
  writeStun,
  writeXorAddress,
} from "../src/index.ts";
import { hex } from "./hex.ts";

const ID = hex("b7e7a701bc34d686fa87dfae");
const PASSWORD = Buffer.from("VOkJxbRl1RmTxUk/WvJxBt");
const TEXT = new TextDecoder();

/** RFC 5769 §2.1. */
const REQUEST = hex(`
  00010058 2112a442 b7e7a701 bc34d686 fa87dfae
  80220010 5354554e 20746573 7420636c 69656e74
  00240004 6e0001ff
  80290008 932ff9b1 51263b36
  00060009 6576746a 3a683676 59202020
  00080014 9aeaa70c bfd8cb56 781ef2b5 b2d3f249 c1b571a2
  80280004 e57a3bcf`);
/** §2.2. */
const IPV4_RESPONSE = hex(`
  0101003c 2112a442 b7e7a701 bc34d686 fa87dfae
  8022000b 74657374 20766563 746f7220
  00200008 0001a147 e112a643
  00080014 2b91f599 fd9e90c3 8c7489f9 2af9ba53 f06be7d7
  80280004 c07d4c96`);
/** §2.3. */
const IPV6_RESPONSE = hex(`
  01010048 2112a442 b7e7a701 bc34d686 fa87dfae
  8022000b 74657374 20766563 746f7220
  00200014 0002a147 0113a9fa a5d3f179 bc25f4b5 bed2b9d9
  00080014 a382954e 4be67bf1 1784c97c 8292c275 bfe3ed41
  80280004 c8fb0b4c`);
/** §2.4. */
const LONG_TERM_REQUEST = hex(`
  00010060 2112a442 78ad3433 c6ad72c0 29da412e
  00060012 e3839ee3 8388e383 aae38383 e382afe3 82b90000
  0015001c 662f2f34 39396b39 35346436 4f4c3334 6f4c3946 53547679 36347341
  0014000b 6578616d 706c652e 6f726700
  00080014 f6702465 6dd64a3e 02b8e071 2e85c9a2 8ca89666`);

test("the sample request of RFC 5769 is read with all its attributes and its fingerprint", () => {
  const message = readStun(REQUEST);
  assert.deepEqual([message.class, message.method], [StunClass.request, BINDING_METHOD]);
  assert.deepEqual(message.transactionId, ID);
  assert.equal(message.fingerprint, true);
  assert.deepEqual(
    message.attributes.map(({ type }) => type),
    [0x8022, 0x0024, 0x8029, 0x0006, 0x0008],
  );
  assert.equal(textOf(message, AttributeType.software), "STUN test client");
  assert.equal(textOf(message, AttributeType.username), "evtj:h6vY");
  assert.deepEqual(integrityOf(message), hmac(REQUEST, PASSWORD));
});

for (const [family, bytes, mapped] of [
  ["IPv4", IPV4_RESPONSE, { address: "192.0.2.1", port: 32853 }],
  ["IPv6", IPV6_RESPONSE, { address: "2001:db8:1234:5678:11:2233:4455:6677", port: 32853 }],
] as const)
  test(`the sample ${family} response of RFC 5769 is read, and its address written to the same bytes`, () => {
    const message = readStun(bytes);
    assert.deepEqual([message.class, message.fingerprint], [StunClass.success, true]);
    assert.equal(textOf(message, AttributeType.software), "test vector");
    const value = findAttribute(message, AttributeType.xorMappedAddress)!;
    assert.deepEqual(readXorAddress(value, message.transactionId), mapped);
    assert.deepEqual(writeXorAddress(mapped, ID), value);
    assert.deepEqual(integrityOf(message), hmac(bytes, PASSWORD));
    const again = readStun(writeStun(message));
    assert.deepEqual(again, message);
  });

test("the sample request with long-term credentials of RFC 5769 is read; it has no fingerprint", () => {
  const message = readStun(LONG_TERM_REQUEST);
  assert.equal(message.fingerprint, false);
  assert.equal(textOf(message, AttributeType.username), "マトリックス");
  assert.equal(textOf(message, AttributeType.nonce), "f//499k954d6OL34oL9FSTvy64sA");
  assert.equal(textOf(message, AttributeType.realm), "example.org");
  const key = createHash("md5").update("マトリックス:example.org:TheMatrIX").digest();
  assert.deepEqual(integrityOf(message), hmac(LONG_TERM_REQUEST, key));
  assert.deepEqual(writeStun(message), LONG_TERM_REQUEST);
});

function textOf(message: StunMessage, type: number): string {
  return TEXT.decode(findAttribute(message, type));
}

function integrityOf(message: StunMessage): Uint8Array {
  return Uint8Array.from(findAttribute(message, AttributeType.messageIntegrity)!);
}

/** RFC 8489 §14.5: what MESSAGE-INTEGRITY of these samples has to be, which shows that they are the RFC's. */
function hmac(bytes: Uint8Array, key: Uint8Array): Uint8Array {
  const fingerprint = bytes[bytes.length - 8] === 0x80 ? 8 : 0;
  const signed = bytes.slice(0, bytes.length - fingerprint - 24);
  signed[3] = signed.length + 24 - 20;
  return Uint8Array.from(createHmac("sha1", key).update(signed).digest());
}
