import Type from "typebox";
import { type Message, message } from "../../message.ts";

/** How far back. */
export type AnalyticsRange = "24h" | "7d" | "30d" | "1y";

/** How far back, as a query. */
export interface AnalyticsQuery {
  range: AnalyticsRange;
}
/** Schema of that. */
export const AnalyticsQuery: Message<AnalyticsQuery> = message(
  Type.Object(
    {
      range: Type.Union([
        Type.Literal("24h"),
        Type.Literal("7d"),
        Type.Literal("30d"),
        Type.Literal("1y"),
      ]),
    },
    { additionalProperties: false },
  ),
);

/** A figure over time. */
export type AnalyticsMetric =
  | "users"
  | "sessions"
  | "sign-ins"
  | "sign-in-failures"
  | "screen-sessions"
  | "screen-session-starts"
  | "relay-sessions";
const metric = (): Message<AnalyticsMetric> =>
  message(
    Type.Union([
      Type.Literal("users"),
      Type.Literal("sessions"),
      Type.Literal("sign-ins"),
      Type.Literal("sign-in-failures"),
      Type.Literal("screen-sessions"),
      Type.Literal("screen-session-starts"),
      Type.Literal("relay-sessions"),
    ]),
  );

/** Some figure over a time. */
export interface AnalyticsPoint {
  /** When the time begins, milliseconds since 1970. */
  at: number;
  value: number;
}

/** One figure: its mean over each time, or how often it happened. */
export interface AnalyticsSeries {
  metric: AnalyticsMetric;
  kind: "level" | "count";
  /** In order; nothing where the gateway did not run. */
  points: AnalyticsPoint[];
}

/** All figures over a range. */
export interface Analytics {
  from: number;
  to: number;
  /** How long each point's time is. */
  bucketMillis: number;
  series: AnalyticsSeries[];
}
/** Schema of all figures. */
export const Analytics: Message<Analytics> = message(
  Type.Object({
    from: Type.Integer(),
    to: Type.Integer(),
    bucketMillis: Type.Integer(),
    series: Type.Array(
      Type.Object({
        metric: metric(),
        kind: Type.Union([Type.Literal("level"), Type.Literal("count")]),
        points: Type.Array(Type.Object({ at: Type.Integer(), value: Type.Number() }), {
          maxItems: 400,
        }),
      }),
    ),
  }),
);
