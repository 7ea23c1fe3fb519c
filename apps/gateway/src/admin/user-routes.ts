import {
  AccountExport,
  AdminUserDetail,
  BanWish,
  Done,
  ErrorBody,
  HandedLink,
  IdParams,
  RoleChange,
  UnbanWish,
} from "@wavry/signaling";
import type { FastifyRequest } from "fastify";
import { exportAccount } from "../accounts/export-account.ts";
import type { Context } from "../context.ts";
import type { App } from "../http/app.ts";
import { requireConfirmed } from "../sessions/require-confirmed.ts";
import { type Administrator, administratorOf } from "./access.ts";
import * as acts from "./user-acts.ts";
import { describeUser } from "./user-detail.ts";

const tags = ["administration"];
const done = { ok: true } as const;
const viewer = { adminRole: "viewer" } as const;
const operator = { adminRole: "operator" } as const;
const admin = { adminRole: "admin" } as const;
const response = { 200: Done, "4xx": ErrorBody } as const;

/** One account, and what can be done with it. */
export function userRoutes(app: App, context: Context): void {
  app.get(
    "/admin/api/users/:id",
    {
      config: viewer,
      schema: {
        summary: "One account with its devices and sessions",
        tags,
        params: IdParams,
        response: { 200: AdminUserDetail, "4xx": ErrorBody },
      },
    },
    (request) =>
      describeUser(context, request.params.id, administratorOf(request).caller?.session.id),
  );
  app.post(
    "/admin/api/ban",
    {
      config: operator,
      schema: {
        summary: "Ban an account until a time or for good; all that it has open ends at once",
        ...{ tags, body: BanWish, response },
      },
    },
    async (request) => {
      await acts.ban(context, administratorOf(request), request.body);
      return done;
    },
  );
  app.post(
    "/admin/api/unban",
    { config: operator, schema: { summary: "Lift a ban", tags, body: UnbanWish, response } },
    async (request) => {
      await acts.unban(context, administratorOf(request), request.body.userId);
      return done;
    },
  );
  app.post(
    "/admin/api/users/:id/disable",
    {
      config: admin,
      schema: {
        summary: "Take an account out of use; all that it has open ends at once",
        ...{ tags, params: IdParams, response },
      },
    },
    async (request) => {
      await acts.disable(context, administratorOf(request), request.params.id);
      return done;
    },
  );
  app.post(
    "/admin/api/users/:id/enable",
    {
      config: admin,
      schema: { summary: "Put an account back into use", tags, params: IdParams, response },
    },
    async (request) => {
      await acts.enable(context, administratorOf(request), request.params.id);
      return done;
    },
  );
  gravestRoutes(app, context);
}

/** What takes over an account, gives it away or ends it: accounts confirm first that it is they. */
function gravestRoutes(app: App, context: Context): void {
  app.delete(
    "/admin/api/users/:id",
    {
      config: admin,
      schema: {
        summary: "Delete an account with its devices and grants; the audit log stays",
        ...{ tags, params: IdParams, response },
      },
    },
    async (request) => {
      await acts.remove(context, confirmed(context, request), request.params.id);
      return done;
    },
  );
  app.get(
    "/admin/api/users/:id/export",
    {
      config: admin,
      schema: {
        summary: "All that the gateway has of an account, without secrets",
        ...{ tags, params: IdParams, response: { 200: AccountExport, "4xx": ErrorBody } },
      },
    },
    async (request) => {
      const { actor } = confirmed(context, request);
      const { id } = request.params;
      const all = await exportAccount(context, id);
      await context.audit.record({ ...actor, action: "account.exported", target: id });
      return all;
    },
  );
  app.put(
    "/admin/api/users/:id/role",
    {
      config: admin,
      schema: {
        summary: "Give an account another role; it signs in anew with it",
        ...{ tags, params: IdParams, body: RoleChange, response },
      },
    },
    async (request) => {
      await acts.changeRole(context, confirmed(context, request), {
        userId: request.params.id,
        role: request.body.role,
      });
      return done;
    },
  );
  app.post(
    "/admin/api/users/:id/password-reset-link",
    {
      config: admin,
      schema: {
        summary: "Make a link with which the owner sets a new password, to pass on by hand",
        ...{ tags, params: IdParams, response: { 200: HandedLink, "4xx": ErrorBody } },
      },
    },
    (request) => acts.passwordResetLink(context, confirmed(context, request), request.params.id),
  );
  app.delete(
    "/admin/api/users/:id/second-factors",
    {
      config: admin,
      schema: {
        summary: "Take all second factors off an account whose owner lost them; its sign-ins end",
        ...{ tags, params: IdParams, response },
      },
    },
    async (request) => {
      await acts.resetSecondFactors(context, confirmed(context, request), request.params.id);
      return done;
    },
  );
}

/** Throws 403 "confirm-needed" for an account that did not prove a short while ago who it is. */
function confirmed(context: Context, request: FastifyRequest): Administrator {
  const administrator = administratorOf(request);
  if (administrator.caller !== undefined) requireConfirmed(request, context);
  return administrator;
}
