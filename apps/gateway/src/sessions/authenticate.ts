import type { FastifyRequest } from "fastify";
import type { Context } from "../context.ts";
import type { App } from "../http/app.ts";
import { checkOrigin } from "./origin-check.ts";
import { sessionCookie } from "./session-cookie.ts";
import { findByToken, slide } from "./session-service.ts";

const BEARER = /^Bearer +([^ ]+)$/i;

/**
 * Finds out who calls, by bearer token or cookie, before any route runs. A bearer token outranks the cookie, and makes
 * the origin check needless: no foreign page can make a browser send it.
 */
export function authenticate(app: App, context: Context): void {
  const cookie = sessionCookie(context.config);
  app.decorateRequest("caller", undefined);
  app.addHook("onRequest", async (request) => {
    const bearer = bearerToken(request);
    if (bearer === undefined) checkOrigin(request, context.config.publicUrl);
    const token = bearer ?? cookie.read(request);
    if (token === undefined) return;
    request.caller = await findByToken(context, token);
    if (request.caller !== undefined) slide(context, request.caller.session, request.ip);
  });
}

function bearerToken(request: FastifyRequest): string | undefined {
  return BEARER.exec(request.headers.authorization ?? "")?.[1];
}
