import type { Context } from "../context.ts";
import { loadOf } from "./relay-rows.ts";
import { isHere, shownState } from "./relay-views.ts";

/** How requests for a relay, and reports, were answered here. */
interface Counts {
  readonly answers: Map<string, number>;
  readonly reports: Map<string, number>;
}

const counts = new WeakMap<Context, Counts>();

/** One request for a relay was answered: "leased", or with an error's code. */
export function countRelayAnswer(context: Context, answer: string): void {
  add(countsOf(context).answers, answer);
}

/** One report came: "taken" or "refused". */
export function countRelayReport(context: Context, outcome: "taken" | "refused"): void {
  add(countsOf(context).reports, outcome);
}

/** Figures of the relays, without names and addresses. */
export function addRelayMetrics(context: Context): void {
  const { metrics } = context;
  metrics.gauges("wavry_relays", "Relays that are here, by state", "state", async () => {
    const found = new Map<string, number>();
    for (const row of await hereRows(context)) add(found, shownState(row));
    return found;
  });
  metrics.gauge("wavry_relays_sessions", "Sessions that the relays say they carry", async () =>
    (await hereRows(context)).reduce((sum, row) => sum + loadOf(row).sessions, 0),
  );
  metrics.gauges(
    "wavry_relay_requests",
    "Requests for a relay since the start of this replica, by answer",
    "answer",
    () => countsOf(context).answers,
  );
  metrics.gauges(
    "wavry_relay_reports",
    "Reports on relays since the start of this replica",
    "outcome",
    () => countsOf(context).reports,
  );
}

async function hereRows(context: Context) {
  const now = context.now();
  const rows = await context.store.db.selectFrom("relays").selectAll().execute();
  return rows.filter((row) => isHere(row, now));
}

function countsOf(context: Context): Counts {
  const known = counts.get(context) ?? { answers: new Map(), reports: new Map() };
  counts.set(context, known);
  return known;
}

function add(map: Map<string, number>, key: string): void {
  map.set(key, (map.get(key) ?? 0) + 1);
}
