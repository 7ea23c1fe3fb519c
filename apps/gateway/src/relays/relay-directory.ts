import type { Context } from "../context.ts";
import type { RelayRow } from "../store/schema.ts";
import { loadOf, reachableOf, shareOf, verdictOf } from "./relay-rows.ts";
import { isHere, shownState } from "./relay-views.ts";
import type { ServingRelay } from "./serving-relay.ts";

/** Relays that are looked at for one choice; more would be a fleet of another kind. */
const MAX_RELAYS = 512;
/** A list is good for so long: a heartbeat comes every ten seconds. */
const FRESH_MS = 1_000;

const lists = new WeakMap<
  Context,
  { readonly until: number; readonly list: Promise<ServingRelay[]> }
>();

/** The relays that are here, may serve, are reachable and do not drain. Kept for a second; rejects with ApiError of the store. */
export function servingRelays(context: Context): Promise<readonly ServingRelay[]> {
  const at = performance.now();
  const known = lists.get(context);
  if (known !== undefined && at < known.until) return known.list;
  const list = read(context);
  lists.set(context, { until: at + FRESH_MS, list });
  list.catch(() => lists.delete(context));
  return list;
}

/** Forgets the list: a relay was let in, banned or taken out here. */
export function forgetServingRelays(context: Context): void {
  lists.delete(context);
}

async function read(context: Context): Promise<ServingRelay[]> {
  const rows = await context.store.db
    .selectFrom("relays")
    .selectAll()
    .where("state", "in", ["probation", "active", "degraded"])
    .where("told_state", "=", "serving")
    .where("drained", "=", 0)
    .orderBy("last_seen_at", "desc")
    .limit(MAX_RELAYS)
    .execute();
  const now = context.now();
  return rows.flatMap((row) => servingRelay(row, now) ?? []);
}

/** The relay as it may be offered; undefined where it may not. */
export function servingRelay(row: RelayRow, now: number): ServingRelay | undefined {
  const state = shownState(row);
  const addresses = reachableOf(row);
  if (!isHere(row, now) || addresses.length === 0) return undefined;
  if (state !== "probation" && state !== "active" && state !== "degraded") return undefined;
  return {
    ...{ id: row.id, state, region: row.region },
    ...{ score: verdictOf(row).score, load: shareOf(loadOf(row)) },
    offer: {
      ...{ id: row.id, staticKey: row.static_key, addresses },
      ...(row.tls !== null && { tls: row.tls }),
    },
  };
}
