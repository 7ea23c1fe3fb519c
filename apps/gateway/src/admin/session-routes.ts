import {
  AdminScreenSessionPage,
  AdminScreenSessionQuery,
  AdminSessionPage,
  AdminSessionQuery,
  ErrorBody,
  Revocation,
  Revoked,
} from "@wavry/signaling";
import type { Context } from "../context.ts";
import type { App } from "../http/app.ts";
import { administratorOf } from "./access.ts";
import { listScreenSessions } from "./list-screen-sessions.ts";
import { listSessions } from "./list-sessions.ts";
import { revoke } from "./revoke.ts";

const tags = ["administration"];
const viewer = { adminRole: "viewer" } as const;
const operator = { adminRole: "operator" } as const;

/** Sign-ins and screens that are shown. */
export function sessionRoutes(app: App, context: Context): void {
  app.get(
    "/admin/api/sessions",
    {
      config: viewer,
      schema: {
        summary: "Sign-ins that are valid, a page at a time",
        tags,
        querystring: AdminSessionQuery,
        response: { 200: AdminSessionPage, "4xx": ErrorBody },
      },
    },
    (request) => listSessions(context, request.query, administratorOf(request).caller?.session.id),
  );
  app.get(
    "/admin/api/screen-sessions",
    {
      config: viewer,
      schema: {
        summary: "Screens that are or were shown, a page at a time",
        tags,
        querystring: AdminScreenSessionQuery,
        response: { 200: AdminScreenSessionPage, "4xx": ErrorBody },
      },
    },
    (request) => listScreenSessions(context, request.query),
  );
  app.post(
    "/admin/api/sessions/revoke",
    {
      config: operator,
      schema: {
        summary: "End a sign-in, all sign-ins of an account, or a screen session, at once",
        tags,
        body: Revocation,
        response: { 200: Revoked, "4xx": ErrorBody },
      },
    },
    async (request) => ({
      revoked: await revoke(context, administratorOf(request), request.body),
    }),
  );
}
