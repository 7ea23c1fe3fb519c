import { setTimeout as sleep } from "node:timers/promises";
import type { Transaction } from "kysely";
import { ApiError } from "../gateway-error.ts";
import type { AuditRow, Tables } from "../store/schema.ts";
import type { Store } from "../store/store.ts";
import { isUniqueViolation } from "../store/store-errors.ts";
import { BROKEN, type ChainEnd, endKey, hashRow, readEnd, writeEnd } from "./audit-chain.ts";
import type { AuditEvent, AuditLog } from "./audit-log.ts";

/** How many events may wait for the database. */
const MAX_WAITING = 10_000;
/** How many go into one transaction. */
const BATCH = 100;
/** How often a transaction is tried again where another replica was faster. */
const ATTEMPTS = 20;
const MAX_TEXT_LENGTH = 500;
const MAX_DETAILS_LENGTH = 4_000;

/** What a ChainedAuditLog stands on. */
export interface ChainedAuditLogOptions {
  readonly store: Store;
  /** GatewayKeys.auditKey. */
  readonly key: Uint8Array;
  readonly now: () => number;
  /** Called for each event once it is written down. */
  readonly onRecorded?: ((event: AuditEvent) => void) | undefined;
  /** Called for each event that the database did not take, though what it tells of may have been done. */
  readonly onLost?: ((event: AuditEvent, error: unknown) => void) | undefined;
}

interface Waiting {
  readonly event: AuditEvent;
  readonly at: number;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * The audit log in the database. Each row's hash covers the row before; the newest hash stands in a setting under a key
 * that is not in the database, so that rows missing at the end show too. Several replicas may write at once.
 */
export class ChainedAuditLog implements AuditLog {
  readonly #options: ChainedAuditLogOptions;
  readonly #waiting: Waiting[] = [];
  #writing = false;

  constructor(options: ChainedAuditLogOptions) {
    this.#options = options;
  }

  record(event: AuditEvent): Promise<void> {
    if (this.#waiting.length >= MAX_WAITING)
      return Promise.reject(
        new ApiError(503, "audit-overloaded", "too much happens at once; try again in a moment"),
      );
    return new Promise((resolve, reject) => {
      this.#waiting.push({ event, at: this.#options.now(), resolve, reject });
      if (!this.#writing) void this.#write();
    });
  }

  /** Writes what waits, a batch a transaction: many events cost one write to the disk. */
  async #write(): Promise<void> {
    this.#writing = true;
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, BATCH);
      try {
        await this.#append(batch);
      } catch (error) {
        for (const { event, reject } of batch) {
          this.#options.onLost?.(event, error);
          reject(error);
        }
        continue;
      }
      for (const { event, resolve } of batch) {
        this.#options.onRecorded?.(event);
        resolve();
      }
    }
    this.#writing = false;
  }

  async #append(batch: readonly Waiting[]): Promise<void> {
    const { store } = this.#options;
    for (let attempt = 1; ; attempt++)
      try {
        return await store.db
          .transaction()
          .execute((transaction) => this.#appendTo(transaction, batch));
      } catch (error) {
        // Another replica has taken the number.
        if (!isUniqueViolation(error) || attempt === ATTEMPTS) throw error;
        await sleep(Math.random() * 10 * attempt);
      }
  }

  async #appendTo(transaction: Transaction<Tables>, batch: readonly Waiting[]): Promise<void> {
    const { text, end } = await this.#lastEnd(transaction);
    let last = end;
    const rows: AuditRow[] = batch.map(({ event, at }) => {
      const row = { ...rowOf(event), seq: last.seq + 1, at, previous_hash: last.hash };
      last = { seq: row.seq, hash: hashRow(row) };
      return { ...row, hash: last.hash };
    });
    await transaction.insertInto("audit").values(rows).execute();
    const value = writeEnd("head", last, this.#options.key);
    await (text === undefined
      ? transaction.insertInto("settings").values({ key: endKey("head"), value })
      : transaction.updateTable("settings").set({ value }).where("key", "=", endKey("head"))
    ).execute();
  }

  /**
   * What the next row follows. Where the head was taken away or tampered with, events are still written down, but that
   * row does not follow the one before it: whoever verifies sees it.
   */
  async #lastEnd(
    transaction: Transaction<Tables>,
  ): Promise<{ text: string | undefined; end: ChainEnd }> {
    let query = transaction
      .selectFrom("settings")
      .select("value")
      .where("key", "=", endKey("head"));
    // One replica after the other; SQLite's transactions are alone anyway.
    if (this.#options.store.kind === "postgres") query = query.forUpdate();
    const text = (await query.executeTakeFirst())?.value;
    const head = text === undefined ? undefined : readEnd("head", text, this.#options.key);
    const row = await transaction
      .selectFrom("audit")
      .select("seq")
      .orderBy("seq", "desc")
      .limit(1)
      .executeTakeFirst();
    const seq = row?.seq ?? 0;
    if (head !== undefined && head.seq >= seq) return { text, end: head };
    return { text, end: { seq: Math.max(seq, head?.seq ?? 0), hash: BROKEN } };
  }
}

function rowOf(event: AuditEvent): Omit<AuditRow, "seq" | "at" | "previous_hash" | "hash"> {
  return {
    actor: plain(event.actor),
    address: plain(event.address),
    action: plain(event.action),
    target: plain(event.target ?? ""),
    details: detailsOf(event),
  };
}

function detailsOf({ details = {} }: AuditEvent): string {
  const short = (value: unknown) => (typeof value === "string" ? plain(value) : value);
  const text = JSON.stringify(
    Object.fromEntries(Object.entries(details).map(([name, value]) => [name, short(value)])),
  );
  return text.length <= MAX_DETAILS_LENGTH ? text : JSON.stringify({ tooLong: text.length });
}

/** What every database keeps as it is; what an attacker sends must not keep an event out of the log. */
function plain(text: string): string {
  return text.slice(0, MAX_TEXT_LENGTH).replaceAll("\0", "\ufffd").toWellFormed();
}
