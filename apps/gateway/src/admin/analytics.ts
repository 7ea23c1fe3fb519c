import type { Analytics, AnalyticsRange } from "@wavry/signaling";
import { sql } from "kysely";
import type { Context } from "../context.ts";
import { HOUR_MS, hourly, METRICS, MINUTE_MS } from "./sampler.ts";

/** How far back a range goes, and how long each of its points is; so that a chart has at most 400 points. */
const RANGES: Record<
  AnalyticsRange,
  { readonly buckets: number; readonly bucketMillis: number; readonly of: "minutes" | "hours" }
> = {
  "24h": { buckets: 288, bucketMillis: 5 * MINUTE_MS, of: "minutes" },
  "7d": { buckets: 168, bucketMillis: HOUR_MS, of: "hours" },
  "30d": { buckets: 180, bucketMillis: 4 * HOUR_MS, of: "hours" },
  "1y": { buckets: 365, bucketMillis: 24 * HOUR_MS, of: "hours" },
};

/** All figures over a range that ends now. */
export async function readAnalytics(context: Context, range: AnalyticsRange): Promise<Analytics> {
  const { buckets, bucketMillis, of } = RANGES[range];
  const to = (Math.floor(context.now() / bucketMillis) + 1) * bucketMillis;
  const from = to - buckets * bucketMillis;
  const nameOf = (metric: string) => (of === "hours" ? hourly(metric) : metric);
  // Written out: a bound number's type would make PostgreSQL guess.
  const length = sql.raw(String(bucketMillis));
  const bucket = sql<number>`(samples.at / ${length}) * ${length}`;
  const rows = await context.store.db
    .selectFrom("samples")
    .select((e) => [
      "metric",
      bucket.as("bucket"),
      e.fn.avg<number>("value").as("mean"),
      e.fn.sum<number>("value").as("sum"),
    ])
    .where(
      "metric",
      "in",
      METRICS.map(({ metric }) => nameOf(metric)),
    )
    .where("at", ">=", from)
    .where("at", "<", to)
    .groupBy(["metric", bucket])
    .orderBy(bucket)
    .execute();
  const series = METRICS.map(({ metric, kind }) => ({
    metric,
    kind,
    points: rows
      .filter((row) => row.metric === nameOf(metric))
      .map((row) => ({ at: row.bucket, value: kind === "level" ? row.mean : row.sum })),
  }));
  return { from, to, bucketMillis, series };
}
