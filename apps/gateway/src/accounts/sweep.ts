import type { Context } from "../context.ts";
import { SESSION_MAX_MS } from "../sessions/session-service.ts";

/** What ended stays for a while: a clock that was wrong for a moment must not delete what is alive. */
const GRACE_MS = 24 * 3_600_000;

/** Deletes what can no longer be used: sessions, links, codes, challenges. Resolves with the number of rows. */
export async function sweepExpired(context: Context): Promise<number> {
  const before = context.now() - GRACE_MS;
  const { db } = context.store;
  let rows = 0n;
  for (const table of ["one_time_links", "login_codes", "challenges"] as const) {
    const { numDeletedRows } = await db
      .deleteFrom(table)
      .where("expires_at", "<", before)
      .executeTakeFirst();
    rows += numDeletedRows;
  }
  const { numDeletedRows } = await db
    .deleteFrom("sessions")
    .where((eb) =>
      eb.or([
        eb("expires_at", "<", before),
        eb.and([eb("kind", "=", "browser"), eb("created_at", "<", before - SESSION_MAX_MS)]),
      ]),
    )
    .executeTakeFirst();
  return Number(rows + numDeletedRows);
}
