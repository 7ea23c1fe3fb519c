import type { Right } from "@wavry/signaling";
import type { Context } from "../context.ts";
import { readRights, writeRights } from "../grants/grant-views.ts";
import { MAX_SESSION_MS } from "../grants/sign-grant.ts";
import type { ScreenSessionRow } from "../store/schema.ts";
import type { SessionNote } from "./session-note.ts";

/** A host that went away without a word; its sessions may still run, and are taken up when it is back. */
export const HOST_GONE = "host-gone";

/** Notes that a session began. */
export async function insertSession(context: Context, note: SessionNote): Promise<void> {
  await context.store.db
    .insertInto("screen_sessions")
    .values({
      id: note.id,
      host_id: note.hostId,
      client_id: note.clientId,
      client_instance: note.clientInstance,
      user_id: note.userId,
      sign_in_id: note.signInId,
      grant_id: note.grantId,
      share_link_id: note.shareLinkId,
      rights: writeRights(note.rights),
      started_at: context.now(),
      ended_at: null,
      end_reason: null,
    })
    .onConflict((conflict) => conflict.column("id").doNothing())
    .execute();
}

/** Notes that sessions ended, those that have not before. */
export async function endSessionRows(
  context: Context,
  ids: readonly string[],
  reason: string,
): Promise<void> {
  if (ids.length === 0) return;
  await context.store.db
    .updateTable("screen_sessions")
    .set({ ended_at: context.now(), end_reason: reason })
    .where("id", "in", ids)
    .where("ended_at", "is", null)
    .execute();
}

/** Notes that a session goes on, with these rights. */
export async function keepSessionRow(
  context: Context,
  id: string,
  rights: readonly Right[],
): Promise<void> {
  await context.store.db
    .updateTable("screen_sessions")
    .set({ ended_at: null, end_reason: null, rights: writeRights(rights) })
    .where("id", "=", id)
    .where((e) => e.or([e("ended_at", "is", null), e("end_reason", "=", HOST_GONE)]))
    .execute();
}

/** Ends, in the books, what must be over because no session lasts for so long. */
export async function endForgottenSessions(context: Context): Promise<void> {
  await context.store.db
    .updateTable("screen_sessions")
    .set({ ended_at: context.now(), end_reason: "lost" })
    .where("ended_at", "is", null)
    .where("started_at", "<", context.now() - MAX_SESSION_MS - 3_600_000)
    .execute();
}

/** A row as a running session. */
export function noteOf(row: ScreenSessionRow): SessionNote {
  return {
    id: row.id,
    hostId: row.host_id,
    clientId: row.client_id,
    clientInstance: row.client_instance,
    userId: row.user_id,
    signInId: row.sign_in_id,
    grantId: row.grant_id,
    shareLinkId: row.share_link_id,
    rights: readRights(row.rights),
    ask: false,
    endsAt: row.started_at + MAX_SESSION_MS,
    started: true,
    pendingBeats: 0,
    // What both sides understand is not in the books: they may try.
    relays: { offered: [] },
  };
}

/** What `reviewSession` looks at. */
export function reviewed(note: SessionNote): {
  host_id: string;
  client_id: string;
  user_id: string | null;
  sign_in_id: string | null;
  share_link_id: string | null;
} {
  return {
    host_id: note.hostId,
    client_id: note.clientId,
    user_id: note.userId,
    sign_in_id: note.signInId,
    share_link_id: note.shareLinkId,
  };
}
