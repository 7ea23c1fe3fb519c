import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Announcer } from "../src/announcer.ts";
import { Browser } from "../src/browser.ts";
import { makeMark, readMark } from "../src/mark.ts";
import { MAX_MESSAGE_BYTES, type MdnsMessage, readMessage, writeMessage } from "../src/message.ts";
import { labelIn, labelOf, numbered, SERVICE } from "../src/service.ts";

const MESSAGE: MdnsMessage = {
  isResponse: true,
  questions: [{ name: SERVICE, type: "PTR" }],
  records: [
    { name: SERVICE, type: "PTR", ttl: 4_500, flush: false, target: `den (2).${SERVICE}` },
    { name: `den (2).${SERVICE}`, type: "SRV", ttl: 120, flush: true, target: "a.local", port: 9 },
    { name: `den (2).${SERVICE}`, type: "TXT", ttl: 120, flush: true, entries: ["v=1", "s=x"] },
    { name: "a.local", type: "A", ttl: 120, flush: true, address: "192.168.1.1" },
    { name: "a.local", type: "AAAA", ttl: 120, flush: true, address: "fe80::1" },
  ],
  proposed: [],
};

test("a message that was written is read as it was", () => {
  assert.deepEqual(readMessage(writeMessage(MESSAGE)), MESSAGE);
});

test("bytes of any kind, also spoilt messages, give a message or nothing, and no machine minds what they say", () => {
  const now = 0;
  const browser = new Browser(now);
  const mark = makeMark("wavry1");
  const options = { name: "den (2)", port: 1, mark, target: "a", random: () => 0.5 };
  const announcer = new Announcer(options, now);
  const whole = writeMessage(MESSAGE);
  const spoilt = fc
    .array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { minLength: 1, maxLength: 12 })
    .map((changes) => {
      const bytes = whole.slice();
      for (const [at, value] of changes) bytes[at] = value;
      return bytes;
    });
  const cut = fc.nat(whole.length).map((length) => whole.slice(0, length));
  const any = fc.oneof(spoilt, cut, fc.uint8Array({ maxLength: 600 }));
  fc.assert(
    fc.property(any, (bytes) => {
      const message = readMessage(bytes);
      if (message === undefined) return;
      browser.receive(message, { source: "192.168.1.1", usable: (each) => each }, now);
      announcer.receive(message, now);
      browser.hosts(now);
    }),
    { numRuns: 5_000 },
  );
});

test("a message that is too long, or claims to hold very much, is not read", () => {
  assert.equal(readMessage(new Uint8Array(MAX_MESSAGE_BYTES + 1)), undefined);
  const bytes = writeMessage(MESSAGE);
  bytes[6] = 0xff;
  assert.equal(readMessage(bytes), undefined);
});

test("a name becomes one label: no dots, nothing invisible, at most 63 bytes, never nothing", () => {
  fc.assert(
    fc.property(
      fc.string({ unit: "binary", maxLength: 100 }),
      fc.integer({ min: 1, max: 30 }),
      (name, number) => {
        const label = numbered(name, number);
        assert.ok(Buffer.byteLength(label) <= 63 && label.length > 0);
        assert.ok(!label.includes(".") && !/\p{C}/u.test(label));
        assert.equal(labelIn(`${label}.${SERVICE}`), label);
      },
    ),
  );
  assert.equal(labelOf("Ada's PC. 2"), "Ada's PC 2");
  assert.equal(labelIn(SERVICE), undefined);
});

test("a mark is read only in its shape, and is another at each start", () => {
  const { salt, mark } = makeMark("wavry1");
  assert.deepEqual(readMark([`s=${salt}`, `h=${mark}`]), { salt, mark });
  for (const entries of [[], [`s=${salt}`], [`s=${salt}`, `h=${mark}x`], ["s=", "h="]])
    assert.equal(readMark(entries), undefined);
  assert.notEqual(makeMark("wavry1").mark, mark);
});
