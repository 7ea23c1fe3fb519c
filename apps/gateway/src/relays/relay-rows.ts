import type { RelayLoad, ServerAddress } from "@wavry/signaling";
import type { Context } from "../context.ts";
import type { RelayRow } from "../store/schema.ts";
import { judgeRelay, type QualityVerdict } from "./relay-quality.ts";
import { type Standing, type StandingEvent, stepStanding } from "./relay-standing.ts";

/** The verdict on a relay of which nobody told anything, as a column. */
export const NO_VERDICT: string = JSON.stringify(judgeRelay([], () => 0));

/** The relay with that Wavry ID. */
export function findRelay({ store }: Context, id: string): Promise<RelayRow | undefined> {
  return store.db.selectFrom("relays").selectAll().where("id", "=", id).executeTakeFirst();
}

/** What the state machine goes by. */
export function standingOf(row: RelayRow): Standing {
  return {
    state: row.state,
    since: row.state_since,
    judgedFrom: row.judged_from,
    allowed: row.allowed === 1,
    quarantines: row.quarantines,
    failedChecks: row.failed_checks,
  };
}

/** The same as columns. */
export function standingColumns(
  standing: Standing,
): Pick<
  RelayRow,
  "state" | "state_since" | "judged_from" | "allowed" | "quarantines" | "failed_checks"
> {
  return {
    state: standing.state,
    state_since: standing.since,
    judged_from: standing.judgedFrom,
    allowed: standing.allowed ? 1 : 0,
    quarantines: standing.quarantines,
    failed_checks: standing.failedChecks,
  };
}

/** The peers' verdict of the row. */
export function verdictOf(row: RelayRow): QualityVerdict {
  return JSON.parse(row.verdict) as QualityVerdict;
}

/** The addresses that the last check found it at. */
export function reachableOf(row: RelayRow): ServerAddress[] {
  return JSON.parse(row.reachable) as ServerAddress[];
}

/** The addresses that it names. */
export function addressesOf(row: RelayRow): ServerAddress[] {
  return JSON.parse(row.addresses) as ServerAddress[];
}

/** What it told of its load. */
export function loadOf(row: RelayRow): RelayLoad {
  return JSON.parse(row.load) as RelayLoad;
}

/** 0 to 1: by its threads or by its sessions, whichever is fuller. */
export function shareOf({ sessions, maxSessions, busy }: RelayLoad): number {
  return Math.min(1, Math.max(busy, maxSessions === 0 ? 1 : sessions / maxSessions));
}

/**
 * Lets an event move a relay, and writes down and tells what became of it. What another replica did meanwhile wins: then nothing is
 * done here, and false is given.
 */
export async function moveRelay(
  context: Context,
  row: RelayRow,
  event: StandingEvent,
): Promise<boolean> {
  const before = standingOf(row);
  const after = stepStanding(before, event, context.now());
  if (after === before) return true;
  const { numUpdatedRows } = await context.store.db
    .updateTable("relays")
    .set({
      ...standingColumns(after),
      ...(after.judgedFrom !== before.judgedFrom && { verdict: NO_VERDICT }),
    })
    .where("id", "=", row.id)
    .where("state", "=", row.state)
    .where("state_since", "=", row.state_since)
    .where("failed_checks", "=", row.failed_checks)
    .where("allowed", "=", row.allowed)
    .executeTakeFirst();
  if (numUpdatedRows === 0n) return false;
  if (after.state !== before.state)
    await context.audit.record({
      ...{ actor: "system", address: "", action: "relay.moved", target: row.id },
      details: { from: before.state, to: after.state, because: event.type },
    });
  return true;
}
