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

const GAMEPADS = [
  ["firstPast", "u32"],
  ["past", "u8"],
  ["present", "u8"],
] as const;

const GAMEPAD = [
  ["head", "u8"],
  ["buttonsHigh", "u8"],
  ["buttons", "u16"],
  ["leftTrigger", "u8"],
  ["rightTrigger", "u8"],
  ["leftX", "i16"],
  ["leftY", "i16"],
  ["rightX", "i16"],
  ["rightY", "i16"],
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

export interface PlainGamepad {
  head: number;
  buttonsHigh: number;
  buttons: number;
  leftTrigger: number;
  rightTrigger: number;
  leftX: number;
  leftY: number;
  rightX: number;
  rightY: number;
}

export interface PlainGamepads {
  firstPast: number;
  past: readonly PlainGamepad[];
  present: readonly PlainGamepad[];
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
  /** Where flag 2 is set. */
  gamepads?: PlainGamepads;
}

export function writeInput({ transitions, gamepads, ...fields }: PlainInput<Octets>): Uint8Array {
  return concat(
    write(HEAD, { ...fields, count: transitions.length }),
    ...transitions.map((transition) => write(TRANSITION, transition)),
    ...(gamepads === undefined ? [] : [writeGamepads(gamepads)]),
  );
}

function writeGamepads({ firstPast, past, present }: PlainGamepads): Uint8Array {
  return concat(
    write(GAMEPADS, { firstPast, past: past.length, present: present.length }),
    ...[...past, ...present].map((one) => write(GAMEPAD, one)),
  );
}

function readGamepads(bytes: Uint8Array): PlainGamepads {
  const counts = read(GAMEPADS, bytes);
  need(counts.past <= 24 && counts.present <= 4, "too many controllers");
  const all: PlainGamepad[] = [];
  for (let at = 6; all.length < counts.past + counts.present; at += 14) {
    const one = read(GAMEPAD, bytes.subarray(at));
    need(one.head < 8 && one.buttonsHigh < 2, "no such controller");
    all.push(one);
  }
  const present = all.splice(counts.past);
  for (const [index, { head }] of present.entries())
    need(head >= 4 && head > (present[index - 1]?.head ?? 0), "controllers out of order");
  return { firstPast: counts.firstPast, past: all, present };
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
  if ((fields.flags & 2) === 0) return { ...fields, transitions };
  return { ...fields, transitions, gamepads: readGamepads(bytes.subarray(66 + 11 * count)) };
}
