import {
  AdminInvitationPage,
  AdminInvitationQuery,
  Done,
  ErrorBody,
  HandedLink,
  InvitationParams,
  InvitationRequest,
} from "@wavry/signaling";
import { createInvitation, revokeInvitation } from "../accounts/invitations.ts";
import type { Context } from "../context.ts";
import { ApiError } from "../gateway-error.ts";
import type { App } from "../http/app.ts";
import { administratorOf } from "./access.ts";
import { listInvitations } from "./list-invitations.ts";

const tags = ["administration"];
const viewer = { adminRole: "viewer" } as const;
const operator = { adminRole: "operator" } as const;
const DAY_MS = 24 * 3_600_000;

/** Invitations that can still be used. */
export function invitationRoutes(app: App, context: Context): void {
  app.get(
    "/admin/api/invitations",
    {
      config: viewer,
      schema: {
        summary: "Invitations that can still be used, newest first",
        tags,
        querystring: AdminInvitationQuery,
        response: { 200: AdminInvitationPage, "4xx": ErrorBody },
      },
    },
    (request) => listInvitations(context, request.query),
  );
  app.post(
    "/admin/api/invitations",
    {
      config: operator,
      schema: {
        summary: "Invite a person; the link is told this once, and sent where there is an e-mail",
        tags,
        body: InvitationRequest,
        response: { 200: HandedLink, "4xx": ErrorBody },
      },
    },
    (request) => {
      const { role, actor } = administratorOf(request);
      const { email, role: invited = "user", days } = request.body;
      if (role !== "admin" && invited !== "user")
        throw new ApiError(403, "role-too-low", "to invite administrators takes the role admin");
      return createInvitation(context, {
        ...{ actor, role: invited },
        ...(email !== undefined && { email }),
        ...(days !== undefined && { lifeMillis: days * DAY_MS }),
      });
    },
  );
  app.delete(
    "/admin/api/invitations/:id",
    {
      config: operator,
      schema: {
        summary: "Withdraw an invitation",
        tags,
        params: InvitationParams,
        response: { 200: Done, "4xx": ErrorBody },
      },
    },
    async (request) => {
      const { actor } = administratorOf(request);
      await revokeInvitation(context, actor, request.params.id);
      return { ok: true } as const;
    },
  );
}
