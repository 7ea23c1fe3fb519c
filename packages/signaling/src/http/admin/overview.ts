import Type from "typebox";
import { type Message, message } from "../../message.ts";
import { UserRef } from "./page.ts";

/** What an account may do in the administration: look; also revoke, ban and invite; everything. */
export type AdminRole = "viewer" | "operator" | "admin";
/** Schema of such a role. */
export const AdminRole: Message<AdminRole> = message(
  Type.Union([Type.Literal("viewer"), Type.Literal("operator"), Type.Literal("admin")]),
);

/** Who administers here. */
export interface AdminSelf {
  role: AdminRole;
  /** Null for ADMIN_PANEL_TOKEN. */
  user: UserRef | null;
}
/** Schema of who administers. */
export const AdminSelf: Message<AdminSelf> = message(
  Type.Object({ role: AdminRole, user: Type.Union([Type.Null(), UserRef]) }),
);

/** The gateway at a glance. */
export interface AdminOverview {
  version: string;
  /** Node's. */
  runtime: string;
  publicUrl: string;
  /** The process that answers. */
  replica: string;
  /** Seconds that this process runs. */
  uptimeSeconds: number;
  store: { kind: "sqlite" | "postgres"; answers: boolean };
  bus: { kind: "memory" | "redis"; healthy: boolean };
  registration: "open" | "invitation" | "closed";
  /** Whether it can send letters. */
  mail: boolean;
  counts: AdminCounts;
}

/** How many there are now. */
export interface AdminCounts {
  users: number;
  disabled: number;
  banned: number;
  administrators: number;
  hosts: number;
  clients: number;
  /** Sign-ins that are valid. */
  sessions: number;
  /** Screens that are shown. */
  screenSessions: number;
  /** Invitations that can still be used. */
  invitations: number;
  relays: number;
}
const counts: Message<AdminCounts> = message(
  Type.Object({
    users: Type.Integer(),
    disabled: Type.Integer(),
    banned: Type.Integer(),
    administrators: Type.Integer(),
    hosts: Type.Integer(),
    clients: Type.Integer(),
    sessions: Type.Integer(),
    screenSessions: Type.Integer(),
    invitations: Type.Integer(),
    relays: Type.Integer(),
  }),
);

/** Schema of the overview. */
export const AdminOverview: Message<AdminOverview> = message(
  Type.Object({
    version: Type.String(),
    runtime: Type.String(),
    publicUrl: Type.String(),
    replica: Type.String(),
    uptimeSeconds: Type.Number(),
    store: Type.Object({
      kind: Type.Union([Type.Literal("sqlite"), Type.Literal("postgres")]),
      answers: Type.Boolean(),
    }),
    bus: Type.Object({
      kind: Type.Union([Type.Literal("memory"), Type.Literal("redis")]),
      healthy: Type.Boolean(),
    }),
    registration: Type.Union([
      Type.Literal("open"),
      Type.Literal("invitation"),
      Type.Literal("closed"),
    ]),
    mail: Type.Boolean(),
    counts,
  }),
);
