import type { Transaction } from "kysely";
import type { GatewayKeys } from "../keys.ts";
import type { Millis, Tables } from "../store/schema.ts";
import type { Store } from "../store/store.ts";
import { type ChainEnd, endKey, readEnd, rowComplaint, writeEnd } from "./audit-chain.ts";

/** How many rows go in one transaction, so that nobody waits long. */
const BATCH = 2_000;

/**
 * Removes the rows of the audit log that are older than `before`, from its beginning up to the first younger one, and
 * only as far as they verify; gives how many. The last row that went is noted under the key, so that what stays can still be verified.
 */
export async function cutAudit(
  store: Store,
  keys: Pick<GatewayKeys, "auditKey">,
  before: Millis,
): Promise<number> {
  let removed = 0;
  for (;;) {
    const count = await store.db
      .transaction()
      .execute((transaction) => cutBatch(transaction, store.kind, keys.auditKey, before));
    removed += count;
    if (count < BATCH) return removed;
  }
}

async function cutBatch(
  transaction: Transaction<Tables>,
  kind: Store["kind"],
  key: Uint8Array,
  before: Millis,
): Promise<number> {
  const name = endKey("anchor");
  let query = transaction.selectFrom("settings").select("value").where("key", "=", name);
  // One replica after the other; SQLite's transactions are alone anyway.
  if (kind === "postgres") query = query.forUpdate();
  const kept = await query.executeTakeFirst();
  const anchor = kept === undefined ? undefined : readEnd("anchor", kept.value, key);
  if (anchor === undefined) return 0;
  const oldest = await transaction
    .selectFrom("audit")
    .selectAll()
    .orderBy("seq")
    .limit(BATCH)
    .execute();
  let last: ChainEnd = anchor;
  for (const row of oldest) {
    // What does not verify is evidence: it stays.
    if (row.at >= before || rowComplaint(row, last) !== undefined) break;
    last = row;
  }
  if (last === anchor) return 0;
  const value = writeEnd("anchor", { seq: last.seq, hash: last.hash }, key);
  await transaction.updateTable("settings").set({ value }).where("key", "=", name).execute();
  await transaction.deleteFrom("audit").where("seq", "<=", last.seq).execute();
  return last.seq - anchor.seq;
}
