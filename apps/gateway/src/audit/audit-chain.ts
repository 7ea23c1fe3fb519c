import { createHash, createHmac } from "node:crypto";
import type { AuditRow } from "../store/schema.ts";

/** What the first row of all names as the one before. */
export const NO_HASH = "";
/** What a row names as the one before where that was taken away. No hash is like it. */
export const BROKEN = "broken";

/** SHA-256 over a row and the hash before it, base64url. JSON of a list of texts and numbers is canonical: no two rows give the same. */
export function hashRow(row: Omit<AuditRow, "hash">): string {
  const { previous_hash, seq, at, actor, address, action, target, details } = row;
  return createHash("sha256")
    .update(JSON.stringify([previous_hash, seq, at, actor, address, action, target, details]))
    .digest("base64url");
}

/** One end of the chain: the number and hash of a row. */
export interface ChainEnd {
  readonly seq: number;
  readonly hash: string;
}

/** Why a row is not the one that follows `last`, or undefined where it is. */
export function rowComplaint(row: AuditRow, last: ChainEnd): string | undefined {
  if (row.seq !== last.seq + 1) return `rows ${last.seq + 1} to ${row.seq - 1} are missing`;
  if (row.previous_hash !== last.hash) return "the row does not follow the one before it";
  if (row.hash !== hashRow(row)) return "the row was changed";
  return undefined;
}

/** Which end: the last row that retention has cut off, or the last row of all. */
export type ChainEndName = "anchor" | "head";

/** The setting that holds an end. */
export function endKey(name: ChainEndName): string {
  return `audit.${name}`;
}

/** An end as a setting, which nobody can make up without the key. */
export function writeEnd(name: ChainEndName, end: ChainEnd, key: Uint8Array): string {
  return JSON.stringify({ ...end, mac: macOf(name, end, key) });
}

/** The end, or undefined if the setting is not what this gateway has written. */
export function readEnd(name: ChainEndName, text: string, key: Uint8Array): ChainEnd | undefined {
  try {
    const { seq, hash, mac } = JSON.parse(text) as Record<string, unknown>;
    if (typeof seq !== "number" || typeof hash !== "string") return undefined;
    return mac === macOf(name, { seq, hash }, key) ? { seq, hash } : undefined;
  } catch {
    return undefined;
  }
}

function macOf(name: ChainEndName, { seq, hash }: ChainEnd, key: Uint8Array): string {
  return createHmac("sha256", key)
    .update(JSON.stringify([name, seq, hash]))
    .digest("base64url");
}
