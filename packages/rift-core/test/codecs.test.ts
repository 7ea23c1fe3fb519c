import assert from "node:assert/strict";
import { test } from "node:test";
import {
  CloseReason,
  COOKIE_FIELD_BYTES,
  closeReasonName,
  HandshakePattern,
  handshakeHead,
  INITIATION_BYTES,
  INITIATION_COOKIE_AT,
  INITIATION_GATE_AT,
  INITIATION_PROOF_AT,
  type PacketHeader,
  PacketType,
  readCursorPosition,
  readFragmentHead,
  readHandshakePacket,
  readInputAcknowledged,
  readPacketHeader,
  readPing,
  readPong,
  readReport,
  readScreenUpdate,
  readU64,
  screenUpdateHeaderBytes,
  UpdateCodec,
  WireError,
  writeCookieReply,
  writeCursorPosition,
  writeFinish,
  writeFragmentHead,
  writeInitiation,
  writeInputAcknowledged,
  writePacketHeader,
  writePing,
  writePong,
  writeReport,
  writeResponse,
  writeScreenUpdateHeader,
  writeU64,
} from "@wavry/rift-core";
import {
  decodeControl,
  encodeControl,
  readClose,
  readControlAcknowledgement,
  readControlData,
  writeClose,
  writeControlAcknowledgement,
  writeControlDataHead,
} from "@wavry/rift-core/control";
import fc from "fast-check";

const u8 = fc.integer({ min: 0, max: 0xff });
const u16 = fc.integer({ min: 0, max: 0xffff });
const u32 = fc.integer({ min: 0, max: 0xffff_ffff });
const id = fc.integer({ min: 1, max: 0xffff_ffff });
const u53 = fc.maxSafeNat();
const bytes = (length: number): fc.Arbitrary<Uint8Array> =>
  fc.uint8Array({ minLength: length, maxLength: length });

/** Reads any bytes, near misses of `valid` included: a value or a WireError. */
function readsAnything(read: (input: Uint8Array) => unknown, valid: Uint8Array): void {
  const attempt = (input: Uint8Array): void => {
    try {
      read(input);
    } catch (error) {
      assert.ok(error instanceof WireError, String(error));
    }
  };
  fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), attempt), { numRuns: 300 });
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(valid.length), u8), { maxLength: 4 }), (changes) => {
      const changed = valid.slice();
      for (const [at, value] of changes) changed[at] = value;
      attempt(changed);
    }),
    { numRuns: 300 },
  );
  for (let length = 0; length <= valid.length; length++) attempt(valid.subarray(0, length));
}

test("a 64-bit number survives, and one of 2^53 or more is a WireError", () => {
  fc.assert(
    fc.property(u53, (value) => {
      const out = new Uint8Array(8);
      writeU64(out, 0, value);
      assert.equal(readU64(out, 0), value);
    }),
  );
  assert.throws(() => readU64(Uint8Array.of(0, 0x20, 0, 0, 0, 0, 0, 0), 0), WireError);
});

test("a packet header survives, and any bytes give a header or a WireError", () => {
  const into: PacketHeader = { channel: 0, keyEpoch: 0, connectionId: 0, packetNumber: 0 };
  const packetNumber = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER });
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 255 }),
      u16,
      id,
      packetNumber,
      (channel, keyEpoch, connectionId, number) => {
        const out = new Uint8Array(40);
        assert.equal(writePacketHeader(out, 0, channel, keyEpoch, connectionId, number), 16);
        readPacketHeader(out, into);
        assert.deepEqual(into, { channel, keyEpoch, connectionId, packetNumber: number });
      },
    ),
  );
  const valid = new Uint8Array(40);
  writePacketHeader(valid, 0, 1, 0, 1, 1);
  readsAnything((input) => readPacketHeader(input, into), valid);
});

test("a packet header with a zero channel, connection or number is a WireError", () => {
  const into: PacketHeader = { channel: 0, keyEpoch: 0, connectionId: 0, packetNumber: 0 };
  for (const [channel, connection, number] of [
    [0, 1, 1],
    [1, 0, 1],
    [1, 1, 0],
  ] as const) {
    const out = new Uint8Array(40);
    writePacketHeader(out, 0, channel, 0, connection, number);
    assert.throws(() => readPacketHeader(out, into), WireError);
  }
});

test("handshake packets survive, and any bytes give a packet or a WireError", () => {
  for (const pattern of Object.values(HandshakePattern)) {
    const head = handshakeHead(PacketType.initiation, pattern, 7);
    const message = new Uint8Array(pattern === HandshakePattern.known ? 32 : 48).fill(3);
    const initiation = writeInitiation(head, message);
    initiation.fill(4, INITIATION_PROOF_AT, INITIATION_GATE_AT);
    initiation.fill(6, INITIATION_GATE_AT, INITIATION_COOKIE_AT);
    initiation.fill(5, INITIATION_COOKIE_AT, INITIATION_COOKIE_AT + COOKIE_FIELD_BYTES);
    assert.equal(initiation.length, INITIATION_BYTES);
    const read = readHandshakePacket(initiation);
    assert.ok(read.type === PacketType.initiation);
    assert.equal(read.senderId, 7);
    assert.equal(read.pattern, pattern);
    assert.deepEqual(read.head, head);
    assert.deepEqual(read.message, message);
    assert.deepEqual(read.proven, initiation.subarray(0, 56));
    assert.deepEqual(read.gated, initiation.subarray(0, 72));
    assert.deepEqual(read.gate, new Uint8Array(16).fill(6));
    assert.deepEqual(read.proof, new Uint8Array(16).fill(4));
    assert.deepEqual(read.cookie, new Uint8Array(16).fill(5));
    readsAnything(readHandshakePacket, initiation);
    const response = writeResponse(pattern, 8, 9, message);
    assert.deepEqual(readHandshakePacket(response), {
      type: PacketType.response,
      receiverId: 8,
      senderId: 9,
      message,
    });
    readsAnything(readHandshakePacket, response);
    const finish = writeFinish(pattern, 10, message);
    assert.deepEqual(readHandshakePacket(finish), {
      type: PacketType.finish,
      receiverId: 10,
      message,
    });
    const cookie = new Uint8Array(16).fill(1);
    const code = new Uint8Array(16).fill(2);
    const reply = writeCookieReply(pattern, 11, cookie, code);
    assert.deepEqual(readHandshakePacket(reply), {
      type: PacketType.cookie,
      receiverId: 11,
      cookie,
      code,
    });
    readsAnything(readHandshakePacket, reply);
  }
});

test("an initiation of another length, version or with dirty padding is a WireError", () => {
  const head = handshakeHead(PacketType.initiation, HandshakePattern.known, 7);
  const good = writeInitiation(head, new Uint8Array(32));
  assert.throws(() => readHandshakePacket(good.subarray(0, 255)), { code: "truncated" });
  for (const [at, code] of [
    [1, "unsupported"],
    [3, "unsupported"],
    [55, "malformed"],
    [104, "malformed"],
    [255, "malformed"],
  ] as const) {
    const bad = good.slice();
    bad[at] = 9;
    assert.throws(() => readHandshakePacket(bad), { code });
  }
});

const screenUpdate = fc
  .record({
    codec: fc.constantFrom(...Object.values(UpdateCodec)),
    keyframe: fc.boolean(),
    display: u8,
    width: fc.integer({ min: 1, max: 0xffff }),
    height: fc.integer({ min: 1, max: 0xffff }),
    capturedAt: u53,
    captureMicros: u32,
    convertMicros: u32,
    encodeMicros: u32,
    payload: fc.uint8Array({ maxLength: 100 }),
    cuts: fc.array(fc.tuple(fc.nat(), fc.nat(), fc.nat(), fc.nat()), {
      minLength: 1,
      maxLength: 64,
    }),
  })
  .map(({ width, height, cuts, ...rest }) => ({
    ...rest,
    screen: { width, height },
    rects: cuts.map(([a, b, c, d], index) => {
      // A keyframe has one that is the whole screen.
      if (rest.keyframe && index === 0) return { x: 0, y: 0, width, height };
      const x = a % width;
      const y = b % height;
      return { x, y, width: 1 + (c % (width - x)), height: 1 + (d % (height - y)) };
    }),
  }));

test("a screen update survives, and any bytes give an update or a WireError", () => {
  fc.assert(
    fc.property(screenUpdate, (update) => {
      const header = screenUpdateHeaderBytes(update.rects.length);
      const out = new Uint8Array(header + update.payload.length);
      assert.equal(writeScreenUpdateHeader(out, 0, update), header);
      out.set(update.payload, header);
      assert.deepEqual(readScreenUpdate(out), update);
    }),
  );
  const [sample] = fc.sample(screenUpdate, { numRuns: 1, seed: 1 });
  const valid = new Uint8Array(screenUpdateHeaderBytes(sample!.rects.length));
  writeScreenUpdateHeader(valid, 0, sample!);
  readsAnything(readScreenUpdate, valid);
});

test("a screen update with no, too many, empty or outlying rectangles is refused both ways", () => {
  const good = {
    codec: UpdateCodec.patch,
    keyframe: false,
    display: 0,
    screen: { width: 10, height: 10 },
    capturedAt: 0,
    captureMicros: 0,
    convertMicros: 0,
    encodeMicros: 0,
  };
  const rect = { x: 0, y: 0, width: 10, height: 10 };
  for (const rects of [
    [],
    Array.from({ length: 65 }, () => rect),
    [{ ...rect, width: 0 }],
    [{ ...rect, x: 1 }],
    [{ ...rect, height: 11 }],
  ]) {
    const out = new Uint8Array(1000);
    assert.throws(() => writeScreenUpdateHeader(out, 0, { ...good, rects }), RangeError);
  }
  const out = new Uint8Array(36);
  writeScreenUpdateHeader(out, 0, { ...good, rects: [rect] });
  out[29] = 1;
  assert.throws(() => readScreenUpdate(out), { code: "malformed" });
});

test("a fragment head survives, and any bytes give a head or a WireError", () => {
  const into = { frameId: 0, index: 0, count: 0, pieceBytes: 0, keyframe: false };
  fc.assert(
    fc.property(
      id,
      fc.integer({ min: 1, max: 8192 }),
      fc.nat(),
      fc.integer({ min: 1, max: 1156 }),
      fc.boolean(),
      (frameId, count, place, pieceBytes, keyframe) => {
        const head = { frameId, index: place % count, count, pieceBytes, keyframe };
        const out = new Uint8Array(12 + pieceBytes);
        assert.equal(writeFragmentHead(out, 0, head), 12);
        readFragmentHead(out, out.length, into);
        assert.deepEqual(into, head);
      },
    ),
  );
  const valid = new Uint8Array(112);
  writeFragmentHead(valid, 0, { frameId: 1, index: 0, count: 2, pieceBytes: 100, keyframe: true });
  readsAnything((input) => readFragmentHead(input, input.length, into), valid);
});

test("feedback messages survive, and any bytes give a message or a WireError", () => {
  const report = {
    highestPacketNumber: 0,
    packetsReceived: 0,
    packetsLost: 0,
    largestCompleteFrame: 0,
    keyframeWanted: false,
    keyframeSince: 0,
    echoSentAt: 0,
    echoDelayMicros: 0,
    hasArrivals: false,
  };
  const ping = { sentAt: 0, lastFrame: 0 };
  const pong = { echoSentAt: 0, receivedAt: 0, sentAt: 0 };
  const out = new Uint8Array(64);
  fc.assert(
    fc.property(u53, u53, u53, u32, u32, fc.boolean(), (a, b, c, d, e, flag) => {
      const sent = {
        highestPacketNumber: a,
        packetsReceived: b,
        packetsLost: d,
        largestCompleteFrame: e,
        keyframeWanted: flag,
        keyframeSince: d,
        echoSentAt: c,
        echoDelayMicros: e,
        hasArrivals: a % 2 === 1,
      };
      readReport(out.subarray(0, writeReport(out, 0, sent)), report);
      assert.deepEqual(report, sent);
      readPing(out.subarray(0, writePing(out, 0, a, d)), ping);
      assert.deepEqual(ping, { sentAt: a, lastFrame: d });
      const times = { echoSentAt: a, receivedAt: b, sentAt: c };
      readPong(out.subarray(0, writePong(out, 0, times)), pong);
      assert.deepEqual(pong, times);
      assert.equal(readInputAcknowledged(out.subarray(0, writeInputAcknowledged(out, 0, d))), d);
    }),
  );
  readsAnything((input) => readReport(input, report), new Uint8Array(46));
  readsAnything((input) => readPing(input, ping), new Uint8Array(14));
  readsAnything((input) => readPong(input, pong), new Uint8Array(26));
  readsAnything(readInputAcknowledged, new Uint8Array(6));
});

test("a cursor position survives, and any bytes give a position or a WireError", () => {
  const i16 = fc.integer({ min: -32768, max: 32767 });
  fc.assert(
    fc.property(
      u32,
      u8,
      i16,
      i16,
      fc.boolean(),
      u32,
      (sequence, display, x, y, visible, shapeId) => {
        const position = { display, x, y, visible, shapeId };
        const out = new Uint8Array(14);
        assert.equal(writeCursorPosition(out, 0, sequence, position), 14);
        assert.deepEqual(readCursorPosition(out), { ...position, sequence });
      },
    ),
  );
  readsAnything(readCursorPosition, new Uint8Array(14));
});

test("control frames survive, and any bytes give a frame or a WireError", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 2 ** 50 }),
      fc.nat(1 << 20),
      fc.array(fc.tuple(fc.integer({ min: 1, max: 9999 }), fc.integer({ min: 1, max: 9999 })), {
        maxLength: 8,
      }),
      (received, room, gaps) => {
        let at = received;
        const ranges = gaps.map(([gap, length]) => {
          const start = at + gap;
          at = start + length;
          return { start, end: at };
        });
        const sent = { received, allowed: received + room, ranges };
        const out = new Uint8Array(100);
        const length = writeControlAcknowledgement(out, 0, sent);
        assert.deepEqual(readControlAcknowledgement(out.subarray(0, length)), sent);
        writeControlDataHead(out, 0, received);
        assert.equal(readControlData(out).streamOffset, received);
      },
    ),
  );
  const valid = new Uint8Array(22);
  writeControlAcknowledgement(valid, 0, {
    received: 5,
    allowed: 9,
    ranges: [{ start: 6, end: 7 }],
  });
  readsAnything(readControlAcknowledgement, valid);
  readsAnything(readControlData, valid);
});

test("a close survives; its text is cut at a whole character and loses control characters", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 255 }),
      fc.string({ unit: "grapheme" }),
      (reason, text) => {
        const out = new Uint8Array(300);
        const read = readClose(out.subarray(0, writeClose(out, 0, reason, text)));
        assert.equal(read.reason, reason);
        assert.ok(!/\p{Cc}/u.test(read.message));
        assert.ok(text.replace(/\p{Cc}/gu, " ").startsWith(read.message));
      },
    ),
  );
  const out = new Uint8Array(300);
  const length = writeClose(out, 0, 1, "ä".repeat(200));
  assert.equal(readClose(out.subarray(0, length)).message, "ä".repeat(128));
  readsAnything(readClose, out.subarray(0, length));
  assert.equal(closeReasonName(CloseReason.replaced), "replaced");
  assert.equal(closeReasonName(200), "unknown");
});

test("a control message survives, and any bytes give a message or a WireError", () => {
  const encoded = encodeControl({
    body: {
      case: "hostHello",
      value: {
        protocolVersion: 1,
        deviceName: "den",
        monitors: [{ id: 1, name: "one", width: 1920, height: 1080, primary: true }],
        codecs: ["h264", "patch"],
        rights: { view: true },
      },
    },
  });
  const { body } = decodeControl(encoded);
  assert.ok(body.case === "hostHello");
  assert.equal(body.value.monitors[0]?.width, 1920);
  assert.equal(body.value.rights?.view, true);
  assert.equal(body.value.rights?.keyboard, false);
  readsAnything(decodeControl, encoded);
});

test("a control message of a newer version is read without what is unknown in it", () => {
  // Field 900 with a varint beside a known body, and a body of number 15 alone.
  const known = encodeControl({ body: { case: "notice", value: { code: "a", text: "b" } } });
  assert.equal(decodeControl(Uint8Array.of(...known, 0xa0, 0x38, 1)).body.case, "notice");
  assert.equal(decodeControl(Uint8Array.of(0x7a, 0)).body.case, undefined);
});

test("a cursor shape that does not fit its size is a WireError", () => {
  const shape = { id: 1, width: 2, height: 2, hotspotX: 1, hotspotY: 1, rgba: new Uint8Array(16) };
  const decode = (change: Partial<typeof shape>): unknown =>
    decodeControl(encodeControl({ body: { case: "cursorShape", value: { ...shape, ...change } } }));
  decode({});
  for (const change of [
    { id: 0 },
    { width: 3 },
    { width: 257, height: 1 },
    { hotspotX: 2 },
    { rgba: new Uint8Array(15) },
  ])
    assert.throws(() => decode(change), WireError);
});

test("encoding a control message over 1 MiB is a RangeError", () => {
  const text = "x".repeat(1 << 20);
  assert.throws(() => encodeControl({ body: { case: "notice", value: { text } } }), RangeError);
  fc.assert(fc.property(bytes(4), (four) => four.length === 4));
});
