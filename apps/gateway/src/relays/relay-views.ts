import { type AdminRelay, RELAY_GONE_SECONDS, type RelayState } from "@wavry/signaling";
import type { RelayRow } from "../store/schema.ts";
import { addressesOf, loadOf, reachableOf, shareOf, verdictOf } from "./relay-rows.ts";
import { mayServe } from "./relay-standing.ts";

/** The state that people and the relay itself are shown: "draining" where it is about to end or taken out for a while. */
export function shownState(row: RelayRow): RelayState {
  const drains = row.told_state === "draining" || row.drained === 1;
  return drains && mayServe(row.state) ? "draining" : row.state;
}

/** True while its heartbeats come. */
export function isHere(row: RelayRow, now: number): boolean {
  return now - row.last_seen_at < RELAY_GONE_SECONDS * 1_000;
}

/** A relay as administrators see it. */
export function relayView(row: RelayRow, now: number): AdminRelay {
  const { score, evidence, sessions, success, rttMillis, lossPercent } = verdictOf(row);
  const load = loadOf(row);
  return {
    id: row.id,
    region: row.region,
    version: row.version,
    state: shownState(row),
    isHere: isHere(row, now),
    allowed: row.allowed === 1,
    drained: row.drained === 1,
    load: shareOf(load),
    sessions: load.sessions,
    kbps: load.kbps,
    score,
    quality: { evidence, sessions, success, rttMillis, lossPercent },
    addresses: addressesOf(row),
    reachable: reachableOf(row),
    tls: row.tls,
    checkedAt: row.checked_at,
    stateSince: row.state_since,
    firstSeenAt: row.first_seen_at,
    lastSeenAt: row.last_seen_at,
  };
}
