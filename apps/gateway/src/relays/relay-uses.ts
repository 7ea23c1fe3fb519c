import type { Context } from "../context.ts";
import type { RelayUseRow } from "../store/schema.ts";
import type { JudgedSession, SideReport } from "./relay-quality.ts";
import { QUALITY } from "./relay-quality.ts";

/** How long uses are kept: relays are judged by them. */
const KEPT_MS = 30 * 24 * 3_600_000;
const MAX_REGIONS = 3;

/** The relay that a session was sent to last; undefined: none. */
export function latestUse({ store }: Context, session: string): Promise<RelayUseRow | undefined> {
  return store.db
    .selectFrom("relay_uses")
    .selectAll()
    .where("session_id", "=", session)
    .orderBy("leased_at", "desc")
    .orderBy("first_leased_at", "desc")
    .limit(1)
    .executeTakeFirst();
}

/** Notes that a session got a lease for a relay. */
export async function noteUse(
  { store, now }: Context,
  use: Pick<RelayUseRow, "session_id" | "relay_id" | "host_id" | "client_id" | "region" | "lease">,
): Promise<void> {
  const at = now();
  await store.db
    .insertInto("relay_uses")
    .values({
      ...{ ...use, first_leased_at: at, leased_at: at, reported_at: null },
      ...{ host_reporter: null, host_report: null, client_reporter: null, client_report: null },
    })
    .onConflict((conflict) =>
      conflict.columns(["session_id", "relay_id"]).doUpdateSet({ lease: use.lease, leased_at: at }),
    )
    .execute();
}

/** The regions in which two devices used relays before, the latest first. */
export async function knownRegions(
  { store }: Context,
  devices: { readonly hostId: string },
): Promise<string[]> {
  const rows = await store.db
    .selectFrom("relay_uses")
    .select("region")
    .where("host_id", "=", devices.hostId)
    .orderBy("leased_at", "desc")
    .limit(10)
    .execute();
  return [...new Set(rows.map(({ region }) => region))].slice(0, MAX_REGIONS);
}

/** The sessions that a relay is judged by, the newest first, with their IDs. */
export async function judgedSessions(
  { store }: Context,
  relay: { readonly id: string; readonly judged_from: number },
): Promise<(JudgedSession & { readonly session: string })[]> {
  const rows = await store.db
    .selectFrom("relay_uses")
    .selectAll()
    .where("relay_id", "=", relay.id)
    .where("reported_at", "is not", null)
    .where("first_leased_at", ">=", relay.judged_from)
    .orderBy("reported_at", "desc")
    .limit(QUALITY.window)
    .execute();
  return rows.map((row) => ({ session: row.session_id, reports: reportsOf(row) }));
}

/** What the sides told. */
function reportsOf(row: RelayUseRow): SideReport[] {
  return [
    [row.host_reporter, row.host_report],
    [row.client_reporter, row.client_report],
  ].flatMap(([reporter, report]) =>
    reporter == null || report == null
      ? []
      : [{ reporter, quality: JSON.parse(report) as SideReport["quality"] }],
  );
}

/** Forgets what is long ago. */
export async function sweepUses({ store, now }: Context): Promise<void> {
  await store.db
    .deleteFrom("relay_uses")
    .where("leased_at", "<", now() - KEPT_MS)
    .execute();
}
