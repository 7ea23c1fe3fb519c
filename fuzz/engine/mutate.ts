import type { Random } from "./random.ts";

/** Numbers where parsers change their minds. */
const EDGES = [
  ...[0, 1, 2, 3, 4, 7, 8, 15, 16, 31, 32, 63, 64, 100, 127, 128, 254, 255, 256, 1023, 1024],
  ...[1156, 1168, 1200, 4095, 4096, 8191, 8192, 32767, 32768, 65535, 65536, 1 << 20, (1 << 20) + 1],
  ...[0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff],
];
const MAX_STEPS = 6;
const MAX_RUN = 32;

/** What mutations draw from. */
export interface MutationSources {
  readonly random: Random;
  readonly maxBytes: number;
  readonly dictionary: readonly Uint8Array[];
  /** Other inputs, to take pieces from. */
  readonly others: readonly Uint8Array[];
}

type Step = (bytes: number[], sources: MutationSources) => void;

const STEPS: readonly Step[] = [
  function flipBit(bytes, { random }) {
    if (bytes.length > 0) bytes[random.below(bytes.length)]! ^= 1 << random.below(8);
  },
  function setByte(bytes, { random }) {
    if (bytes.length > 0) bytes[random.below(bytes.length)] = random.below(256);
  },
  function step(bytes, { random }) {
    if (bytes.length === 0) return;
    const at = random.below(bytes.length);
    bytes[at] = (bytes[at]! + random.below(17) - 8) & 255;
  },
  function setNumber(bytes, { random }) {
    const width = 1 << random.below(3);
    if (bytes.length < width) return;
    const at = random.below(bytes.length - width + 1);
    const edge = random.oneIn(3) ? bytes.length - at + random.below(5) - 2 : random.pick(EDGES);
    for (let i = 0; i < width; i++) bytes[at + i] = (edge >>> (8 * (width - 1 - i))) & 255;
  },
  function insert(bytes, { random }) {
    const fill = random.oneIn(2) ? undefined : random.below(256);
    const piece = Array.from(
      { length: 1 + random.below(MAX_RUN) },
      () => fill ?? random.below(256),
    );
    bytes.splice(random.below(bytes.length + 1), 0, ...piece);
  },
  function remove(bytes, { random }) {
    bytes.splice(random.below(bytes.length + 1), 1 + random.below(MAX_RUN));
  },
  function cut(bytes, { random }) {
    bytes.length = random.below(bytes.length + 1);
  },
  function repeat(bytes, { random }) {
    const from = random.below(bytes.length + 1);
    const piece = bytes.slice(from, from + 1 + random.below(MAX_RUN));
    bytes.splice(random.below(bytes.length + 1), 0, ...piece);
  },
  function word(bytes, { random, dictionary }) {
    if (dictionary.length === 0) return;
    const at = random.below(bytes.length + 1);
    const piece = random.pick(dictionary);
    bytes.splice(at, random.oneIn(2) ? piece.length : 0, ...piece);
  },
  function splice(bytes, { random, others }) {
    if (others.length === 0) return;
    const other = random.pick(others);
    const from = random.below(other.length + 1);
    const piece = other.subarray(from, from + random.below(other.length - from + 1));
    const at = random.below(bytes.length + 1);
    bytes.splice(at, random.oneIn(2) ? piece.length : 0, ...piece);
  },
];

/** A changed copy of the input. */
export function mutate(input: Uint8Array, sources: MutationSources): Uint8Array {
  const bytes = [...input];
  for (let left = 1 + sources.random.below(MAX_STEPS); left > 0; left--)
    sources.random.pick(STEPS)(bytes, sources);
  if (bytes.length > sources.maxBytes) bytes.length = sources.maxBytes;
  return Uint8Array.from(bytes);
}
