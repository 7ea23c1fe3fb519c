import assert from "node:assert/strict";
import {
  createInputState,
  type GamepadState,
  InputReceiver,
  type InputSink,
  readInputDatagram,
  TransitionTarget,
  writeInputDatagram,
} from "@wavry/rift-core";
import type { FuzzTarget } from "../engine/target.ts";
import { joinPieces, pieces } from "./pieces.ts";
import { valueOrRefusal } from "./refusals.ts";

/** What one datagram may inject: a whole map of keys and buttons, two for each transition, some motion, controllers. */
const MAX_INJECTIONS = 2_000;

/** Checks that everything injected is in range, and that nothing is pressed twice or released without being pressed. */
class CheckedSink implements InputSink {
  injections = 0;
  readonly #down = new Set<string>();

  key(usage: number, down: boolean): void {
    assert.ok(usage >= 4 && usage <= 255);
    this.#set(`key ${usage}`, down);
  }
  button(button: number, down: boolean): void {
    assert.ok(button >= 1 && button <= 16);
    this.#set(`button ${button}`, down);
  }
  moveAbsolute(x: number, y: number, display: number): void {
    this.injections++;
    for (const value of [x, y]) assert.ok(value >= 0 && value <= 65_535);
    assert.ok(display >= 0 && display <= 255);
  }
  moveRelative(dx: number, dy: number): void {
    this.injections++;
    for (const value of [dx, dy]) assert.ok(Math.abs(value) <= 32_767);
  }
  scroll(dx120: number, dy120: number): void {
    this.injections++;
    for (const value of [dx120, dy120]) assert.ok(Math.abs(value) <= 120 * 128);
  }
  gamepad(index: number, state: GamepadState | undefined): void {
    assert.ok(index >= 0 && index <= 3);
    if (state === undefined) {
      this.#set(`controller ${index}`, false);
      return;
    }
    this.injections++;
    this.#down.add(`controller ${index}`);
    assert.ok(state.buttons >= 0 && state.buttons <= 0x1ffff);
    for (const trigger of [state.leftTrigger, state.rightTrigger])
      assert.ok(trigger >= 0 && trigger <= 255);
    for (const axis of [state.leftX, state.leftY, state.rightX, state.rightY])
      assert.ok(axis >= -32_768 && axis <= 32_767);
  }
  get holdsAnything(): boolean {
    return this.#down.size > 0;
  }
  #set(what: string, down: boolean): void {
    this.injections++;
    assert.ok(this.#down.has(what) !== down, `${what} ${down ? "pressed" : "released"} twice`);
    if (down) this.#down.add(what);
    else this.#down.delete(what);
  }
}

export const inputDatagram: FuzzTarget = {
  name: "input-datagram",
  summary: "a sequence of input datagrams: each press has one release, and nothing is out of range",
  maxBytes: 1600,
  run(input) {
    const receiver = new InputReceiver();
    const sink = new CheckedSink();
    let now = 1_000_000;
    for (const { kind, bytes } of pieces(input)) {
      now += kind * 1_000;
      sink.injections = 0;
      valueOrRefusal(() => receiver.receive(bytes, now, sink));
      assert.ok(sink.injections <= MAX_INJECTIONS);
      receiver.handleTimeout(now, sink);
      receiver.pollAcknowledgement(now);
      const state = createInputState();
      const known = valueOrRefusal(() => readInputDatagram(bytes, state) ?? true);
      if (known === undefined) continue;
      const again = new Uint8Array(bytes.length);
      const end = writeInputDatagram(again, 0, state);
      // Reserved bits are lost on the way, and bytes after the end.
      again[1] = bytes[1]!;
      assert.deepEqual(again.subarray(0, end), bytes.slice(0, end));
    }
    receiver.releaseAll(sink);
    assert.ok(!receiver.holdsAnything);
    receiver.unplugGamepads(sink);
    assert.ok(!sink.holdsAnything);
  },
  seeds: () => {
    const datagram = (sequence: number, keys: readonly number[], pads = 0): Uint8Array => {
      const state = createInputState();
      state.sequence = sequence;
      state.absolute = sequence % 2 === 0;
      state.x = 30_000;
      state.motionX = sequence * 5;
      state.scrollY = -120 * sequence;
      state.firstTransition = sequence;
      for (const key of keys) state.keys[key >> 3]! |= 1 << (key & 7);
      state.transitionCount = keys.length;
      for (const [i, code] of keys.entries())
        Object.assign(state.transitions[i]!, { target: TransitionTarget.key, code, down: true });
      state.gamepads.used = pads > 0;
      state.gamepads.pastCount = pads > 0 ? 1 : 0;
      state.gamepads.presentCount = pads;
      for (let i = 0; i <= pads; i++)
        Object.assign(state.gamepads.records[i]!, {
          ...{ index: Math.max(0, i - 1), present: true, buttons: i === 0 ? 1 : 0x1_0000 },
          ...{ leftTrigger: 255, leftX: -32_767, rightY: sequence },
        });
      const out = new Uint8Array(400);
      return out.slice(0, writeInputDatagram(out, 0, state));
    };
    const piece = (kind: number, bytes: Uint8Array) => ({ kind, bytes });
    return [
      joinPieces([piece(1, datagram(0, [])), piece(5, datagram(1, [4, 5]))]),
      joinPieces([piece(1, datagram(3, [20])), piece(255, datagram(4, []))]),
      joinPieces([piece(1, datagram(0, [], 2)), piece(2, datagram(1, [4], 4))]),
      joinPieces([piece(1, datagram(5, [], 1)), piece(255, datagram(6, []))]),
    ];
  },
};
