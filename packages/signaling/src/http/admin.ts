/** The administration's messages, of the routes under /admin/api. */
export {
  Analytics,
  type AnalyticsMetric,
  type AnalyticsPoint,
  AnalyticsQuery,
  type AnalyticsRange,
  type AnalyticsSeries,
} from "./admin/analytics.ts";
export { type AuditEntry, AuditPage, AuditQuery } from "./admin/audit.ts";
export { AdminDevice, AdminDevicePage, AdminDeviceQuery } from "./admin/devices.ts";
export {
  type AdminInvitation,
  AdminInvitationPage,
  AdminInvitationQuery,
  InvitationParams,
  InvitationRequest,
} from "./admin/invitations.ts";
export {
  type AdminCounts,
  AdminOverview,
  AdminRole,
  AdminSelf,
} from "./admin/overview.ts";
export { MAX_PAGE_ITEMS, Order, type Page, type PageWish, UserRef } from "./admin/page.ts";
export {
  type AdminRelay,
  AdminRelayList,
  type AdminRelayQuality,
  RelayOrder,
  RelayParams,
} from "./admin/relays.ts";
export {
  AdminScreenSession,
  AdminScreenSessionPage,
  AdminScreenSessionQuery,
  AdminSession,
  AdminSessionPage,
  AdminSessionQuery,
  Revocation,
  Revoked,
} from "./admin/sessions.ts";
export {
  AdminBanQuery,
  AdminUser,
  AdminUserDetail,
  AdminUserPage,
  AdminUserQuery,
  BanWish,
  HandedLink,
  RoleChange,
  UnbanWish,
  UserState,
} from "./admin/users.ts";
