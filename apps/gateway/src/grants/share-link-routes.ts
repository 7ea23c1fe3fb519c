import {
  DeviceParams,
  Done,
  ErrorBody,
  IdParams,
  NewShareLink,
  ShareLinkList,
  ShareLinkWish,
} from "@wavry/signaling";
import type { Context } from "../context.ts";
import type { App } from "../http/app.ts";
import { actorOf, requireCaller } from "../http/caller.ts";
import { createShareLink, endShareLink, listShareLinks } from "./share-links.ts";

const HOUR_MS = 3_600_000;
const tags = ["grants"];

/** Links that let whoever has them in. */
export function shareLinkRoutes(app: App, context: Context): void {
  app.get(
    "/api/v1/hosts/:id/share-links",
    {
      schema: {
        summary: "The live links to your host",
        tags,
        params: DeviceParams,
        response: { 200: ShareLinkList, "4xx": ErrorBody },
      },
    },
    async (request) => ({
      links: await listShareLinks(context, requireCaller(request).user.id, request.params.id),
    }),
  );
  app.post(
    "/api/v1/hosts/:id/share-links",
    {
      config: { limit: { max: 120, windowMillis: HOUR_MS } },
      schema: {
        summary: "Make a link that lets whoever has it in",
        tags,
        params: DeviceParams,
        body: ShareLinkWish,
        response: { 200: NewShareLink, "4xx": ErrorBody },
      },
    },
    async (request) => {
      const { user } = requireCaller(request);
      const made = await createShareLink(context, user.id, request.params.id, request.body);
      const { link } = made;
      await context.audit.record({
        ...actorOf(request),
        action: "share-link.created",
        target: link.hostId,
        details: { link: link.id, rights: link.rights.join(" "), expiresAt: link.expiresAt },
      });
      return made;
    },
  );
  app.delete(
    "/api/v1/share-links/:id",
    {
      schema: {
        summary: "End a link and all that came in by it",
        tags,
        params: IdParams,
        response: { 200: Done, "4xx": ErrorBody },
      },
    },
    async (request) => {
      const { id } = request.params;
      await endShareLink(context, requireCaller(request).user.id, id);
      await context.audit.record({ ...actorOf(request), action: "share-link.ended", target: id });
      return { ok: true as const };
    },
  );
}
