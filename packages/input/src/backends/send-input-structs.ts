/** Windows INPUT structures as bytes (winuser.h, 64-bit). */

/** Bytes of INPUT. */
export const INPUT_BYTES = 40;
const TYPE_MOUSE = 0;
const TYPE_KEYBOARD = 1;

/** KEYEVENTF_* */
export const KeyFlag = { extended: 1, up: 2, scanCode: 8 } as const;

/** MOUSEEVENTF_* */
export const MouseFlag = {
  move: 0x0001,
  leftDown: 0x0002,
  leftUp: 0x0004,
  rightDown: 0x0008,
  rightUp: 0x0010,
  middleDown: 0x0020,
  middleUp: 0x0040,
  xDown: 0x0080,
  xUp: 0x0100,
  wheel: 0x0800,
  horizontalWheel: 0x1000,
  virtualDesk: 0x4000,
  absolute: 0x8000,
} as const;

/** Writes an INPUT with a KEYBDINPUT for a scan code (0xE0xx: extended); returns the offset after it. */
export function writeKeyInput(
  out: DataView,
  offset: number,
  scanCode: number,
  down: boolean,
): number {
  clear(out, offset);
  out.setUint32(offset, TYPE_KEYBOARD, true);
  out.setUint16(offset + 10, scanCode & 0xff, true);
  const flags =
    KeyFlag.scanCode | (scanCode > 0xff ? KeyFlag.extended : 0) | (down ? 0 : KeyFlag.up);
  out.setUint32(offset + 12, flags, true);
  return offset + INPUT_BYTES;
}

/** Writes an INPUT with a MOUSEINPUT; `data` is the wheel's turn or the extra button. Returns the offset after it. */
export function writeMouseInput(
  out: DataView,
  offset: number,
  x: number,
  y: number,
  data: number,
  flags: number,
): number {
  clear(out, offset);
  out.setUint32(offset, TYPE_MOUSE, true);
  out.setInt32(offset + 8, x, true);
  out.setInt32(offset + 12, y, true);
  out.setInt32(offset + 16, data, true);
  out.setUint32(offset + 20, flags, true);
  return offset + INPUT_BYTES;
}

function clear(out: DataView, offset: number): void {
  for (let at = 0; at < INPUT_BYTES; at += 4) out.setUint32(offset + at, 0, true);
}
