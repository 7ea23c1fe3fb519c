import { Compile } from "typebox/compile";
import type { Message } from "../message.ts";

interface Check {
  Check(value: unknown): boolean;
}

const checks = new WeakMap<object, Check>();

/** JSON of somebody who may say anything; undefined where it is none. */
export function parseAnswer(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Whether a value is such a message. A schema is compiled once. */
export function isAnswer<T>(schema: Message<T>, value: unknown): value is T {
  let check = checks.get(schema);
  if (check === undefined) {
    check = Compile(schema);
    checks.set(schema, check);
  }
  return check.Check(value);
}
