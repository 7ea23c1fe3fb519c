import { LEASE_SECONDS } from "@wavry/relay";
import type { RelayQuality } from "@wavry/signaling";
import type { Context } from "../context.ts";
import type { RelayRow } from "../store/schema.ts";
import { agreesWithOthers, judgeRelay } from "./relay-quality.ts";
import { findRelay, moveRelay } from "./relay-rows.ts";
import { judgedSessions } from "./relay-uses.ts";
import { readReporters, trustIn, writeReporter } from "./reporter-rows.ts";

/** How long after its last lease a session may be reported. */
const REPORT_MS: number = LEASE_SECONDS * 1_000 + 3_600_000;

/** What a device that is known says of a relay. */
export interface ReceivedReport {
  readonly session: string;
  /** Wavry ID. */
  readonly relay: string;
  readonly deviceId: string;
  readonly role: "host" | "client";
  /** Whose word it is: "user:ID" or "link:ID". */
  readonly reporter: string;
  readonly quality: RelayQuality;
}

/** Notes a report and judges relay and reporter by it; false where no such session waits for it. */
export async function judgeReport(context: Context, report: ReceivedReport): Promise<boolean> {
  if (!(await note(context, report))) return false;
  const row = await findRelay(context, report.relay);
  if (row !== undefined) await judge(context, row, report);
  return true;
}

/** Once for each side of a session that was sent to the relay. */
async function note({ store, now }: Context, report: ReceivedReport): Promise<boolean> {
  const { role, reporter, session, relay, deviceId } = report;
  const at = now();
  const text = JSON.stringify(report.quality);
  const { numUpdatedRows } = await store.db
    .updateTable("relay_uses")
    .set({
      ...(role === "host"
        ? { host_reporter: reporter, host_report: text }
        : { client_reporter: reporter, client_report: text }),
      reported_at: at,
    })
    .where("session_id", "=", session)
    .where("relay_id", "=", relay)
    .where(role === "host" ? "host_id" : "client_id", "=", deviceId)
    .where(role === "host" ? "host_report" : "client_report", "is", null)
    .where("leased_at", ">", at - REPORT_MS)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

async function judge(context: Context, row: RelayRow, report: ReceivedReport): Promise<void> {
  const { reporter, session, quality } = report;
  const sessions = await judgedSessions(context, row);
  const voices = sessions.flatMap(({ reports }) => reports.map((one) => one.reporter));
  const records = new Map(await readReporters(context, [...voices, reporter]));
  const others = sessions.filter(
    (one) => one.session !== session && one.reports.every((said) => said.reporter !== reporter),
  );
  const agrees = agreesWithOthers(quality, others, trustIn(records));
  if (agrees !== undefined)
    records.set(
      reporter,
      await writeReporter(context, reporter, { before: records.get(reporter), agrees }),
    );
  const verdict = judgeRelay(sessions, trustIn(records));
  await context.store.db
    .updateTable("relays")
    .set({ verdict: JSON.stringify(verdict) })
    .where("id", "=", row.id)
    .execute();
  await moveRelay(context, row, { type: "judged", ...verdict });
}
