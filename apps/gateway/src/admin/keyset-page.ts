import type { Order, PageWish } from "@wavry/signaling";
import { type RawBuilder, type SelectQueryBuilder, type SqlBool, sql } from "kysely";
import { readCursor, writeCursor } from "./cursor.ts";

const DEFAULT_LIMIT = 50;

/** What a list is ordered by. */
export interface Keyset {
  /** Names the order in cursors. */
  readonly name: string;
  /** Never null; rows may share it. */
  readonly sort: RawBuilder<string | number>;
  /** Whether `sort` is text or a number. */
  readonly type: "text" | "number";
  /** Tells rows apart that share `sort`. */
  readonly id: RawBuilder<string | number>;
  readonly order: Order;
}

interface Placed {
  readonly place_sort: string | number;
  readonly place_id: string | number;
}

/**
 * One page of a query, from behind the last row of the page before: rows that are added or removed meanwhile shift
 * nothing. Throws 400 "bad-cursor".
 */
export async function keysetPage<DB, TB extends keyof DB, O>(
  query: SelectQueryBuilder<DB, TB, O>,
  { name, sort, type, id, order }: Keyset,
  { cursor, limit = DEFAULT_LIMIT }: PageWish,
): Promise<{ rows: O[]; nextCursor: string | null }> {
  const orderName = `${name} ${order}`;
  let placed = query
    .select([sort.as("place_sort"), id.as("place_id")])
    .orderBy(sort, order)
    .orderBy(id, order)
    .limit(limit + 1);
  if (cursor !== undefined) {
    const after = readCursor(orderName, cursor);
    const place = type === "text" ? String(after.sort) : Number(after.sort) || 0;
    const beyond = order === "asc" ? sql`>` : sql`<`;
    placed = placed.where(sql<SqlBool>`(${sort}, ${id}) ${beyond} (${place}, ${after.id})`);
  }
  const rows = (await placed.execute()) as (O & Placed)[];
  const last = rows.length > limit ? rows[limit - 1] : undefined;
  return {
    rows: rows.slice(0, limit),
    nextCursor:
      last === undefined
        ? null
        : writeCursor(orderName, { sort: last.place_sort, id: last.place_id }),
  };
}
