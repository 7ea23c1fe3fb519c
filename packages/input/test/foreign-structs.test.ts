/** The bytes that the back-ends of other systems would hand over. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { writeKeyInput, writeMouseInput } from "../src/backends/send-input-structs.ts";
import {
  absoluteSetup,
  deviceSetup,
  virtualId,
  writeEvent,
} from "../src/backends/uinput-events.ts";
import { PAD_AXES, PAD_ID } from "../src/backends/uinput-gamepad-events.ts";

function hexOf(bytes: number, write: (view: DataView) => number): string {
  const out = new Uint8Array(bytes + 8).fill(0xaa);
  assert.equal(write(new DataView(out.buffer)), bytes);
  assert.equal(out.subarray(bytes).toHex(), "aa".repeat(8), "nothing is written beyond");
  return out.subarray(0, bytes).toHex();
}

test("a Windows key input carries the scan code, the extended flag and the release flag", () => {
  const hex = (scan: number, down: boolean) =>
    hexOf(40, (out) => writeKeyInput(out, 0, scan, down));
  const pad = "00".repeat(24);
  assert.equal(hex(0x1e, true), `010000000000000000001e0008000000${pad}`);
  assert.equal(hex(0x1e, false), `010000000000000000001e000a000000${pad}`);
  assert.equal(hex(0xe04d, true), `010000000000000000004d0009000000${pad}`);
});

test("a Windows mouse input carries motion, wheel and flags", () => {
  const hex = hexOf(40, (out) => writeMouseInput(out, 0, -1, 2, -120, 0x0801));
  assert.equal(hex, `0000000000000000ffffffff0200000088ffffff01080000${"00".repeat(16)}`);
});

test("a Linux input event is 24 bytes with kind, code and value at its end", () => {
  const bytes = new Uint8Array(24);
  assert.equal(writeEvent(new DataView(bytes.buffer), 0, 1, 30, 1), 24);
  assert.equal(bytes.toHex(), `${"00".repeat(16)}01001e0001000000`);
});

test("uinput's set-up structures have the kernel's sizes", () => {
  const device = deviceSetup("Wavry", virtualId(7));
  assert.equal(device.length, 92);
  assert.equal(device.subarray(0, 14).toHex(), "0600000007000100" + "576176727900");
  assert.equal(deviceSetup("x".repeat(200), virtualId(7))[87], 0);
  const axis = absoluteSetup(1, { minimum: 0, maximum: 65_535 });
  assert.equal(axis.length, 28);
  assert.equal(axis.toHex(), `010000000000000000000000ffff0000${"00".repeat(12)}`);
});

test("a controller is set up as an Xbox 360 pad on USB, with signed sticks", () => {
  const device = deviceSetup("pad", PAD_ID);
  assert.equal(device.subarray(0, 12).toHex(), "03005e048e021001" + "70616400");
  const axes = PAD_AXES.map(([axis, range]) => absoluteSetup(axis, range).toHex());
  assert.equal(axes.length, 8);
  const stick = "000000000080ffffff7f00001000000080000000" + "00000000";
  assert.equal(axes[0], `00000000${stick}`);
  assert.equal(axes[4], `020000000000000000000000ff000000${"00".repeat(12)}`);
  assert.equal(axes[7], `1100000000000000ffffffff01000000${"00".repeat(12)}`);
});
