import type { Context } from "../context.ts";
import { createSession, endSession, type OpenedSession } from "../sessions/session-service.ts";
import type { UserRow } from "../store/schema.ts";

const HOST_SESSION = "local.host-session";

/** Signs this machine in as a host of the local owner's, in place of its sign-in before. */
export async function openHostSession(
  context: Context,
  owner: UserRow,
  label: string,
): Promise<OpenedSession> {
  const { db } = context.store;
  const before = await db
    .selectFrom("settings")
    .select("value")
    .where("key", "=", HOST_SESSION)
    .executeTakeFirst();
  if (before !== undefined)
    await endSession(context, { userId: owner.id, sessionId: before.value });
  const opened = await createSession(context, {
    ...{ userId: owner.id, kind: "program", label, address: "127.0.0.1" },
    ...{ secondFactor: false, confirmed: false },
  });
  const value = opened.session.id;
  await db
    .insertInto("settings")
    .values({ key: HOST_SESSION, value })
    .onConflict((conflict) => conflict.column("key").doUpdateSet({ value }))
    .execute();
  await context.audit.record({
    ...{ actor: "system", address: "", action: "session.created", target: value },
    details: { method: "local-host", kind: "program" },
  });
  return opened;
}
