import type { Context } from "../context.ts";
import type { App } from "../http/app.ts";
import { guard } from "./access.ts";
import { invitationRoutes } from "./invitation-routes.ts";
import { listRoutes } from "./list-routes.ts";
import { adminPages, PAGES_DIRECTORY } from "./pages.ts";
import { relayAdminRoutes } from "./relay-routes.ts";
import { startSampler } from "./sampler.ts";
import { sessionRoutes } from "./session-routes.ts";
import { userRoutes } from "./user-routes.ts";

/** The administration: its API under /admin/api and its pages under /admin. */
export async function adminRoutes(app: App, context: Context): Promise<void> {
  const sampler = startSampler(context);
  app.addHook("onClose", () => sampler[Symbol.asyncDispose]());
  await app.register(async (area) => {
    const api = area as unknown as App;
    // The description names the token too, which opens nothing but these routes.
    api.addHook("onRoute", ({ schema }) => {
      if (schema !== undefined)
        Object.assign(schema, { security: [{ bearer: [] }, { cookie: [] }, { adminToken: [] }] });
    });
    guard(api, context);
    listRoutes(api, context);
    sessionRoutes(api, context);
    userRoutes(api, context);
    invitationRoutes(api, context);
    relayAdminRoutes(api, context);
  });
  await app.register(async (area) => adminPages(area as unknown as App, PAGES_DIRECTORY));
}
