import type { Context } from "../context.ts";
import type { App } from "../http/app.ts";

export async function operationRoutes(_app: App, _context: Context): Promise<void> {}
