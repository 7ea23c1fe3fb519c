import type { FastifyRequest } from "fastify";
import type { Context } from "../context.ts";
import { ApiError } from "../gateway-error.ts";
import { type Caller, requireCaller } from "../http/caller.ts";
import { CONFIRMED_FOR_MS } from "./session-service.ts";

/**
 * The caller, who proved a short while ago who they are; throws 401 "sign-in-required", or 403 "confirm-needed": then
 * POST /api/v1/session/confirmation and try again.
 */
export function requireConfirmed(request: FastifyRequest, context: Context): Caller {
  const caller = requireCaller(request);
  const { confirmed_at } = caller.session;
  const age = confirmed_at === null ? undefined : context.now() - confirmed_at;
  if (age === undefined || age < 0 || age > CONFIRMED_FOR_MS)
    throw new ApiError(403, "confirm-needed", "confirm first that it is you, then try again");
  return caller;
}
