/** Linux input events and uinput requests as bytes (linux/input.h, linux/uinput.h; 64-bit systems, little-endian). */

export const EventKind = { syn: 0, key: 1, rel: 2, abs: 3 } as const;

/** REL_* and ABS_* codes. */
export const Axis = {
  relX: 0,
  relY: 1,
  relHorizontalWheel: 6,
  relWheel: 8,
  relWheelHiRes: 11,
  relHorizontalWheelHiRes: 12,
  absX: 0,
  absY: 1,
} as const;

/** BTN_* by HID button, from 1 on: left, right, middle, side, extra. */
export const BUTTON_CODES: readonly number[] = [0, 0x110, 0x111, 0x112, 0x113, 0x114];

/** ioctl requests. */
export const Request = {
  deviceCreate: 0x5501,
  deviceDestroy: 0x5502,
  deviceSetup: 0x405c5503,
  absoluteSetup: 0x401c5504,
  setEventBit: 0x40045564,
  setKeyBit: 0x40045565,
  setRelativeBit: 0x40045566,
  setAbsoluteBit: 0x40045567,
} as const;

/** Bytes of struct input_event. */
export const EVENT_BYTES = 24;
const BUS_VIRTUAL = 6;

/** Writes a struct input_event; its time stays zero, the kernel sets it. Returns the offset after it. */
export function writeEvent(
  out: DataView,
  offset: number,
  kind: number,
  code: number,
  value: number,
): number {
  out.setUint16(offset + 16, kind, true);
  out.setUint16(offset + 18, code, true);
  out.setInt32(offset + 20, value, true);
  return offset + EVENT_BYTES;
}

/** Who a device says that it is: struct input_id. */
export interface DeviceId {
  readonly bus: number;
  readonly vendor: number;
  readonly product: number;
  readonly version: number;
}

/** The identity of a device that stands for none that is sold. */
export function virtualId(product: number): DeviceId {
  return { bus: BUS_VIRTUAL, vendor: 0, product, version: 1 };
}

/** What values an axis has; the kernel passes over changes below `fuzz`, and readers over values below `flat`. */
export interface AxisRange {
  readonly minimum: number;
  readonly maximum: number;
  readonly fuzz?: number;
  readonly flat?: number;
}

/** A struct uinput_setup. */
export function deviceSetup(name: string, id: DeviceId): Uint8Array {
  const bytes = new Uint8Array(92);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, id.bus, true);
  view.setUint16(2, id.vendor, true);
  view.setUint16(4, id.product, true);
  view.setUint16(6, id.version, true);
  new TextEncoder().encodeInto(name, bytes.subarray(8, 87));
  return bytes;
}

/** A struct uinput_abs_setup. */
export function absoluteSetup(
  axis: number,
  { minimum, maximum, fuzz = 0, flat = 0 }: AxisRange,
): Uint8Array {
  const bytes = new Uint8Array(28);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, axis, true);
  view.setInt32(8, minimum, true);
  view.setInt32(12, maximum, true);
  view.setInt32(16, fuzz, true);
  view.setInt32(20, flat, true);
  return bytes;
}
