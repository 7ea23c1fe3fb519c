import { RELAY_GONE_SECONDS } from "@wavry/signaling";
import type { Context } from "../context.ts";
import type { RelayRow } from "../store/schema.ts";
import { checkRelay, isCheckDue } from "./check-relay.ts";
import { moveRelay, verdictOf } from "./relay-rows.ts";
import { sweepUses } from "./relay-uses.ts";
import { sweepReporters } from "./reporter-rows.ts";

const LOOK_MS = 10_000;
const SWEEP_EVERY = 360;
/** A stranger that nobody let in is forgotten after so long. */
const STRANGER_MS = 24 * 3_600_000;
/** Relays that are asked at the same time. */
const MAX_CHECKS = 32;

/** What goes on with relays between their heartbeats. */
export interface Fleet extends AsyncDisposable {
  /** A heartbeat was taken: a relay that waits to be asked is asked now. */
  heard(row: RelayRow): void;
}

/** Looks after the relays until disposed: missed heartbeats, checks, time served. All replicas may do it. */
export function startFleet(context: Context): Fleet {
  const running = new Set<Promise<void>>();
  let isOver = false;
  const start = (name: string, task: () => Promise<void>) => {
    if (isOver || running.size >= MAX_CHECKS) return;
    const run = task()
      .catch((error: unknown) => context.log.warn({ err: error, task: name }, "relays"))
      .finally(() => running.delete(run));
    running.add(run);
  };
  let looks = 0;
  const timer = setInterval(() => {
    start("look after the relays", async () => {
      for (const row of await lookAfterRelays(context))
        start("ask", () => checkRelay(context, row));
    });
    if (++looks % SWEEP_EVERY === 0) start("forget", () => sweepRelays(context));
  }, LOOK_MS);
  timer.unref();
  return {
    heard(row) {
      if (isCheckDue(row, context.now())) start("ask", () => checkRelay(context, row));
    },
    async [Symbol.asyncDispose]() {
      isOver = true;
      clearInterval(timer);
      await Promise.all(running);
    },
  };
}

/** One look: moves what time alone moves; gives the relays that are to be asked. */
export async function lookAfterRelays(context: Context): Promise<RelayRow[]> {
  const rows = await context.store.db
    .selectFrom("relays")
    .selectAll()
    .where((e) => e.or([e("state", "!=", "new"), e("allowed", "=", 1)]))
    .where("state", "!=", "banned")
    .execute();
  const now = context.now();
  const due: RelayRow[] = [];
  for (const row of rows) {
    const awayMs = now - row.last_seen_at;
    if (awayMs >= RELAY_GONE_SECONDS * 1_000) await moveRelay(context, row, { type: "missed" });
    else {
      await moveRelay(context, row, { type: "tick", ...verdictOf(row) });
      if (isCheckDue(row, now)) due.push(row);
    }
  }
  return due;
}

/** Forgets strangers that went away, and uses and reporters of long ago. */
export async function sweepRelays(context: Context): Promise<void> {
  await context.store.db
    .deleteFrom("relays")
    .where("state", "=", "new")
    .where("allowed", "=", 0)
    .where("last_seen_at", "<", context.now() - STRANGER_MS)
    .execute();
  await sweepUses(context);
  await sweepReporters(context);
}
