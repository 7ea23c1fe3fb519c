import type { FuzzTarget } from "../engine/target.ts";

/** A parser with a mistake behind four bytes that have to be guessed one after another. */
export function parse(input: Uint8Array): void {
  if (input[0] !== 0x57) return;
  if (input[1] !== 0x41) return;
  if (input[2] !== 0x56) return;
  if (input.length < 6 || input[3] !== input.length) return;
  throw new RangeError("the mistake");
}

export const planted: FuzzTarget = {
  name: "planted",
  summary: "a mistake that is there to be found",
  maxBytes: 64,
  run: parse,
  seeds: () => [Uint8Array.of(1, 2, 3)],
};
