import { Compile } from "typebox/compile";
import type { Message } from "../message.ts";

/** Reads texts of one direction: a value of its type, or undefined for whatever else the text is. */
export type ReadMessage<T> = (text: string) => T | undefined;

/** Makes a reader of the schemas, each under its `type`; they are compiled at first use. */
export function messageReader<T extends { type: string }>(
  schemas: {
    readonly [K in T["type"]]: Message<Extract<T, { type: K }>>;
  },
): ReadMessage<T> {
  const checks = new Map<unknown, { Check(value: unknown): boolean } | undefined>();
  for (const type of Object.keys(schemas)) checks.set(type, undefined);
  return (text) => {
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      return undefined;
    }
    if (typeof value !== "object" || value === null || !("type" in value)) return undefined;
    const { type } = value;
    if (!checks.has(type)) return undefined;
    let check = checks.get(type);
    if (check === undefined) {
      check = Compile(schemas[type as T["type"]]);
      checks.set(type, check);
    }
    return check.Check(value) ? (value as T) : undefined;
  };
}
