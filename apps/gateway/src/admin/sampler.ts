import { LEASE_SECONDS } from "@wavry/relay";
import type { AnalyticsMetric } from "@wavry/signaling";
import { type Kysely, sql } from "kysely";
import type { Context } from "../context.ts";
import type { Tables } from "../store/schema.ts";

export const MINUTE_MS = 60_000;
export const HOUR_MS: number = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
/** How long minutes are kept; hours are kept for longer than the longest range. */
const MINUTES_KEPT_MS = 2 * DAY_MS;
const HOURS_KEPT_MS = 400 * DAY_MS;
/** How often it looks whether a minute is over. */
const LOOK_MS = 10_000;

/** Figures that hold at a moment, and events that happened in a time. */
export const METRICS: readonly {
  readonly metric: AnalyticsMetric;
  readonly kind: "level" | "count";
}[] = [
  { metric: "users", kind: "level" },
  { metric: "sessions", kind: "level" },
  { metric: "sign-ins", kind: "count" },
  { metric: "sign-in-failures", kind: "count" },
  { metric: "screen-sessions", kind: "level" },
  { metric: "screen-session-starts", kind: "count" },
  { metric: "relay-sessions", kind: "level" },
];

/** Where a metric's hours are; its minutes are under its own name. */
export function hourly(metric: string): string {
  return `${metric}:hour`;
}

/** Takes a sample of each minute, on one replica, until disposed. */
export function startSampler(context: Context): AsyncDisposable {
  let last = minuteBefore(context);
  let running: Promise<void> | undefined;
  const timer = setInterval(() => {
    const at = minuteBefore(context);
    if (at === last || running !== undefined) return;
    last = at;
    running = sample(context, at).finally(() => {
      running = undefined;
    });
  }, LOOK_MS);
  timer.unref();
  return {
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      await running;
    },
  };
}

/** The last minute that is over. */
function minuteBefore(context: Context): number {
  return (Math.floor(context.now() / MINUTE_MS) - 1) * MINUTE_MS;
}

async function sample(context: Context, at: number): Promise<void> {
  try {
    // Without the bus more than one may do it: the first one's figures stay.
    const first = await context.bus.once(`sample:${at}`, 5 * MINUTE_MS).catch(() => true);
    if (first) await takeSample(context, at);
  } catch (error) {
    context.log.warn({ err: error }, "could not note this minute's figures");
  }
}

/** Notes the figures of the minute that begins at `at`, brings its hour up to date, forgets what is too old. */
export async function takeSample(context: Context, at: number): Promise<void> {
  const { db } = context.store;
  const figures = await readFigures(context, at);
  await db.transaction().execute(async (transaction) => {
    await transaction
      .insertInto("samples")
      .values([...figures].map(([metric, value]) => ({ metric, at, value })))
      .onConflict((conflict) => conflict.columns(["metric", "at"]).doNothing())
      .execute();
    await rollUp(transaction, Math.floor(at / HOUR_MS) * HOUR_MS);
    const metrics = METRICS.map(({ metric }) => metric);
    await transaction
      .deleteFrom("samples")
      .where("metric", "in", metrics)
      .where("at", "<", at - MINUTES_KEPT_MS)
      .execute();
    await transaction
      .deleteFrom("samples")
      .where("metric", "in", metrics.map(hourly))
      .where("at", "<", at - HOURS_KEPT_MS)
      .execute();
  });
}

async function readFigures(
  { store: { db }, now }: Context,
  at: number,
): Promise<ReadonlyMap<AnalyticsMetric, number>> {
  const users = await db.selectFrom("users").select(countAll).executeTakeFirstOrThrow();
  const sessions = await db
    .selectFrom("sessions")
    .select(countAll)
    .where("expires_at", ">", now())
    .executeTakeFirstOrThrow();
  const live = await db
    .selectFrom("screen_sessions")
    .select(countAll)
    .where("ended_at", "is", null)
    .executeTakeFirstOrThrow();
  const started = await db
    .selectFrom("screen_sessions")
    .select(countAll)
    .where("started_at", ">=", at)
    .where("started_at", "<", at + MINUTE_MS)
    .executeTakeFirstOrThrow();
  const events = await db
    .selectFrom("audit")
    .select(["action", countAll])
    .where("at", ">=", at)
    .where("at", "<", at + MINUTE_MS)
    .where("action", "in", ["session.created", "session.refused"])
    .groupBy("action")
    .execute();
  const relayed = await db
    .selectFrom("relay_uses as use")
    .innerJoin("screen_sessions as session", "session.id", "use.session_id")
    .select((e) => e.fn.count<number>("use.session_id").distinct().as("count"))
    .where("session.ended_at", "is", null)
    .where("use.leased_at", ">", now() - LEASE_SECONDS * 1_000)
    .executeTakeFirstOrThrow();
  const eventsOf = (name: string) => events.find(({ action }) => action === name)?.count ?? 0;
  return new Map([
    ["users", users.count],
    ["sessions", sessions.count],
    ["sign-ins", eventsOf("session.created")],
    ["sign-in-failures", eventsOf("session.refused")],
    ["screen-sessions", live.count],
    ["screen-session-starts", started.count],
    ["relay-sessions", relayed.count],
  ]);
}

/** Makes an hour of its minutes: the mean of levels, the sum of counts. */
async function rollUp(db: Kysely<Tables>, hour: number): Promise<void> {
  const rows = await db
    .selectFrom("samples")
    .select((e) => [
      "metric",
      e.fn.avg<number>("value").as("mean"),
      e.fn.sum<number>("value").as("sum"),
    ])
    .where(
      "metric",
      "in",
      METRICS.map(({ metric }) => metric),
    )
    .where("at", ">=", hour)
    .where("at", "<", hour + HOUR_MS)
    .groupBy("metric")
    .execute();
  if (rows.length === 0) return;
  const kinds = new Map<string, string>(METRICS.map(({ metric, kind }) => [metric, kind]));
  await db
    .insertInto("samples")
    .values(
      rows.map(({ metric, mean, sum }) => ({
        metric: hourly(metric),
        at: hour,
        value: kinds.get(metric) === "level" ? mean : sum,
      })),
    )
    .onConflict((conflict) =>
      conflict.columns(["metric", "at"]).doUpdateSet((e) => ({ value: e.ref("excluded.value") })),
    )
    .execute();
}

const countAll = sql<number>`count(*)`.as("count");
