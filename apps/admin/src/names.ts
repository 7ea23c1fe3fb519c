import type {
  AdminScreenSession,
  AnalyticsMetric,
  RelayState,
  Role,
  UserState,
} from "@wavry/signaling";

/** What roles, states and figures are called. */
export const ROLE_NAMES: Record<Role, string> = {
  user: "User",
  viewer: "Viewer",
  operator: "Operator",
  admin: "Admin",
};

export const STATE_NAMES: Record<UserState, string> = {
  active: "Active",
  disabled: "Disabled",
  banned: "Banned",
};

export const GROUND_NAMES: Record<AdminScreenSession["ground"], string> = {
  owner: "Own device",
  grant: "Grant",
  "share-link": "Share link",
};

export const RELAY_STATE_NAMES: Record<RelayState, string> = {
  new: "Waits to be let in",
  probation: "On probation",
  active: "Active",
  degraded: "Degraded",
  quarantined: "Quarantined",
  banned: "Banned",
  draining: "Draining",
};

export const METRIC_NAMES: Record<AnalyticsMetric, string> = {
  users: "Accounts",
  sessions: "Valid sign-ins",
  "sign-ins": "Sign-ins",
  "sign-in-failures": "Failed sign-ins",
  "screen-sessions": "Screens shown at a time",
  "screen-session-starts": "Screen sessions begun",
  "relay-sessions": "Sessions over relays",
};
