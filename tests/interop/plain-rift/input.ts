/** Input datagrams (spec/input.md §2). */
import { concat, need, type Octets, read, write } from "./bytes.ts";

const HEAD = [
  ["version", "u8"],
  ["flags", "u8"],
  ["display", "u8"],
  ["count", "u8"],
  ["sequence", "u32"],
  ["x", "u16"],
  ["y", "u16"],
  ["motionX", "i32"],
  ["motionY", "i32"],
  ["scrollX", "i32"],
  ["scrollY", "i32"],
  ["buttons", "u16"],
  ["keys", "bytes 32"],
  ["firstTransition", "u32"],
] as const;

const TRANSITION = [
  ["kind", "u8"],
  ["code", "u8"],
  ["display", "u8"],
  ["x", "u16"],
  ["y", "u16"],
  ["scrollX", "u16"],
  ["scrollY", "u16"],
] as const;

export interface PlainTransition {
  kind: number;
  code: number;
  display: number;
  x: number;
  y: number;
  scrollX: number;
  scrollY: number;
}

export interface PlainInput<B = Uint8Array> {
  version: number;
  flags: number;
  display: number;
  sequence: number;
  x: number;
  y: number;
  motionX: number;
  motionY: number;
  scrollX: number;
  scrollY: number;
  buttons: number;
  keys: B;
  firstTransition: number;
  transitions: readonly PlainTransition[];
}

export function writeInput({ transitions, ...fields }: PlainInput<Octets>): Uint8Array {
  return concat(
    write(HEAD, { ...fields, count: transitions.length }),
    ...transitions.map((transition) => write(TRANSITION, transition)),
  );
}

/** Throws Refused. */
export function readInput(bytes: Uint8Array): PlainInput {
  need(bytes[0] === 1, "another version");
  const { count, ...fields } = read(HEAD, bytes);
  need(count <= 24, "too many transitions");
  const transitions: PlainTransition[] = [];
  for (let index = 0; index < count; index++) {
    const transition = read(TRANSITION, bytes.subarray(66 + 11 * index));
    const { kind, code } = transition;
    need(kind < 8 && ((kind & 1) === 0 || (code >= 1 && code <= 16)), "no such transition");
    transitions.push(transition);
  }
  return { ...fields, transitions };
}
