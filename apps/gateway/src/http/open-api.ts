import swagger from "@fastify/swagger";
import swaggerUi from "@fastify/swagger-ui";
import { SHARE_TOKEN_HEADER } from "@wavry/signaling";
import type { App } from "./app.ts";

/** Serves the page at /docs and the document at /openapi.json, made from the routes' schemas. Before any route. */
export async function describeApi(app: App): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: "3.1.0",
      info: {
        title: "Wavry gateway",
        description:
          "Accounts, devices, grants and administration. Browsers sign in by cookie, programs by bearer token; every failure is `{ error: { code, message, requestId } }` with a stable code.",
        version: "1",
        license: { name: "AGPL-3.0-or-later", identifier: "AGPL-3.0-or-later" },
      },
      components: {
        securitySchemes: {
          bearer: { type: "http", scheme: "bearer" },
          cookie: { type: "apiKey", in: "cookie", name: "__Host-wavry_session" },
          shareToken: { type: "apiKey", in: "header", name: SHARE_TOKEN_HEADER },
          adminToken: { type: "apiKey", in: "header", name: "x-admin-token" },
        },
      },
      security: [{ bearer: [] }, { cookie: [] }],
    },
  });
  await app.register(swaggerUi, { routePrefix: "/docs", staticCSP: false });
  app.get("/openapi.json", { schema: { hide: true } }, () => app.swagger());
}
