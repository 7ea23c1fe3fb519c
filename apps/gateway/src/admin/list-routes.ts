import {
  AdminBanQuery,
  AdminDevicePage,
  AdminDeviceQuery,
  AdminOverview,
  AdminSelf,
  AdminUserPage,
  AdminUserQuery,
  Analytics,
  AnalyticsQuery,
  AuditPage,
  AuditQuery,
  ErrorBody,
} from "@wavry/signaling";
import type { Context } from "../context.ts";
import type { App } from "../http/app.ts";
import { ReadinessCheck } from "../operation/readiness.ts";
import { administratorOf } from "./access.ts";
import { readAnalytics } from "./analytics.ts";
import { listDevices } from "./list-devices.ts";
import { listBans, listUsers } from "./list-users.ts";
import { readOverview } from "./overview.ts";
import { searchAudit } from "./search-audit.ts";

const tags = ["administration"];
const config = { adminRole: "viewer" } as const;

/** What every administrator may look at. */
export function listRoutes(app: App, context: Context): void {
  const readiness = new ReadinessCheck(context);
  app.get(
    "/admin/api/self",
    {
      config,
      schema: {
        summary: "Who administers here",
        tags,
        response: { 200: AdminSelf, "4xx": ErrorBody },
      },
    },
    async (request) => {
      const { role, caller } = administratorOf(request);
      if (caller === undefined) return { role, user: null };
      return { role, user: { id: caller.user.id, username: caller.user.username } };
    },
  );
  app.get(
    "/admin/api/overview",
    {
      config,
      schema: {
        summary: "The gateway at a glance",
        tags,
        response: { 200: AdminOverview, "4xx": ErrorBody },
      },
    },
    () => readOverview(context, readiness),
  );
  app.get(
    "/admin/api/analytics",
    {
      config,
      schema: {
        summary: "Figures over time",
        tags,
        querystring: AnalyticsQuery,
        response: { 200: Analytics, "4xx": ErrorBody },
      },
    },
    (request) => readAnalytics(context, request.query.range),
  );
  app.get(
    "/admin/api/users",
    {
      config,
      schema: {
        summary: "Accounts, a page at a time",
        tags,
        querystring: AdminUserQuery,
        response: { 200: AdminUserPage, "4xx": ErrorBody },
      },
    },
    (request) => listUsers(context, request.query),
  );
  app.get(
    "/admin/api/bans",
    {
      config,
      schema: {
        summary: "Banned accounts, newest ban first",
        tags,
        querystring: AdminBanQuery,
        response: { 200: AdminUserPage, "4xx": ErrorBody },
      },
    },
    (request) => listBans(context, request.query),
  );
  app.get(
    "/admin/api/devices",
    {
      config,
      schema: {
        summary: "Devices of all accounts, a page at a time",
        tags,
        querystring: AdminDeviceQuery,
        response: { 200: AdminDevicePage, "4xx": ErrorBody },
      },
    },
    (request) => listDevices(context, request.query),
  );
  app.get(
    "/admin/api/audit",
    {
      config,
      schema: {
        summary: "Security events, a page at a time",
        tags,
        querystring: AuditQuery,
        response: { 200: AuditPage, "4xx": ErrorBody },
      },
    },
    (request) => searchAudit(context, request.query),
  );
}
