/** H.264 units in a byte stream (ITU-T H.264, annex B and §7.3.1). */

/** `nal_unit_type` of the units that matter here (H.264 table 7-1). */
export const NalType = { slice: 1, idr: 5, sei: 6, sps: 7, pps: 8, delimiter: 9 } as const;
export type NalType = (typeof NalType)[keyof typeof NalType];

/** One unit: its type and where its bytes (header byte first, start code left out) lie. */
export interface NalUnit {
  /** 0 to 31; see `NalType`. */
  readonly type: number;
  readonly start: number;
  /** One past the last byte, trailing zeros left out. */
  readonly end: number;
}

/** The units of an Annex B stream in order; bytes before the first start code are skipped. */
export function* nalUnits(stream: Uint8Array): Generator<NalUnit> {
  let start = afterStartCode(stream, 0);
  while (start >= 0 && start < stream.length) {
    const next = afterStartCode(stream, start);
    let end = next < 0 ? stream.length : next - 3;
    while (end > start && stream[end - 1] === 0) end--;
    if (end > start) yield { type: stream[start]! & 31, start, end };
    start = next;
  }
}

/** Whether an access unit holds an IDR slice. */
export function hasIdr(accessUnit: Uint8Array): boolean {
  for (const unit of nalUnits(accessUnit)) {
    if (unit.type === NalType.idr) return true;
    if (unit.type === NalType.slice) return false;
  }
  return false;
}

/** The offset behind the next 00 00 01, or -1. */
function afterStartCode(stream: Uint8Array, from: number): number {
  for (let at = from + 2; at < stream.length; ) {
    const byte = stream[at]!;
    if (byte > 1) at += 3;
    else if (byte === 1 && stream[at - 1] === 0 && stream[at - 2] === 0) return at + 1;
    else at++;
  }
  return -1;
}
