import {
  Done,
  ErrorBody,
  LoginCode,
  LoginCodeInfo,
  LoginCodePoll,
  LoginCodeStart,
  SignedIn,
  UserCode,
} from "@wavry/signaling";
import type { FastifyRequest } from "fastify";
import type { Context } from "../context.ts";
import type { App } from "../http/app.ts";
import { actorOf, requireCaller } from "../http/caller.ts";
import { accountView, sessionView } from "../sessions/views.ts";
import {
  decideLoginCode,
  pollLoginCode,
  showLoginCode,
  startLoginCode,
} from "./login-code-service.ts";

const tags = ["login-code"];
const MINUTE_MS = 60_000;

/**
 * Login by device code (RFC 8628): no password is typed into a terminal. User codes come in bodies and never in a path:
 * paths are logged.
 */
export async function loginCodeRoutes(app: App, context: Context): Promise<void> {
  app.post(
    "/api/v1/login-code",
    {
      config: { limit: { max: 20, windowMillis: 10 * MINUTE_MS } },
      schema: {
        summary: "Start a login that a person approves in a browser",
        tags,
        security: [],
        body: LoginCodeStart,
        response: { 200: LoginCode, "4xx": ErrorBody },
      },
    },
    (request, reply) => {
      reply.header("cache-control", "no-store");
      return startLoginCode(context, { label: request.body.label, address: request.ip });
    },
  );
  app.post(
    "/api/v1/login-code/token",
    {
      config: { limit: { max: 120, windowMillis: MINUTE_MS } },
      schema: {
        summary: "Ask whether the person has approved",
        tags,
        security: [],
        body: LoginCodePoll,
        response: { 200: SignedIn, "4xx": ErrorBody },
      },
    },
    async (request, reply) => {
      const { user, session, token } = await pollLoginCode(context, request.body.deviceCode);
      await context.audit.record({
        actor: user.id,
        address: request.ip,
        action: "session.created",
        target: session.id,
        details: { method: "login-code", kind: "program" },
      });
      reply.header("cache-control", "no-store");
      return {
        status: "signed-in" as const,
        account: await accountView(context, user),
        session: sessionView(session, session.id),
        token,
      };
    },
  );
  app.post(
    "/api/v1/login-code/show",
    {
      schema: {
        summary: "Who asks to be let in with this code",
        tags,
        body: UserCode,
        response: { 200: LoginCodeInfo, "4xx": ErrorBody },
      },
    },
    (request) => showLoginCode(context, requireCaller(request).user, request.body.userCode),
  );
  app.post(
    "/api/v1/login-code/approve",
    {
      schema: {
        summary: "Let that program in",
        tags,
        body: UserCode,
        response: { 200: Done, "4xx": ErrorBody },
      },
    },
    (request) => decide(context, request, { userCode: request.body.userCode, approve: true }),
  );
  app.post(
    "/api/v1/login-code/deny",
    {
      schema: {
        summary: "Turn that program away",
        tags,
        body: UserCode,
        response: { 200: Done, "4xx": ErrorBody },
      },
    },
    (request) => decide(context, request, { userCode: request.body.userCode, approve: false }),
  );
}

async function decide(
  context: Context,
  request: FastifyRequest,
  wish: { readonly userCode: string; readonly approve: boolean },
): Promise<Done> {
  const { user } = requireCaller(request);
  const { label, address } = await decideLoginCode(context, user, wish);
  await context.audit.record({
    ...actorOf(request),
    action: wish.approve ? "login-code.approved" : "login-code.denied",
    target: user.id,
    details: { label, program: address },
  });
  return { ok: true };
}
