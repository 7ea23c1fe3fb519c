/** AV1 in the low-overhead format (AV1 §5.2, §5.3): a temporal unit as a row of OBUs, each with its size. */
import { WireError } from "@wavry/rift-core/screen";

/** The OBU types that matter here (AV1 §6.2.2). */
export const ObuType = {
  sequenceHeader: 1,
  temporalDelimiter: 2,
  frameHeader: 3,
  tileGroup: 4,
  frame: 6,
} as const;

/** Where an OBU's payload stands in its temporal unit, without its header. */
export interface Obu {
  /** One of `ObuType`, or another one: 0..15. */
  readonly type: number;
  readonly start: number;
  readonly end: number;
}

const MAX_SIZE_BYTES = 8;

/** The OBUs of a temporal unit (borrowed), in their order. Throws WireError where one is malformed or cut short. */
export function* av1Units(unit: Uint8Array): Generator<Obu, void, undefined> {
  let at = 0;
  while (at < unit.length) {
    const header = unit[at]!;
    if ((header & 0x80) !== 0) throw new WireError("malformed", "the forbidden bit of an OBU");
    if ((header & 0x02) === 0) throw new WireError("malformed", "an OBU without its size");
    const hasExtension = (header & 0x04) !== 0;
    at += hasExtension ? 2 : 1;
    let size = 0;
    // leb128() (AV1 §4.10.5)
    for (let index = 0; ; index++) {
      const byte = unit[at++];
      if (byte === undefined) throw new WireError("truncated", "the size of an OBU");
      size += (byte & 0x7f) * 2 ** (7 * index);
      if ((byte & 0x80) === 0) break;
      if (index + 1 === MAX_SIZE_BYTES) throw new WireError("malformed", "the size of an OBU");
    }
    if (size > unit.length - at) throw new WireError("truncated", "an OBU is cut short");
    yield { type: (header >> 3) & 15, start: at, end: at + size };
    at += size;
  }
}
