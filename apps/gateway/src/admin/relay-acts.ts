import type { AdminRelay, RelayOrder } from "@wavry/signaling";
import type { Context } from "../context.ts";
import { ApiError } from "../gateway-error.ts";
import { checkRelay } from "../relays/check-relay.ts";
import { forgetServingRelays } from "../relays/relay-directory.ts";
import { findRelay, NO_VERDICT, standingColumns, standingOf } from "../relays/relay-rows.ts";
import { stepStanding } from "../relays/relay-standing.ts";
import { relayView } from "../relays/relay-views.ts";
import type { Administrator } from "./access.ts";

const MAX_RELAYS = 1_000;
const AUDITED = { allow: "relay.allowed", drain: "relay.drained", ban: "relay.banned" } as const;

/** All relays, those that wait to be let in first. */
export async function listRelays({ store, now }: Context): Promise<AdminRelay[]> {
  const rows = await store.db
    .selectFrom("relays")
    .selectAll()
    .orderBy("last_seen_at", "desc")
    .orderBy("id")
    .limit(MAX_RELAYS)
    .execute();
  const at = now();
  const waits = (relay: AdminRelay) => Number(relay.state === "new" && !relay.allowed);
  return rows.map((row) => relayView(row, at)).sort((a, b) => waits(b) - waits(a));
}

/** Does what an administrator orders; throws ApiError 404 "no-such-relay". */
export async function orderRelay(
  context: Context,
  { actor }: Administrator,
  { id, act }: { readonly id: string } & RelayOrder,
): Promise<void> {
  const row = await findRelay(context, id);
  if (row === undefined)
    throw new ApiError(404, "no-such-relay", "there is no relay with this Wavry ID");
  const event = { type: act === "ban" ? "banned" : "allowed" } as const;
  const before = standingOf(row);
  const after = act === "drain" ? before : stepStanding(before, event, context.now());
  await context.store.db
    .updateTable("relays")
    .set({
      ...standingColumns(after),
      drained: act === "drain" ? 1 : 0,
      ...(after.judgedFrom !== before.judgedFrom && { verdict: NO_VERDICT }),
    })
    .where("id", "=", id)
    .execute();
  forgetServingRelays(context);
  await context.audit.record({ ...actor, action: AUDITED[act], target: id });
  const allowed = await findRelay(context, id);
  if (act === "allow" && allowed?.state === "new")
    context.afterwards.run("ask a relay that was let in", () => checkRelay(context, allowed));
}
