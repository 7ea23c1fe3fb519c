/** RIFT's wire formats and the pure machinery around them (spec/rift.md). */
export type { Rect, Size } from "./geometry.ts";
export { MILLISECOND, type Micros, SECOND } from "./micros.ts";
export { WireError, type WireErrorCode } from "./wire-error.ts";
