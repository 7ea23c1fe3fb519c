import {
  DeviceParams,
  Done,
  ErrorBody,
  GATEWAY_DOCUMENT_PATH,
  GatewayDocument,
  Grant,
  GrantChange,
  GrantOffer,
  GrantWish,
  HostGrants,
  IdParams,
  ReachableHostList,
  ReceivedOfferList,
  SIGNALING_PROTOCOL,
} from "@wavry/signaling";
import type { Context } from "../context.ts";
import type { App } from "../http/app.ts";
import { actorOf, requireCaller } from "../http/caller.ts";
import { acceptOffer, dropOffer, offerGrant, receivedOffers } from "./grant-offers.ts";
import { changeGrant, listHostGrants, revokeGrant } from "./grant-service.ts";
import { issuerOf } from "./issuer.ts";
import { reachableHosts } from "./reachable-hosts.ts";
import { shareLinkRoutes } from "./share-link-routes.ts";

const HOUR_MS = 3_600_000;
const tags = ["grants"];
const few = { limit: { max: 120, windowMillis: HOUR_MS } };

/** Who may do what on which host. */
export async function grantRoutes(app: App, context: Context): Promise<void> {
  app.get(
    GATEWAY_DOCUMENT_PATH,
    {
      schema: {
        summary: "Who this gateway is, and the key that its grants are checked with",
        tags,
        security: [],
        response: { 200: GatewayDocument },
      },
    },
    () => ({
      issuer: issuerOf(context.config),
      key: context.keys.verifyingKey,
      protocol: SIGNALING_PROTOCOL,
    }),
  );
  app.get(
    "/api/v1/hosts",
    {
      schema: {
        summary: "The hosts that you may open sessions on",
        tags,
        response: { 200: ReachableHostList, "4xx": ErrorBody },
      },
    },
    async (request) => ({ hosts: await reachableHosts(context, requireCaller(request).user.id) }),
  );
  hostRoutes(app, context);
  existingGrantRoutes(app, context);
  offerRoutes(app, context);
  shareLinkRoutes(app, context);
}

function hostRoutes(app: App, context: Context): void {
  app.get(
    "/api/v1/hosts/:id/grants",
    {
      schema: {
        summary: "Who is let in on your host, and who is invited",
        tags,
        params: DeviceParams,
        response: { 200: HostGrants, "4xx": ErrorBody },
      },
    },
    (request) => listHostGrants(context, requireCaller(request).user.id, request.params.id),
  );
  app.post(
    "/api/v1/hosts/:id/grants",
    {
      config: few,
      schema: {
        summary: "Offer a person to let them in; the answer does not tell whether they exist",
        tags,
        params: DeviceParams,
        body: GrantWish,
        response: { 200: GrantOffer, "4xx": ErrorBody },
      },
    },
    async (request) => {
      const { user } = requireCaller(request);
      const offer = await offerGrant(context, user.id, request.params.id, request.body);
      await context.audit.record({
        ...actorOf(request),
        action: "grant.offered",
        target: offer.hostId,
        details: { offer: offer.id, rights: offer.rights.join(" "), ask: offer.askFirst },
      });
      return offer;
    },
  );
}

function existingGrantRoutes(app: App, context: Context): void {
  app.patch(
    "/api/v1/grants/:id",
    {
      schema: {
        summary: "Change what a person may do on your host; holds for running sessions at once",
        tags,
        params: IdParams,
        body: GrantChange,
        response: { 200: Grant, "4xx": ErrorBody },
      },
    },
    async (request) => {
      const { user } = requireCaller(request);
      const grant = await changeGrant(context, user.id, request.params.id, request.body);
      await context.audit.record({
        ...actorOf(request),
        action: "grant.changed",
        target: grant.hostId,
        details: { grant: grant.id, rights: grant.rights.join(" "), ask: grant.askFirst },
      });
      return grant;
    },
  );
  app.delete(
    "/api/v1/grants/:id",
    {
      schema: {
        summary: "Take a grant back, or give one back; its sessions end at once",
        tags,
        params: IdParams,
        response: { 200: Done, "4xx": ErrorBody },
      },
    },
    async (request) => {
      const { user } = requireCaller(request);
      const row = await revokeGrant(context, user.id, request.params.id);
      await context.audit.record({
        ...actorOf(request),
        action: "grant.revoked",
        target: row.host_id,
        details: { grant: row.id, user: row.user_id },
      });
      return { ok: true as const };
    },
  );
}

function offerRoutes(app: App, context: Context): void {
  app.get(
    "/api/v1/grant-offers",
    {
      schema: {
        summary: "What others offer you",
        tags,
        response: { 200: ReceivedOfferList, "4xx": ErrorBody },
      },
    },
    async (request) => ({ offers: await receivedOffers(context, requireCaller(request).user.id) }),
  );
  app.post(
    "/api/v1/grant-offers/:id/acceptance",
    {
      schema: {
        summary: "Take an offer; the host's owner then sees who you are",
        tags,
        params: IdParams,
        response: { 200: Done, "4xx": ErrorBody },
      },
    },
    async (request) => {
      const { user } = requireCaller(request);
      const row = await acceptOffer(context, user.id, request.params.id);
      await context.audit.record({
        ...actorOf(request),
        action: "grant.accepted",
        target: row.host_id,
        details: { grant: row.id },
      });
      return { ok: true as const };
    },
  );
  app.delete(
    "/api/v1/grant-offers/:id",
    {
      schema: {
        summary: "Take your offer back, or decline one to you",
        tags,
        params: IdParams,
        response: { 200: Done, "4xx": ErrorBody },
      },
    },
    async (request) => {
      await dropOffer(context, requireCaller(request).user.id, request.params.id);
      return { ok: true as const };
    },
  );
}
