import type { Account, Session } from "@wavry/signaling";
import type { Context } from "../context.ts";
import type { Caller } from "../http/caller.ts";
import { hasSecondFactor } from "../second-factor/factors.ts";
import type { SessionRow } from "../store/schema.ts";

/** A session as its owner sees it. */
export function sessionView(session: SessionRow, currentId: string | undefined): Session {
  return {
    id: session.id,
    kind: session.kind,
    label: session.label,
    address: session.address,
    createdAt: session.created_at,
    lastSeenAt: session.last_seen_at,
    expiresAt: session.expires_at,
    current: session.id === currentId,
  };
}

/** An account as its owner sees it. */
export async function accountView(context: Context, user: Caller["user"]): Promise<Account> {
  return {
    id: user.id,
    email: user.email,
    username: user.username,
    displayName: user.display_name,
    role: user.role,
    createdAt: user.created_at,
    hasPassword: user.password_hash !== null,
    hasSecondFactor: await hasSecondFactor(context, user),
  };
}
