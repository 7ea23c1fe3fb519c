/** The WASM of the XOR kernel, put together by hand: one memory, two loops over 16 bytes a turn. */

const I32 = 0x7f;
const V128 = 0x7b;
const Op = {
  loop: 0x03,
  end: 0x0b,
  branchIf: 0x0d,
  get: 0x20,
  set: 0x21,
  tee: 0x22,
  i32Const: 0x41,
  lessUnsigned: 0x49,
  add: 0x6a,
} as const;
/** Opcodes after the prefix of SIMD. */
const Simd = {
  load: 0x00,
  store: 0x0b,
  swizzle: 0x0e,
  splat8: 0x0f,
  and: 0x4e,
  xor: 0x51,
  shiftRight8: 0x6d,
} as const;

const VOID_BLOCK = 0x40;
const simd = (op: number): number[] => [0xfd, op];
/** A load or store without alignment, at `offset` after the address on the stack. */
const access = (op: number, offset = 0): number[] => [...simd(op), 0, offset];
const get = (local: number): number[] => [Op.get, local];
const i32 = (value: number): number[] => [Op.i32Const, value];

/** An unsigned number as LEB128. */
function unsigned(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  do {
    bytes.push((rest & 0x7f) | (rest > 0x7f ? 0x80 : 0));
    rest >>>= 7;
  } while (rest > 0);
  return bytes;
}

/** Something with its length in front. */
const sized = (bytes: readonly number[]): number[] => [...unsigned(bytes.length), ...bytes];
/** Items with their number in front. */
const list = (items: readonly (readonly number[])[]): number[] => [
  ...unsigned(items.length),
  ...items.flat(),
];
const section = (id: number, bytes: readonly number[]): number[] => [id, ...sized(bytes)];
const name = (text: string): number[] => sized([...text].map((letter) => letter.charCodeAt(0)));

/** `do { body; target += 16; source += 16 } while (target < end)`, with parameters target, source, end. */
function everySixteen(body: readonly number[]): number[] {
  const [target, source, end] = [0, 1, 2];
  return [
    ...[Op.loop, VOID_BLOCK, ...body],
    ...[...get(source), ...i32(16), Op.add, Op.set, source],
    ...[...get(target), ...i32(16), Op.add, Op.tee, target],
    ...[...get(end), Op.lessUnsigned, Op.branchIf, 0],
    Op.end,
  ];
}

/** xor(target, source, end): memory[target..end) ^= memory[source..) */
const XOR_BODY: readonly number[] = [
  ...[0x00],
  ...everySixteen([
    ...get(0),
    ...[...get(0), ...access(Simd.load)],
    ...[...get(1), ...access(Simd.load)],
    ...simd(Simd.xor),
    ...access(Simd.store),
  ]),
  Op.end,
];

/**
 * multiplyXor(target, source, end, table): the same with each byte of the source looked up by its two halves: the
 * product with a factor is the XOR of the products of the low and the high four bits, 16 of each in the table.
 */
const MULTIPLY_XOR_BODY: readonly number[] = [
  // Locals after the four parameters: 4 low table, 5 high table, 6 the mask of the low bits, 7 the source.
  ...[0x01, 0x04, V128],
  ...[...get(3), ...access(Simd.load), Op.set, 4],
  ...[...get(3), ...access(Simd.load, 16), Op.set, 5],
  ...[...i32(15), ...simd(Simd.splat8), Op.set, 6],
  ...everySixteen([
    ...get(0),
    ...[...get(0), ...access(Simd.load)],
    ...[...get(4), ...get(1), ...access(Simd.load), Op.tee, 7, ...get(6)],
    ...[...simd(Simd.and), ...simd(Simd.swizzle), ...simd(Simd.xor)],
    ...[...get(5), ...get(7), ...i32(4), ...simd(Simd.shiftRight8)],
    ...[...simd(Simd.swizzle), ...simd(Simd.xor)],
    ...access(Simd.store),
  ]),
  Op.end,
];

const parameters = (count: number): number[] => list(Array.from({ length: count }, () => [I32]));
const functionType = (count: number): number[] => [0x60, ...parameters(count), 0];

/** The module; it imports its memory as `kernel.memory` and exports `xor` and `multiplyXor`. */
export function kernelModule(): Uint8Array<ArrayBuffer> {
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    ...section(1, list([functionType(3), functionType(4)])),
    // A memory of at least no page.
    ...section(2, list([[...name("kernel"), ...name("memory"), 0x02, 0x00, 0]])),
    ...section(3, list([[0], [1]])),
    ...section(
      7,
      list([
        [...name("xor"), 0x00, 0],
        [...name("multiplyXor"), 0x00, 1],
      ]),
    ),
    ...section(10, list([sized(XOR_BODY), sized(MULTIPLY_XOR_BODY)])),
  ]);
}
