import { ErrorBody, IceServers, SHARE_TOKEN_HEADER } from "@wavry/signaling";
import type { FastifyRequest } from "fastify";
import type { Context } from "../context.ts";
import { ApiError } from "../gateway-error.ts";
import { findShareLink } from "../grants/share-links.ts";
import type { App } from "../http/app.ts";
import { iceServersFor } from "./ice-servers.ts";

const TOKEN = /^[A-Za-z0-9_-]{43}$/;

/** STUN and TURN servers, for who may open sessions here: accounts, and guests of share links. */
export async function iceRoutes(app: App, context: Context): Promise<void> {
  app.get(
    "/api/v1/ice-servers",
    {
      config: { limit: { max: 60, windowMillis: 60_000 } },
      schema: {
        summary: "STUN and TURN servers, with credentials that end soon",
        description: `Guests name their share link's token in the header \`${SHARE_TOKEN_HEADER}\`.`,
        tags: ["grants"],
        security: [{ bearer: [] }, { cookie: [] }, { shareToken: [] }],
        response: { 200: IceServers, "4xx": ErrorBody },
      },
    },
    async (request, reply) => {
      const wish = await subjectOf(context, request);
      reply.header("cache-control", "no-store");
      return iceServersFor(context, wish);
    },
  );
}

/** Throws 401 "sign-in-required", 410 "share-link-ended". */
async function subjectOf(
  context: Context,
  request: FastifyRequest,
): Promise<{ subject: string; endsAt?: number }> {
  if (request.caller !== undefined) return { subject: request.caller.user.id };
  const share = request.headers[SHARE_TOKEN_HEADER];
  if (typeof share !== "string")
    throw new ApiError(401, "sign-in-required", "sign in, or come by a share link");
  const link = TOKEN.test(share) ? await findShareLink(context, { token: share }) : undefined;
  if (link === undefined)
    throw new ApiError(410, "share-link-ended", "this share link has ended; ask for a new one");
  return { subject: `guest-${link.id}`, endsAt: link.expires_at };
}
