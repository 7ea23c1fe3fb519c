import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  createInputState,
  INPUT_HEAD_BYTES,
  type InputState,
  inputDatagramBytes,
  MAX_INPUT_BYTES,
  MAX_INPUT_TRANSITIONS,
  readInputDatagram,
  writeInputDatagram,
} from "../../src/input/index.ts";
import { WireError } from "../../src/wire-error.ts";

const u8 = fc.integer({ min: 0, max: 255 });
const u16 = fc.integer({ min: 0, max: 65_535 });
const u32 = fc.integer({ min: 0, max: 0xffff_ffff });
const i32 = fc.integer({ min: -0x8000_0000, max: 0x7fff_ffff });

const plain = { noNullPrototype: true };

const transition = fc
  .record({ isButton: fc.boolean(), usage: u8, button: fc.integer({ min: 1, max: 16 }) })
  .chain(({ isButton, usage, button }) =>
    fc.record(
      {
        target: fc.constant(isButton ? (1 as const) : (0 as const)),
        code: fc.constant(isButton ? button : usage),
        down: fc.boolean(),
        absolute: fc.boolean(),
        display: u8,
        x: u16,
        y: u16,
        scrollX: u16,
        scrollY: u16,
      },
      plain,
    ),
  );

const inputState: fc.Arbitrary<InputState> = fc.record(
  {
    sequence: u32,
    absolute: fc.boolean(),
    display: u8,
    x: u16,
    y: u16,
    motionX: i32,
    motionY: i32,
    scrollX: i32,
    scrollY: i32,
    buttons: fc.uint8Array({ minLength: 2, maxLength: 2 }),
    keys: fc.uint8Array({ minLength: 32, maxLength: 32 }),
    firstTransition: u32,
    transitionCount: fc.integer({ min: 0, max: MAX_INPUT_TRANSITIONS }),
    transitions: fc.array(transition, {
      minLength: MAX_INPUT_TRANSITIONS,
      maxLength: MAX_INPUT_TRANSITIONS,
    }),
  },
  plain,
);

test("a written datagram reads back the same, at any offset and with bytes after it", () => {
  fc.assert(
    fc.property(inputState, fc.integer({ min: 0, max: 9 }), (state, offset) => {
      const bytes = new Uint8Array(offset + MAX_INPUT_BYTES + 3);
      const end = writeInputDatagram(bytes, offset, state);
      assert.equal(end - offset, inputDatagramBytes(state.transitionCount));
      const back = createInputState();
      readInputDatagram(bytes.subarray(offset), back);
      const used = (s: InputState) => ({
        ...s,
        transitions: s.transitions.slice(0, s.transitionCount),
      });
      assert.deepEqual(used(back), used(state));
    }),
  );
});

test("any bytes give a state or a WireError", () => {
  const into = createInputState();
  const noise = fc.uint8Array({ maxLength: MAX_INPUT_BYTES + 10 });
  const nearly = noise.map((bytes) => {
    if (bytes.length > 3) bytes.set([1, bytes[1]!, bytes[2]!, bytes[3]! % 26]);
    return bytes;
  });
  fc.assert(
    fc.property(fc.oneof(noise, nearly), (bytes) => {
      try {
        readInputDatagram(bytes, into);
      } catch (error) {
        assert.ok(error instanceof WireError);
      }
    }),
    { numRuns: 2000 },
  );
});

test("the largest datagram stays far below a packet's payload", () => {
  assert.equal(MAX_INPUT_BYTES, 330);
});

test("each field stands where the specification puts it", () => {
  const state = createInputState();
  Object.assign(state, { sequence: 0x01020304, absolute: true, display: 5, x: 0x0607, y: 0x0809 });
  Object.assign(state, { motionX: -1, motionY: 2, scrollX: -120, scrollY: 120 });
  state.buttons[0] = 0b101;
  state.keys[0] = 1 << 4;
  state.firstTransition = 0x0a0b0c0d;
  state.transitionCount = 1;
  Object.assign(state.transitions[0]!, { target: 1, code: 3, down: true, absolute: true });
  Object.assign(state.transitions[0]!, { display: 5, x: 0x0607, y: 0x0809, scrollY: 120 });
  const bytes = new Uint8Array(inputDatagramBytes(1));
  writeInputDatagram(bytes, 0, state);
  const hex =
    "01010501 01020304 06070809 ffffffff 00000002 ffffff88 00000078 0005" +
    `10${"00".repeat(31)} 0a0b0c0d 07 03 05 0607 0809 0000 0078`;
  assert.equal(bytes.toHex(), hex.replaceAll(" ", ""));
});

test("another version, too many transitions, a cut and an unknown kind are refused", () => {
  const state = createInputState();
  state.transitionCount = 2;
  const bytes = new Uint8Array(MAX_INPUT_BYTES + 11);
  writeInputDatagram(bytes, 0, state);
  const refuse = (change: (b: Uint8Array) => Uint8Array, code: string) =>
    assert.throws(() => readInputDatagram(change(bytes.slice()), createInputState()), {
      name: "WireError",
      code,
    });
  const set = (at: number, value: number) => (b: Uint8Array) => {
    b[at] = value;
    return b;
  };
  refuse(set(0, 2), "unsupported");
  refuse(set(3, MAX_INPUT_TRANSITIONS + 1), "limit");
  refuse((b) => b.subarray(0, INPUT_HEAD_BYTES + 21), "truncated");
  refuse((b) => b.subarray(0, 0), "truncated");
  refuse(set(INPUT_HEAD_BYTES, 8), "malformed");
  refuse(set(INPUT_HEAD_BYTES, 1), "malformed");
});
