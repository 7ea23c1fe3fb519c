import type { AdminRole } from "@wavry/signaling";
import type { FastifyRequest } from "fastify";
import type { Actor } from "../audit/audit-log.ts";
import type { Context } from "../context.ts";
import { ApiError } from "../gateway-error.ts";
import type { App } from "../http/app.ts";
import { actorOf, type Caller } from "../http/caller.ts";
import { countUp, maxOf, tooMany } from "../limits/limiter.ts";
import { networkOf } from "../limits/network.ts";
import type { UserRow } from "../store/schema.ts";
import { admitToken, givenToken } from "./panel-token.ts";

/** Requests of one account, or of one network, that are refused; more are refused without a look and not written down. */
const REFUSALS = { name: "admin-refused", max: 20, windowMillis: 60_000 };

/** What a role outranks. */
const RANK: Record<UserRow["role"], number> = { user: 0, viewer: 1, operator: 2, admin: 3 };

/** Who administers. */
export interface Administrator {
  readonly role: AdminRole;
  readonly actor: Actor;
  /** The account; undefined for ADMIN_PANEL_TOKEN. */
  readonly caller: Caller | undefined;
}

declare module "fastify" {
  interface FastifyRequest {
    /** Set on routes under /admin/api. */
    administrator: Administrator | undefined;
  }
  interface FastifyContextConfig {
    /** What a route under /admin/api asks for; one without it answers nobody. */
    adminRole?: AdminRole;
  }
}

/** Lets only administrators in, before anything of a request is read. */
export function guard(app: App, context: Context): void {
  app.decorateRequest("administrator", undefined);
  app.addHook("onRequest", async (request, reply) => {
    reply.header("cache-control", "no-store");
    const administrator = await identify(context, request);
    const wanted = request.routeOptions.config.adminRole;
    if (wanted === undefined) throw new Error(`${request.routeOptions.url} names no adminRole`);
    if (!reaches(administrator.role, wanted))
      throw new ApiError(403, "role-too-low", `this takes the role ${wanted}`);
    request.administrator = administrator;
  });
}

/** The administrator of a request under /admin/api. */
export function administratorOf(request: FastifyRequest): Administrator {
  if (request.administrator === undefined) throw new Error("the route is not guarded");
  return request.administrator;
}

/** True if a role may do what takes `wanted`. */
export function reaches(role: UserRow["role"], wanted: UserRow["role"]): boolean {
  return RANK[role] >= RANK[wanted];
}

/** Throws 401 "sign-in-required" or "wrong-token", 403 "not-an-administrator" or "second-factor-needed", 429. */
async function identify(context: Context, request: FastifyRequest): Promise<Administrator> {
  const token = givenToken(request);
  if (token !== undefined) {
    await admitToken(context, request, token);
    const actor = { actor: "token", address: request.ip };
    return { role: "admin", actor, caller: undefined };
  }
  const { caller } = request;
  if (caller === undefined)
    throw new ApiError(401, "sign-in-required", "sign in, or give the administration token");
  const { role } = caller.user;
  if (role === "user")
    throw await refused(context, request, {
      code: "not-an-administrator",
      message: "your account has no part in the administration",
    });
  if (caller.session.second_factor_at === null)
    throw await refused(context, request, {
      code: "second-factor-needed",
      message: "administration takes a second factor: add one to your account and sign in with it",
    });
  return { role, actor: actorOf(request), caller };
}

async function refused(
  context: Context,
  request: FastifyRequest,
  { code, message }: { readonly code: string; readonly message: string },
): Promise<ApiError> {
  const subject = request.caller?.user.id ?? networkOf(request.ip);
  const { count, retryAfterSeconds } = await countUp(context, REFUSALS, subject);
  if (count > maxOf(context, REFUSALS)) return tooMany(retryAfterSeconds);
  await context.audit.record({
    ...actorOf(request),
    action: "admin.refused",
    target: request.routeOptions.url ?? "",
    details: { code },
  });
  return new ApiError(403, code, message);
}
