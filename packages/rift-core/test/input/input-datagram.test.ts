import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  createInputState,
  type GamepadSection,
  INPUT_HEAD_BYTES,
  type InputState,
  inputDatagramBytes,
  MAX_INPUT_BYTES,
  MAX_INPUT_TRANSITIONS,
  MAX_PAST_GAMEPADS,
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

const i16 = fc.integer({ min: -32_768, max: 32_767 });
const gamepadRecord = fc.record(
  {
    index: fc.integer({ min: 0, max: 3 }),
    present: fc.boolean(),
    buttons: fc.integer({ min: 0, max: 0x1ffff }),
    ...{ leftTrigger: u8, rightTrigger: u8, leftX: i16, leftY: i16, rightX: i16, rightY: i16 },
  },
  plain,
);

const gamepads: fc.Arbitrary<GamepadSection> = fc
  .tuple(
    u32,
    fc.array(gamepadRecord, { maxLength: MAX_PAST_GAMEPADS }),
    fc.subarray([0, 1, 2, 3]),
    fc.array(gamepadRecord, { minLength: 4, maxLength: 4 }),
  )
  .map(([firstPast, past, present, states]) => ({
    used: true,
    firstPast,
    pastCount: past.length,
    presentCount: present.length,
    records: [...past, ...present.map((index) => ({ ...states[index]!, index, present: true }))],
  }));

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
    gamepads: fc.option(gamepads, { nil: createInputState().gamepads }),
  },
  plain,
);

test("a written datagram reads back the same, at any offset and with bytes after it", () => {
  fc.assert(
    fc.property(inputState, fc.integer({ min: 0, max: 9 }), (state, offset) => {
      const bytes = new Uint8Array(offset + MAX_INPUT_BYTES + 3);
      const end = writeInputDatagram(bytes, offset, state);
      const { used, pastCount, presentCount } = state.gamepads;
      const records = used ? pastCount + presentCount : undefined;
      assert.equal(end - offset, inputDatagramBytes(state.transitionCount, records));
      const back = createInputState();
      readInputDatagram(bytes.subarray(offset), back);
      const inUse = (s: InputState) => ({
        ...s,
        transitions: s.transitions.slice(0, s.transitionCount),
        gamepads: used && { ...s.gamepads, records: s.gamepads.records.slice(0, records) },
      });
      assert.deepEqual(inUse(back), inUse(state));
    }),
  );
});

test("any bytes give a state or a WireError", () => {
  const into = createInputState();
  const noise = fc.uint8Array({ maxLength: MAX_INPUT_BYTES + 10 });
  const nearly = noise.map((bytes) => {
    if (bytes.length > 3) bytes.set([1, bytes[1]!, bytes[2]!, bytes[3]! % 26]);
    const section = inputDatagramBytes(bytes[3]!);
    if (bytes.length > section + 6) bytes.set([bytes[4]! % 26, bytes[5]! % 6], section + 4);
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
  assert.equal(inputDatagramBytes(MAX_INPUT_TRANSITIONS), 330);
  assert.equal(MAX_INPUT_BYTES, 728);
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

const PAD = {
  ...{ index: 2, present: true, buttons: 0x10001, leftTrigger: 1, rightTrigger: 255 },
  ...{ leftX: -32_767, leftY: 2, rightX: 3, rightY: -1 },
};

/** A datagram with one past state, and the controller as it is now. */
function withGamepads(): Uint8Array {
  const state = createInputState();
  const { gamepads } = state;
  Object.assign(gamepads, { used: true, firstPast: 0x01020304, pastCount: 1, presentCount: 1 });
  Object.assign(gamepads.records[0]!, { index: 1, present: false });
  Object.assign(gamepads.records[1]!, PAD);
  const bytes = new Uint8Array(inputDatagramBytes(0, 2));
  writeInputDatagram(bytes, 0, state);
  return bytes;
}

test("the section of controllers stands after the transitions, and is told by a flag", () => {
  const bytes = withGamepads();
  assert.equal(bytes[1], 2);
  const hex = `01020304 01 01 01${"00".repeat(13)} 06 010001 01 ff 8001 0002 0003 ffff`;
  assert.equal(bytes.subarray(INPUT_HEAD_BYTES).toHex(), hex.replaceAll(" ", ""));
  const back = createInputState();
  readInputDatagram(bytes, back);
  assert.deepEqual(back.gamepads.records[1], PAD);
  bytes[1] = 0;
  readInputDatagram(bytes, back);
  assert.equal(back.gamepads.used, false);
});

test("controllers beyond their count, out of order or of no known kind are refused", () => {
  const at = INPUT_HEAD_BYTES;
  const refuse = (offset: number, value: number, code: string) => {
    const bytes = withGamepads();
    bytes[at + offset] = value;
    assert.throws(() => readInputDatagram(bytes, createInputState()), { name: "WireError", code });
  };
  refuse(4, MAX_PAST_GAMEPADS + 1, "limit");
  refuse(5, 5, "limit");
  refuse(5, 2, "truncated");
  refuse(6, 8, "malformed");
  refuse(7, 2, "malformed");
  refuse(20, 2, "malformed");
  const twice = new Uint8Array([...withGamepads(), ...withGamepads().subarray(-14)]);
  twice[at + 5] = 2;
  assert.throws(() => readInputDatagram(twice, createInputState()), { code: "malformed" });
});
