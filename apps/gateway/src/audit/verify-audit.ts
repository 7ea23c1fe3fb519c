import type { GatewayKeys } from "../keys.ts";
import type { AuditRow } from "../store/schema.ts";
import type { Store } from "../store/store.ts";
import {
  type ChainEnd,
  type ChainEndName,
  endKey,
  NO_HASH,
  readEnd,
  rowComplaint,
} from "./audit-chain.ts";

const PAGE = 1000;
/** How often it begins anew when retention has cut off what it was about to read. */
const ATTEMPTS = 5;

/** Whether the audit log is whole. */
export type AuditVerdict =
  | {
      readonly ok: true;
      /** How many rows there are. */
      readonly rows: number;
      /** The newest row; noted elsewhere, it proves later that nothing up to it was taken back. */
      readonly head: ChainEnd;
    }
  | {
      readonly ok: false;
      /** The first row that is missing, changed, or not in its place. */
      readonly seq: number;
      readonly reason: string;
    };

/** Goes through the whole audit log, a page at a time, also while gateways write to it. Rejects only if the store does. */
export async function verifyAudit(
  store: Store,
  keys: Pick<GatewayKeys, "auditKey">,
): Promise<AuditVerdict> {
  let verdict: AuditVerdict | undefined;
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const anchor = await readSetting(store, "anchor");
    verdict = await verifyFrom(store, keys.auditKey, anchor);
    if (verdict.ok || anchor === (await readSetting(store, "anchor"))) break;
  }
  return verdict!;
}

async function verifyFrom(
  store: Store,
  key: Uint8Array,
  anchorText: string | undefined,
): Promise<AuditVerdict> {
  const anchor =
    anchorText === undefined ? { seq: 0, hash: NO_HASH } : readEnd("anchor", anchorText, key);
  if (anchor === undefined) return bad(1, "the note of what retention has cut off was changed");
  const head = await readHead(store, key);
  let last: ChainEnd = anchor;
  let rows = 0;
  for (;;) {
    const page = await store.db
      .selectFrom("audit")
      .selectAll()
      .where("seq", ">", last.seq)
      .orderBy("seq")
      .limit(PAGE)
      .execute();
    for (const row of page) {
      const reason = complaint(row, last, head);
      if (reason !== undefined) return bad(last.seq + 1, reason);
      last = { seq: row.seq, hash: row.hash };
    }
    rows += page.length;
    if (page.length < PAGE) break;
  }
  if (await anyRowUpTo(store, anchor.seq))
    return bad(anchor.seq, "rows are there that retention has cut off");
  if (head === undefined)
    return bad(last.seq + 1, "the note of the newest row was taken away or changed");
  if (last.seq < head.seq)
    return bad(last.seq + 1, `rows ${last.seq + 1} to ${head.seq} at the end are missing`);
  if (last.seq === head.seq && last.hash !== head.hash)
    return bad(last.seq, "the newest row is another one than was noted");
  // What was written meanwhile must be covered by a newer note.
  const now = last.seq > head.seq ? await readHead(store, key) : head;
  if (now === undefined || now.seq < last.seq)
    return bad((now ?? head).seq + 1, "rows were added at the end by somebody else");
  return { ok: true, rows, head: last };
}

function complaint(row: AuditRow, last: ChainEnd, head: ChainEnd | undefined): string | undefined {
  const other = row.seq === head?.seq && row.hash !== head.hash;
  return rowComplaint(row, last) ?? (other ? "the row is another one than was noted" : undefined);
}

function bad(seq: number, reason: string): AuditVerdict {
  return { ok: false, seq, reason };
}

async function anyRowUpTo(store: Store, seq: number): Promise<boolean> {
  const row = await store.db
    .selectFrom("audit")
    .select("seq")
    .where("seq", "<=", seq)
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}

async function readHead(store: Store, key: Uint8Array): Promise<ChainEnd | undefined> {
  const text = await readSetting(store, "head");
  return text === undefined ? undefined : readEnd("head", text, key);
}

async function readSetting(store: Store, name: ChainEndName): Promise<string | undefined> {
  const row = await store.db
    .selectFrom("settings")
    .select("value")
    .where("key", "=", endKey(name))
    .executeTakeFirst();
  return row?.value;
}
