import { WireError } from "../wire-error.ts";
import { CONTROL_BODIES } from "./message-types.ts";
import type { Control, ControlBodies, ControlBody, CursorShape } from "./messages.ts";
import type { MessageInit } from "./proto-message.ts";

/** A control message to encode: `{ body: { case: "hello", value: { deviceName: "den" } } }`. */
export interface ControlInit {
  readonly body?:
    | {
        [K in keyof ControlBodies]-?: {
          readonly case: K;
          readonly value: MessageInit<NonNullable<ControlBodies[K]>>;
        };
      }[keyof ControlBodies]
    | { readonly case: undefined; readonly value?: undefined };
}

/** The longest encoded control message, in bytes. */
export const MAX_CONTROL_BYTES: number = 1 << 20;
/** The largest cursor shape, in pixels a side. */
export const MAX_CURSOR_SIZE = 256;

/** Encodes a control message (spec/rift.proto). Throws RangeError above `MAX_CONTROL_BYTES`. */
export function encodeControl({ body }: ControlInit): Uint8Array {
  const bytes = CONTROL_BODIES.encode(body?.case === undefined ? {} : { [body.case]: body.value });
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
  const bodies = CONTROL_BODIES.decode(bytes);
  if (bodies.cursorShape !== undefined) checkCursorShape(bodies.cursorShape);
  for (const [name, value] of Object.entries(bodies))
    return { body: { case: name, value } as ControlBody };
  return { body: { case: undefined } };
}

function checkCursorShape({ id, width, height, hotspotX, hotspotY, rgba }: CursorShape): void {
  if (width > MAX_CURSOR_SIZE || height > MAX_CURSOR_SIZE)
    throw new WireError("limit", "a cursor shape is too large");
  if (id === 0 || width === 0 || height === 0 || rgba.length !== width * height * 4)
    throw new WireError("malformed", "a cursor shape does not fit its size");
  if (hotspotX >= width || hotspotY >= height)
    throw new WireError("malformed", "a cursor's hotspot is outside its shape");
}
