/**
 * The operations of a patch: lossless coding of one rectangle, pixel after pixel, row after row.
 *
 *   0 0 i i i i i i                  INDEX  pixel i of the table of 64 recent colours
 *   0 1 r r g g b b                  DIFF   previous + (r-2, g-2, b-2), each byte mod 256
 *   1 0 g g g g g g  r r r r b b b b LUMA   previous + (dg = g-32; dr = dg + r-8; db = dg + b-8)
 *   1 1 0 n n n n n                  RUN    previous pixel, n+1 times (1 to 32)
 *   1 1 1 n n n n n                  ABOVE  pixels of the row above, n+1 times (1 to 28; n < 28)
 *   1 1 1 1 1 1 0 0  n(16)           RUN    n times (1 to 65535)
 *   1 1 1 1 1 1 0 1  n(16)           ABOVE  n times
 *   1 1 1 1 1 1 1 0  r g b           RGB
 *   1 1 1 1 1 1 1 1                  reserved
 *
 * The pixel before the first is black. DIFF, LUMA, RGB and INDEX put their pixel into the table; RUN and ABOVE do not.
 * The order of operations follows QOI (qoiformat.org); ABOVE and the long runs are for screens.
 */
export const Op = {
  diff: 0x40,
  luma: 0x80,
  run: 0xc0,
  above: 0xe0,
  longRun: 0xfc,
  longAbove: 0xfd,
  rgb: 0xfe,
  reserved: 0xff,
} as const;

/** Longest run of one byte. */
export const SHORT_RUN_MAX = 32;
/** Longest row copy of one byte. */
export const SHORT_ABOVE_MAX = 28;
/** Longest run or row copy of three bytes. */
export const LONG_MAX = 0xffff;
/** The multiplier that spreads a 24-bit colour over the table of 64. */
export const HASH_MULTIPLIER = 0x9e3779b1;
