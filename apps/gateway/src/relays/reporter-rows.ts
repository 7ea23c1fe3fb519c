import type { Context } from "../context.ts";
import { noteReporter, type ReporterRecord, trustOf, UNKNOWN_REPORTER } from "./reporter-trust.ts";

const KEPT_MS = 90 * 24 * 3_600_000;

/** The records of some reporters, each once; those without one are left out. */
export async function readReporters(
  { store }: Context,
  reporters: Iterable<string>,
): Promise<Map<string, ReporterRecord>> {
  const wanted = [...new Set(reporters)];
  if (wanted.length === 0) return new Map();
  const rows = await store.db
    .selectFrom("relay_reporters")
    .select(["reporter", "record"])
    .where("reporter", "in", wanted)
    .execute();
  return new Map(
    rows.map(({ reporter, record }) => [reporter, JSON.parse(record) as ReporterRecord]),
  );
}

/** How far each is believed. */
export function trustIn(
  records: ReadonlyMap<string, ReporterRecord>,
): (reporter: string) => number {
  return (reporter) => trustOf(records.get(reporter) ?? UNKNOWN_REPORTER);
}

/** Notes that a reporter saw a relay as the others did, or otherwise. */
export async function writeReporter(
  { store, now }: Context,
  reporter: string,
  { before, agrees }: { readonly before: ReporterRecord | undefined; readonly agrees: boolean },
): Promise<ReporterRecord> {
  const after = noteReporter(before ?? UNKNOWN_REPORTER, agrees);
  const record = JSON.stringify(after);
  await store.db
    .insertInto("relay_reporters")
    .values({ reporter, record, updated_at: now() })
    .onConflict((conflict) =>
      conflict.column("reporter").doUpdateSet({ record, updated_at: now() }),
    )
    .execute();
  return after;
}

/** Forgets those that have not reported for long. */
export async function sweepReporters({ store, now }: Context): Promise<void> {
  await store.db
    .deleteFrom("relay_reporters")
    .where("updated_at", "<", now() - KEPT_MS)
    .execute();
}
