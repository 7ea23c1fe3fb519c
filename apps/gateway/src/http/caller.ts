import type { FastifyRequest } from "fastify";
import type { Actor } from "../audit/audit-log.ts";
import { ApiError } from "../gateway-error.ts";
import type { SessionRow, UserRow } from "../store/schema.ts";

/** Who is signed in. */
export interface Caller {
  readonly user: UserRow;
  readonly session: SessionRow;
}

declare module "fastify" {
  interface FastifyRequest {
    /** Set before any route runs; undefined for strangers. Banned and disabled accounts are strangers. */
    caller: Caller | undefined;
  }
}

/** The caller; throws 401 "sign-in-required". */
export function requireCaller(request: FastifyRequest): Caller {
  if (request.caller === undefined)
    throw new ApiError(401, "sign-in-required", "sign in and try again");
  return request.caller;
}

/** For the audit log. */
export function actorOf(request: FastifyRequest): Actor {
  return { actor: request.caller?.user.id ?? "", address: request.ip };
}
