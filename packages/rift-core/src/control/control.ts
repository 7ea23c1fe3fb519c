import { create, fromBinary, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { WireError } from "../wire-error.ts";
import { type Control, ControlSchema } from "./control_pb.ts";

/** A control message as a plain object: `{ body: { case: "hello", value: { deviceName: "den" } } }`. */
export type ControlInit = MessageInitShape<typeof ControlSchema>;

/** The longest encoded control message, in bytes. */
export const MAX_CONTROL_BYTES: number = 1 << 20;
/** The largest cursor shape, in pixels a side. */
export const MAX_CURSOR_SIZE = 256;

/** Encodes a control message (spec/rift.proto). Throws RangeError above `MAX_CONTROL_BYTES`. */
export function encodeControl(message: ControlInit): Uint8Array {
  const bytes = toBinary(ControlSchema, create(ControlSchema, message));
  if (bytes.length > MAX_CONTROL_BYTES) throw new RangeError("a control message is over 1 MiB");
  return bytes;
}

/**
 * Decodes a control message; the result owns its bytes. An unknown body leaves `body.case`
 * undefined. Throws WireError.
 */
export function decodeControl(bytes: Uint8Array): Control {
  if (bytes.length > MAX_CONTROL_BYTES)
    throw new WireError("limit", "a control message is over 1 MiB");
  let control: Control;
  try {
    control = fromBinary(ControlSchema, bytes.slice(), { readUnknownFields: false });
  } catch (cause) {
    throw new WireError("malformed", "a control message does not decode", { cause });
  }
  if (control.body.case === "cursorShape") {
    const { id, width, height, hotspotX, hotspotY, rgba } = control.body.value;
    if (width > MAX_CURSOR_SIZE || height > MAX_CURSOR_SIZE)
      throw new WireError("limit", "a cursor shape is too large");
    if (id === 0 || width === 0 || height === 0 || rgba.length !== width * height * 4)
      throw new WireError("malformed", "a cursor shape does not fit its size");
    if (hotspotX >= width || hotspotY >= height)
      throw new WireError("malformed", "a cursor's hotspot is outside its shape");
  }
  return control;
}
