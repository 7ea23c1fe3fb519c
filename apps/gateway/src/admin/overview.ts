import { readFileSync } from "node:fs";
import { type AdminCounts, type AdminOverview, RELAY_GONE_SECONDS } from "@wavry/signaling";
import { sql } from "kysely";
import type { Context } from "../context.ts";
import type { ReadinessCheck } from "../operation/readiness.ts";
import { isLiveSession } from "../sessions/live-sessions.ts";
import { inState } from "./list-users.ts";

const NO_COUNTS: AdminCounts = {
  ...{ users: 0, disabled: 0, banned: 0, administrators: 0, hosts: 0, clients: 0 },
  ...{ sessions: 0, screenSessions: 0, invitations: 0, relays: 0 },
};
const VERSION = (
  JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as {
    version: string;
  }
).version;

const countAll = sql<number>`count(*)`.as("count");

/** The gateway at a glance; without its figures while the database does not answer. */
export async function readOverview(
  context: Context,
  readiness: ReadinessCheck,
): Promise<AdminOverview> {
  const { config, store, bus, mail, replica } = context;
  const answers = await readiness.storeAnswers();
  return {
    version: VERSION,
    runtime: process.version,
    publicUrl: config.publicUrl.href,
    replica,
    uptimeSeconds: Math.round(process.uptime()),
    store: { kind: store.kind, answers },
    bus: { kind: bus.kind, healthy: bus.healthy },
    registration: config.registration,
    mail: mail.configured,
    counts: answers ? await readCounts(context) : NO_COUNTS,
  };
}

async function readCounts({ store: { db }, now }: Context): Promise<AdminCounts> {
  const at = now();
  const users = () => db.selectFrom("users").select(countAll);
  const devices = () => db.selectFrom("devices").select(countAll);
  const queries = {
    users: users(),
    disabled: users().where((e) => inState(e, "disabled", at)),
    banned: users().where((e) => inState(e, "banned", at)),
    administrators: users().where("role", "!=", "user"),
    hosts: devices().where("kind", "=", "host"),
    clients: devices().where("kind", "=", "client"),
    sessions: db
      .selectFrom("sessions")
      .select(countAll)
      .where((e) => isLiveSession(e, at)),
    screenSessions: db.selectFrom("screen_sessions").select(countAll).where("ended_at", "is", null),
    invitations: db
      .selectFrom("one_time_links")
      .select(countAll)
      .where("purpose", "=", "invitation")
      .where("used_at", "is", null)
      .where("expires_at", ">", at),
    relays: db
      .selectFrom("relays")
      .select(countAll)
      .where("last_seen_at", ">", at - RELAY_GONE_SECONDS * 1_000)
      .where("state", "in", ["probation", "active", "degraded"]),
  };
  const counts = { ...NO_COUNTS };
  for (const [name, query] of Object.entries(queries))
    counts[name as keyof typeof queries] = (await query.executeTakeFirstOrThrow()).count;
  return counts;
}
