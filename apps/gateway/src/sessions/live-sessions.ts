import type { ExpressionBuilder, ExpressionWrapper, SqlBool } from "kysely";
import type { Tables } from "../store/schema.ts";
import { SESSION_MAX_MS } from "./session-service.ts";

/** Where a session can still be used; what `findByToken` asks of one, for queries over many. */
export function isLiveSession(
  e: ExpressionBuilder<Tables, "sessions">,
  now: number,
): ExpressionWrapper<Tables, "sessions", SqlBool> {
  return e.and([
    e("sessions.expires_at", ">", now),
    e.or([e("sessions.kind", "=", "program"), e("sessions.created_at", ">", now - SESSION_MAX_MS)]),
  ]);
}
