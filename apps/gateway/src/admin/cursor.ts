import { ApiError } from "../gateway-error.ts";

/** Where a page ended: the last row's place in the order, and its ID. */
export interface Cursor {
  readonly sort: string | number;
  readonly id: string | number;
}

/** `order` names the list's order, so that a cursor is taken by no other one. */
export function writeCursor(order: string, { sort, id }: Cursor): string {
  return Buffer.from(JSON.stringify([order, sort, id])).toString("base64url");
}

/** Throws 400 "bad-cursor" unless it was written for this order. */
export function readCursor(order: string, text: string): Cursor {
  const parts = parse(text);
  if (Array.isArray(parts) && parts.length === 3 && parts[0] === order) {
    const [, sort, id] = parts as unknown[];
    if (isKey(sort) && isKey(id)) return { sort, id };
  }
  throw new ApiError(400, "bad-cursor", "this cursor is of another list; begin anew without one");
}

function parse(text: string): unknown {
  try {
    return JSON.parse(Buffer.from(text, "base64url").toString());
  } catch {
    return undefined;
  }
}

function isKey(value: unknown): value is string | number {
  return typeof value === "string" ? !value.includes("\0") : Number.isSafeInteger(value);
}
