import type { Context } from "../context.ts";
import type { RelayRow } from "../store/schema.ts";
import { probeRelay } from "./probe-relay.ts";
import { forgetServingRelays } from "./relay-directory.ts";
import { addressesOf, findRelay, moveRelay } from "./relay-rows.ts";

/** How often a relay that answers is asked again. */
export const CHECK_MS: number = 5 * 60_000;
/** And one that did not. */
export const RECHECK_MS = 30_000;
/** No two replicas ask the same relay within that time. */
const CLAIM_MS = 10_000;

/** Whether it is time to ask a relay. Strangers are not asked: nobody makes the gateway send to where they like. */
export function isCheckDue(row: RelayRow, now: number): boolean {
  if (row.state === "banned" || row.state === "quarantined") return false;
  if (row.state === "new" && row.allowed === 0) return false;
  if (row.checked_at === null) return true;
  const isWell = row.failed_checks === 0 && row.reachable !== "[]";
  return now - row.checked_at >= (isWell ? CHECK_MS : RECHECK_MS);
}

/** Asks a relay whether it is where it says, and lets the answer move it. */
export async function checkRelay(context: Context, row: RelayRow): Promise<void> {
  const { bus, store, now } = context;
  // Without the bus two may ask: that does no harm.
  if (!(await bus.once(`relay-check:${row.id}`, CLAIM_MS).catch(() => true))) return;
  const addresses = addressesOf(row);
  const results = await probeRelay(addresses);
  const answered = results.includes("reachable");
  // What this machine cannot try, others may well reach: it stands by the addresses that answered.
  const reachable = answered ? addresses.filter((_, index) => results[index] !== "silent") : [];
  await store.db
    .updateTable("relays")
    .set({ reachable: JSON.stringify(reachable), checked_at: now() })
    .where("id", "=", row.id)
    // Another heartbeat may name other addresses by now.
    .where("addresses", "=", row.addresses)
    .execute();
  const fresh = await findRelay(context, row.id);
  if (fresh === undefined || fresh.addresses !== row.addresses) return;
  await moveRelay(context, fresh, { type: "checked", reachable: answered });
  forgetServingRelays(context);
}
