/**
 * The Huffman code of HPACK and QPACK (RFC 7541 §5.2, Appendix B). It is canonical: the lengths of all codes are enough to build
 * it, as codes of one length are consecutive in the order of their symbols.
 */
import { WireError } from "@wavry/rift-core";

const SHORTEST = 5;
const LONGEST = 30;
const END_OF_STRING = 256;

/** Code lengths in bits of the symbols 0 to 255 and of the end of the string, as (length, how many follow). */
const LENGTH_RUNS =
  "13,1 23,1 28,7 24,1 30,1 28,2 30,1 28,8 30,1 28,9 6,1 10,2 12,1 13,1 6,1 8,1 11,1 10,2 8,1 11,1 8,1 6,3 " +
  "5,3 6,7 7,1 8,1 15,1 6,1 12,1 10,1 13,1 6,1 7,22 8,1 7,1 8,1 13,1 19,1 13,1 14,1 6,1 15,1 5,1 6,1 5,1 6,1 " +
  "5,1 6,3 5,1 7,2 6,3 5,1 6,1 7,1 6,1 5,2 6,1 7,5 15,1 11,1 14,1 13,1 28,1 20,1 22,1 20,2 22,3 23,1 22,1 " +
  "23,5 24,1 23,1 24,2 22,1 23,1 24,1 23,4 21,1 22,1 23,1 22,1 23,2 24,1 22,1 21,1 20,1 22,2 23,2 21,1 23,1 " +
  "22,2 24,1 21,1 22,1 23,2 21,2 22,1 21,1 23,1 22,1 23,2 20,1 22,3 23,1 22,2 23,1 26,2 20,1 19,1 22,1 23,1 " +
  "22,1 25,1 26,3 27,2 26,1 24,1 25,1 19,1 21,1 26,1 27,2 26,1 27,1 24,1 21,2 26,2 28,1 27,3 20,1 24,1 20,1 " +
  "21,1 22,1 21,2 23,1 22,2 25,2 24,2 26,1 23,1 26,1 27,1 26,2 27,5 28,1 27,5 26,1 30,1";

interface Code {
  /** First code and first place in `symbols` of each length. */
  readonly first: Uint32Array;
  readonly place: Uint16Array;
  readonly count: Uint16Array;
  /** All symbols in the order of their codes. */
  readonly symbols: Uint16Array;
}

const CODE = buildCode();

function buildCode(): Code {
  const lengths = LENGTH_RUNS.split(" ").flatMap((run) => {
    const [length, count] = run.split(",").map(Number) as [number, number];
    return Array<number>(count).fill(length);
  });
  const first = new Uint32Array(LONGEST + 1);
  const place = new Uint16Array(LONGEST + 1);
  const count = new Uint16Array(LONGEST + 1);
  for (const length of lengths) count[length]!++;
  for (let length = 1; length <= LONGEST; length++) {
    first[length] = (first[length - 1]! + count[length - 1]!) * 2;
    place[length] = place[length - 1]! + count[length - 1]!;
  }
  const symbols = Uint16Array.from(lengths.keys()).sort(
    (a, b) => lengths[a]! - lengths[b]! || a - b,
  );
  return { first, place, count, symbols };
}

/**
 * Decodes a whole string. Throws WireError: an end of string inside, padding of 8 bits or more or not of ones, or
 * over `maxBytes` bytes.
 */
export function decodeHuffman(input: Uint8Array, maxBytes: number): Uint8Array {
  const { first, place, count, symbols } = CODE;
  // The shortest code has 5 bits.
  const out = new Uint8Array(Math.min(maxBytes, Math.floor((input.length * 8) / SHORTEST)));
  let written = 0;
  let code = 0;
  let bits = 0;
  for (const byte of input)
    for (let bit = 7; bit >= 0; bit--) {
      code = code * 2 + ((byte >> bit) & 1);
      if (++bits < SHORTEST) continue;
      const index = code - first[bits]!;
      if (index >= count[bits]!) {
        if (bits === LONGEST) throw new WireError("malformed", "no such Huffman code");
        continue;
      }
      const symbol = symbols[place[bits]! + index]!;
      if (symbol === END_OF_STRING) throw new WireError("malformed", "a string ends inside itself");
      if (written === maxBytes) throw new WireError("limit", `a string has over ${maxBytes} bytes`);
      out[written++] = symbol;
      code = 0;
      bits = 0;
    }
  if (bits > 7 || code !== 2 ** bits - 1)
    throw new WireError("malformed", "the padding of a string is wrong");
  return out.subarray(0, written);
}

/** Encodes a string; the padding is of ones. */
export function encodeHuffman(input: Uint8Array): Uint8Array {
  const { first, place, count, symbols } = CODE;
  const out: number[] = [];
  let held = 0;
  let heldBits = 0;
  const put = (value: number, bits: number): void => {
    for (let bit = bits - 1; bit >= 0; bit--) {
      held = held * 2 + ((value >>> bit) & 1);
      if (++heldBits < 8) continue;
      out.push(held);
      held = 0;
      heldBits = 0;
    }
  };
  for (const byte of input) {
    const at = symbols.indexOf(byte);
    let bits = SHORTEST;
    while (at >= place[bits]! + count[bits]!) bits++;
    put(first[bits]! + at - place[bits]!, bits);
  }
  if (heldBits > 0) put(0xff, 8 - heldBits);
  return Uint8Array.from(out);
}
